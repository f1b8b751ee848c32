package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Numbers with a label each that do not come through Spark's readers: IDX and CIFAR files, bundled
 * data sets and synthetic ones.
 */
final class GeneratedSource implements DataSource {
  static final String LABEL = "label";

  private final SparkSession spark;
  private final String name;
  private final List<String> columns;
  private final boolean labeled;
  private final Shape shape;
  private final RowGenerator generator;

  private GeneratedSource(
      SparkSession spark,
      String name,
      List<String> featureNames,
      boolean labeled,
      Shape shape,
      RowGenerator generator) {
    this.spark = spark;
    this.name = name;
    List<String> all = new ArrayList<>(featureNames);
    if (labeled) {
      all.add(LABEL);
    }
    this.columns = List.copyOf(all);
    this.labeled = labeled;
    this.shape = shape;
    this.generator = generator;
  }

  static GeneratedSource idx(SparkSession spark, DataLocation.Idx location) {
    IdxRows rows = IdxRows.open(spark.sparkContext().hadoopConfiguration(), location);
    return new GeneratedSource(
        spark,
        InputPaths.display(location.images()),
        rows.featureNames(),
        location.labels() != null,
        rows.shape(),
        rows);
  }

  static GeneratedSource cifar(SparkSession spark, DataLocation.Cifar location) {
    CifarRows rows = CifarRows.open(spark.sparkContext().hadoopConfiguration(), location);
    return new GeneratedSource(
        spark, rows.name(), CifarRows.featureNames(), true, CifarRows.SHAPE, rows);
  }

  static GeneratedSource bundled(SparkSession spark, DataLocation.Bundled location) {
    BundledDataSet dataSet = BundledDataSet.named(location.name());
    String name = "the bundled data set " + dataSet.key();
    return new GeneratedSource(
        spark, name, dataSet.featureNames(), true, null, new BundledRows(dataSet));
  }

  static GeneratedSource synthetic(SparkSession spark, DataLocation.Synthetic location) {
    SyntheticRows rows = SyntheticRows.of(location);
    return new GeneratedSource(
        spark,
        "the synthetic data set " + location.name(),
        SyntheticDataSet.FEATURE_NAMES,
        true,
        null,
        rows);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public Optional<Shape> shape() {
    return Optional.ofNullable(shape);
  }

  private int featureCount() {
    return labeled ? columns.size() - 1 : columns.size();
  }

  @Override
  public JavaRDD<RowBuffer> rows(ColumnSelection selection) {
    Decoder decoder = new Decoder(selection, columns, featureCount());
    RowGenerator source = generator;
    return pieces().mapPartitions(pieces -> new Rows(pieces, source, decoder));
  }

  private JavaRDD<Integer> pieces() {
    List<Integer> numbers = new ArrayList<>();
    for (int piece = 0; piece < generator.pieces(); piece++) {
      numbers.add(piece);
    }
    return new JavaSparkContext(spark.sparkContext())
        .parallelize(numbers, Math.max(1, numbers.size()));
  }

  /** The columns of {@link #table}. */
  StructType tableSchema() {
    StructType schema = new StructType();
    for (int j = 0; j < featureCount(); j++) {
      schema = schema.add(columns.get(j), DataTypes.FloatType);
    }
    return labeled ? schema.add(LABEL, DataTypes.StringType) : schema;
  }

  /**
   * The rows with their own column names: features as floats, the label as text. A row with a
   * problem has no columns, since those of its buffer are not its own.
   */
  JavaRDD<ScoringRow> table() {
    int features = featureCount();
    boolean withLabel = labeled;
    ColumnSelection all =
        new ColumnSelection(
            columns.subList(0, features), List.of(), withLabel ? LABEL : null, null);
    return rows(all)
        .map(
            buffer -> {
              if (buffer.problem() != null) {
                return new ScoringRow(buffer.file(), buffer.start(), null, buffer.problem());
              }
              Object[] cells = new Object[features + (withLabel ? 1 : 0)];
              for (int j = 0; j < features; j++) {
                cells[j] = buffer.features()[j];
              }
              if (withLabel) {
                cells[features] = buffer.label();
              }
              return new ScoringRow(buffer.file(), buffer.start(), RowFactory.create(cells), null);
            });
  }

  /** Which values of a row are used; immutable, sent to the tasks. */
  private static final class Decoder implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int[] features;
    private final int weight;
    private final String weightName;
    private final boolean withLabel;
    private final int valueCount;
    private final boolean labeled;

    Decoder(ColumnSelection selection, List<String> columns, int valueCount) {
      if (selection.label() != null && !selection.label().equals(LABEL)) {
        throw LockstepException.usage(
            "The label of these data is the column '"
                + LABEL
                + "', not '"
                + selection.label()
                + "' (data.label).");
      }
      this.features = selection.featurePositions(columns);
      for (int position : features) {
        if (position >= valueCount) {
          throw LockstepException.usage(
              "data.features names '"
                  + LABEL
                  + "', which is the label of these data. Take it out of data.features.");
        }
      }
      this.weightName = selection.weight();
      this.weight = weightName == null ? -1 : columns.indexOf(weightName);
      this.withLabel = selection.label() != null;
      this.valueCount = valueCount;
      this.labeled = columns.size() > valueCount;
    }

    void decode(float[] values, String label, RowBuffer target) {
      float[] chosen = target.features();
      for (int j = 0; j < features.length; j++) {
        chosen[j] = values[features[j]];
      }
      target.setLabel(withLabel ? label : null);
      if (weight >= 0) {
        target.setWeight(values[weight]);
        if (values[weight] < 0) {
          target.fail(RowProblem.negativeWeight(weightName, Float.toString(values[weight])));
        }
      }
    }
  }

  /** The rows of a partition. */
  private static final class Rows implements Iterator<RowBuffer>, RowBuffer.Original {
    private final Iterator<Integer> pieces;
    private final RowGenerator source;
    private final Decoder decoder;
    private final RowBuffer buffer;
    private final float[] values;
    private RowGenerator.Cursor cursor;
    private String file;
    private long start;
    private boolean ready;

    Rows(Iterator<Integer> pieces, RowGenerator source, Decoder decoder) {
      this.pieces = pieces;
      this.source = source;
      this.decoder = decoder;
      this.buffer = new RowBuffer(decoder.features.length, 0, this);
      this.values = new float[decoder.valueCount];
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> close());
    }

    @Override
    public String line() {
      return null;
    }

    @Override
    public String[] cells() {
      String[] texts = new String[values.length + (decoder.labeled ? 1 : 0)];
      for (int j = 0; j < values.length; j++) {
        texts[j] = Float.toString(values[j]);
      }
      if (decoder.labeled) {
        texts[values.length] = cursor.label();
      }
      return texts;
    }

    private void close() {
      if (cursor != null) {
        cursor.close();
        cursor = null;
      }
    }

    @Override
    public boolean hasNext() {
      while (!ready && (cursor != null || pieces.hasNext())) {
        if (cursor == null) {
          int piece = pieces.next();
          file = source.file(piece);
          start = source.firstRow(piece);
          cursor = source.open(piece);
        }
        if (cursor.next(values)) {
          buffer.place(file, start);
          if (cursor.problem() != null) {
            buffer.fail(cursor.problem());
          } else {
            decoder.decode(values, cursor.label(), buffer);
          }
          ready = true;
        } else {
          close();
        }
      }
      return ready;
    }

    @Override
    public RowBuffer next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ready = false;
      return buffer;
    }
  }
}
