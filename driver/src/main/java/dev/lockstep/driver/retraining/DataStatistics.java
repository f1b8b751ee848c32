package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.RawColumns;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model was trained on, in numbers that later data can be compared with: kept with each
 * version of a registry. Values are those of the data before normalization; examples count once
 * each, whatever they weigh.
 *
 * @param rows examples of the training split
 * @param shape shape of one example
 * @param label the label column: its classes as texts, or its values as numbers
 * @param columns the input columns in order, at most {@link #MOST_COLUMNS}
 * @param excluded what was left out
 */
public record DataStatistics(
    long rows,
    Shape shape,
    ColumnStatistics label,
    List<ColumnStatistics> columns,
    ExcludedRows excluded) {
  /** Columns that are described; of data with more, the first ones, so that files stay small. */
  static final int MOST_COLUMNS = 100_000;

  /** Rows that bins are chosen from; all rows are counted in them. */
  private static final int SAMPLE_ROWS = 10_000;

  /** Values that are sampled, over all columns: fewer rows where there are many columns. */
  private static final int SAMPLE_VALUES = 1 << 22;

  /** Takes an immutable copy. */
  public DataStatistics {
    columns = List.copyOf(columns);
  }

  /**
   * Describes the training split in a few jobs over its cached shards. The result does not depend
   * on how rows are spread over partitions and executors.
   */
  public static DataStatistics of(PreparedData data) {
    Preprocessing preprocessing = data.preprocessing();
    RawColumns features = RawColumns.ofFeatures(data);
    RawColumns.Range range = features.range();
    RawColumns.Spread spread = features.spread(range);
    double[][] edges = edges(features, preprocessing);
    Bins bins = new Bins(edges, features.counts(edges));
    List<ColumnStatistics> columns = new ArrayList<>();
    List<ColumnPlace> places = ColumnPlace.of(preprocessing);
    for (ColumnPlace place : places.subList(0, Math.min(MOST_COLUMNS, places.size()))) {
      int j = place.firstFeature();
      columns.add(
          place.text() == null
              ? numbers(place.name(), j, range, spread, bins)
              : texts(place.text(), bins, features.rows()));
    }
    return new DataStatistics(
        features.rows(), data.inputShape(), label(data), columns, excluded(data));
  }

  /** What is predicted. */
  public Task task() {
    return label instanceof TextColumn ? Task.CLASSIFICATION : Task.REGRESSION;
  }

  /** The label column's classes by index; empty for regression. */
  public List<String> classes() {
    return label instanceof TextColumn texts ? texts.levels() : List.of();
  }

  /** The input columns and the label by their names: a new map. */
  Map<String, ColumnStatistics> byName() {
    Map<String, ColumnStatistics> byName = inputsByName();
    byName.put(label.name(), label);
    return byName;
  }

  /** The input columns by their names: a new map. */
  Map<String, ColumnStatistics> inputsByName() {
    Map<String, ColumnStatistics> byName = new HashMap<>();
    columns.forEach(column -> byName.put(column.name(), column));
    return byName;
  }

  /**
   * The share of the rows without a usable value in a column. A row whose number is empty, not a
   * number or not finite cannot be used at all: the share is of all rows of the location, and each
   * row counts for the first such column. A text may be empty: that share is of the training split.
   *
   * @param name name of the column
   * @param column what is known of it, or null where it is neither an input nor the label
   */
  double missingShare(String name, ColumnStatistics column) {
    return column != label && column instanceof TextColumn texts && rows > 0
        ? (double) texts.empty() / rows
        : excluded.share(name);
  }

  /** Edges of each feature. */
  private static double[][] edges(RawColumns features, Preprocessing preprocessing) {
    int most = Math.max(1, Math.min(SAMPLE_ROWS, SAMPLE_VALUES / features.columns()));
    RawColumns.Sample sample = features.sample(most);
    double[][] edges = new double[features.columns()][];
    for (ColumnPlace place : ColumnPlace.of(preprocessing)) {
      if (place.text() == null) {
        edges[place.firstFeature()] = DecileEdges.of(sample.sorted(place.firstFeature()));
      } else {
        place.fillEdges(edges);
      }
    }
    return edges;
  }

  private static NumberColumn numbers(
      String name, int column, RawColumns.Range range, RawColumns.Spread spread, Bins bins) {
    return new NumberColumn(
        name,
        spread.mean()[column],
        spread.deviation()[column],
        range.smallest()[column],
        range.largest()[column],
        Arrays.stream(bins.edges()[column]).boxed().toList(),
        bins.of(column));
  }

  private static TextColumn texts(CategoricalColumn column, Bins bins, long rows) {
    List<Long> counts = new ArrayList<>();
    long known = 0;
    for (int level = 0; level < column.levels().size(); level++) {
      long count =
          column.indexed()
              ? bins.of(column.firstFeature()).get(level + 1)
              : bins.of(column.firstFeature() + level).get(1);
      counts.add(count);
      known += count;
    }
    return new TextColumn(column.name(), column.levels(), counts, rows - known);
  }

  private static ColumnStatistics label(PreparedData data) {
    RawColumns targets = RawColumns.ofTargets(data);
    String name = data.preprocessing().labelName();
    if (data.task() == Task.CLASSIFICATION) {
      CategoricalColumn classes =
          new CategoricalColumn(name, 0, true, data.preprocessing().classLabels());
      double[][] edges = new double[1][];
      new ColumnPlace(name, 0, classes).fillEdges(edges);
      return texts(classes, new Bins(edges, targets.counts(edges)), targets.rows());
    }
    RawColumns.Range range = targets.range();
    double[][] edges = {DecileEdges.of(targets.sample(SAMPLE_ROWS).sorted(0))};
    Bins bins = new Bins(edges, targets.counts(edges));
    return numbers(name, 0, range, targets.spread(range), bins);
  }

  private static ExcludedRows excluded(PreparedData data) {
    BadRows badRows = data.badRows().get(0);
    Map<String, Long> byReason = new LinkedHashMap<>();
    badRows.byReason().forEach((reason, count) -> byReason.put(reason.key(), count));
    return new ExcludedRows(badRows.total(), badRows.count(), byReason, badRows.byColumn());
  }
}
