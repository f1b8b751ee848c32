package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** {@code statistics.json}: a {@link DataStatistics}, which reads back as equal. */
public final class DataStatisticsJson {
  /** Name of the file. */
  public static final String NAME = "statistics.json";

  /** A reader refuses what is longer; 100,000 columns come near a fifth of it. */
  public static final int MAX_BYTES = 256 << 20;

  private static final int MOST_COLUMNS = 10_000_000;
  private static final int MOST_LEVELS = 1_000_000;
  private static final int MOST_EDGES = 1000;

  private static final List<String> KEYS = List.of("rows", "shape", "label", "columns", "excluded");
  private static final List<String> SHAPE_KEYS = List.of("height", "width", "channels");
  private static final List<String> EXCLUDED_KEYS =
      List.of("total", "count", "byReason", "byColumn");
  private static final List<String> NUMBER_KEYS =
      List.of("name", "kind", "mean", "deviation", "smallest", "largest", "edges", "counts");
  private static final List<String> TEXT_KEYS =
      List.of("name", "kind", "levels", "counts", "empty");

  private DataStatisticsJson() {}

  /** Indented JSON, ending in a newline. */
  public static String write(DataStatistics statistics) {
    ObjectNode root = StrictJson.object();
    root.put("rows", statistics.rows());
    root.putObject("shape")
        .put("height", statistics.shape().height())
        .put("width", statistics.shape().width())
        .put("channels", statistics.shape().channels());
    write(statistics.label(), root.putObject("label"));
    ArrayNode columns = root.putArray("columns");
    statistics.columns().forEach(column -> write(column, columns.addObject()));
    ObjectNode excluded = root.putObject("excluded");
    excluded.put("total", statistics.excluded().total());
    excluded.put("count", statistics.excluded().count());
    statistics.excluded().byReason().forEach(excluded.putObject("byReason")::put);
    statistics.excluded().byColumn().forEach(excluded.putObject("byColumn")::put);
    return new String(StrictJson.bytes(root), StandardCharsets.UTF_8);
  }

  private static void write(ColumnStatistics column, ObjectNode target) {
    target.put("name", column.name());
    target.put("kind", column.kind());
    if (column instanceof NumberColumn numbers) {
      target.put("mean", numbers.mean());
      target.put("deviation", numbers.deviation());
      target.put("smallest", numbers.smallest());
      target.put("largest", numbers.largest());
      numbers.edges().forEach(target.putArray("edges")::add);
      numbers.counts().forEach(target.putArray("counts")::add);
    } else if (column instanceof TextColumn texts) {
      texts.levels().forEach(target.putArray("levels")::add);
      texts.counts().forEach(target.putArray("counts")::add);
      target.put("empty", texts.empty());
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param source the file's name, for messages
   * @throws LockstepException of kind data where the text is something else, or contradicts itself
   */
  public static DataStatistics read(String text, String source) {
    Block root = StrictJson.parse(text.getBytes(StandardCharsets.UTF_8), source).requireOnly(KEYS);
    long rows = root.count("rows");
    List<ColumnStatistics> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Block block : root.blocks("columns", MOST_COLUMNS)) {
      ColumnStatistics column = column(block, rows);
      if (!names.add(column.name())) {
        throw block.wrong("name", "another one than those before");
      }
      columns.add(column);
    }
    return new DataStatistics(
        rows,
        shape(root.block("shape")),
        column(root.block("label"), rows),
        columns,
        excluded(root));
  }

  private static Shape shape(Block block) {
    block.requireOnly(SHAPE_KEYS);
    try {
      return new Shape(
          block.smallCount("height"), block.smallCount("width"), block.smallCount("channels"));
    } catch (IllegalArgumentException impossible) {
      throw block.wrong(impossible.getMessage());
    }
  }

  private static ExcludedRows excluded(Block root) {
    Block block = root.block("excluded").requireOnly(EXCLUDED_KEYS);
    long total = block.count("total");
    long count = block.count("count");
    if (count > total) {
      throw block.wrong("count", "at most total");
    }
    return new ExcludedRows(
        total,
        count,
        counts(block.block("byReason"), count),
        counts(block.block("byColumn"), count));
  }

  /** Counts by names, each of them at most {@code most}. */
  private static Map<String, Long> counts(Block block, long most) {
    Map<String, Long> counts = new TreeMap<>();
    block
        .node()
        .fieldNames()
        .forEachRemaining(
            key -> {
              long count = block.count(key);
              if (count > most) {
                throw block.wrong(key, "at most count");
              }
              counts.put(key, count);
            });
    return counts;
  }

  private static ColumnStatistics column(Block block, long rows) {
    String kind = block.text("kind");
    if (kind.equals(NumberColumn.KIND)) {
      return numbers(block.requireOnly(NUMBER_KEYS), rows);
    }
    if (kind.equals(TextColumn.KIND)) {
      return texts(block.requireOnly(TEXT_KEYS), rows);
    }
    throw block.wrong("kind", NumberColumn.KIND + " or " + TextColumn.KIND);
  }

  private static NumberColumn numbers(Block block, long rows) {
    List<Double> edges = new ArrayList<>();
    for (JsonNode item : list(block, "edges", MOST_EDGES)) {
      double edge = item.isNumber() ? item.doubleValue() : Double.NaN;
      boolean ascends = edges.isEmpty() || edge > edges.get(edges.size() - 1);
      if (!Double.isFinite(edge) || !ascends) {
        throw block.wrong("edges", "finite numbers in ascending order");
      }
      edges.add(edge);
    }
    List<Long> counts = counts(block, edges.size() + 1, rows, 0);
    double smallest = finite(block, "smallest");
    double largest = finite(block, "largest");
    if (smallest > largest) {
      throw block.wrong("smallest", "at most largest");
    }
    double deviation = finite(block, "deviation");
    if (deviation < 0) {
      throw block.wrong("deviation", "a number from 0");
    }
    return new NumberColumn(
        block.text("name"), finite(block, "mean"), deviation, smallest, largest, edges, counts);
  }

  private static double finite(Block block, String key) {
    double value = block.number(key);
    if (!Double.isFinite(value)) {
      throw block.wrong(key, "a finite number");
    }
    return value;
  }

  private static TextColumn texts(Block block, long rows) {
    List<String> levels = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (JsonNode item : list(block, "levels", MOST_LEVELS)) {
      if (!item.isTextual() || !known.add(item.textValue())) {
        throw block.wrong("levels", "different texts");
      }
      levels.add(item.textValue());
    }
    if (levels.isEmpty()) {
      throw block.wrong("levels", "at least one text");
    }
    long empty = block.count("empty");
    List<Long> counts = counts(block, levels.size(), rows, empty);
    return new TextColumn(block.text("name"), levels, counts, empty);
  }

  /** So many counts that add up to all rows. */
  private static List<Long> counts(Block block, int bins, long rows, long others) {
    JsonNode list = list(block, "counts", bins);
    List<Long> counts = new ArrayList<>();
    long left = rows - others;
    for (JsonNode item : list) {
      long count = item.isIntegralNumber() && item.canConvertToLong() ? item.longValue() : -1;
      if (count < 0 || count > left) {
        break;
      }
      counts.add(count);
      left -= count;
    }
    if (counts.size() != bins || list.size() != bins || left != 0) {
      throw block.wrong("counts", bins + " whole numbers from 0 that add up to the number of rows");
    }
    return counts;
  }

  private static JsonNode list(Block block, String key, int most) {
    JsonNode list = block.node().path(key);
    if (!list.isArray() || list.size() > most) {
      throw block.wrong(key, "a list of at most " + most + " entries");
    }
    return list;
  }
}
