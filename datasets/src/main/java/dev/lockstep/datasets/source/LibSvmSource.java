package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Lines {@code label index:value …} with ascending indices from 1, as LIBSVM's tools write them;
 * what is not named is 0. Blank lines and text after {@code #} do not count. The columns are {@code
 * label} and {@code f1 …} up to the largest index, or to the option {@code numFeatures}. Rows are
 * dense, so an index makes as many columns: where {@code numFeatures} does not say that there are
 * more, an index above 2^20 makes its line a bad one.
 */
final class LibSvmSource implements DataSource {
  static final String LABEL = "label";

  /** Columns {@code label} and {@code features} (the pairs of each line) as text. */
  static final StructType TABLE =
      new StructType().add(LABEL, DataTypes.StringType).add("features", DataTypes.StringType);

  private static final String FEATURE_COUNT_OPTION = "numFeatures";
  private static final int MAX_FEATURES = 1 << 24;

  /** Largest index that is taken from the lines themselves: one line alone must not decide. */
  private static final int MAX_FOUND = 1 << 20;

  private final String name;
  private final List<String> columns;
  private final Dataset<Row> lines;
  private final long maxIndex;

  private LibSvmSource(String name, List<String> columns, Dataset<Row> lines, long maxIndex) {
    this.maxIndex = maxIndex;
    this.name = name;
    this.columns = columns;
    this.lines = lines;
  }

  static LibSvmSource open(
      SparkSession spark,
      DataLocation.LibSvm location,
      Map<String, String> options,
      List<String> needed) {
    Dataset<Row> lines = lines(spark, location, options);
    String[] files = lines.inputFiles();
    Arrays.sort(files);
    String name = FileNames.display(files[0]);

    String fixed = ignoringCase(options).get(FEATURE_COUNT_OPTION);
    int features;
    long maxIndex = Long.MAX_VALUE;
    if (fixed != null) {
      features = featureCount(fixed);
    } else if (needed.isEmpty()) {
      maxIndex = MAX_FOUND;
      features = largestIndex(lines);
    } else {
      features = largestIndex(needed);
    }
    if (features == 0 && needed.isEmpty()) {
      throw LockstepException.data(name + " holds no features: no line has an index:value pair.");
    }
    List<String> columns = new ArrayList<>(features + 1);
    columns.add(LABEL);
    for (int index = 1; index <= features; index++) {
      columns.add("f" + index);
    }
    return new LibSvmSource(name, columns, lines, maxIndex);
  }

  /** The lines as they are, with file and start. */
  private static Dataset<Row> lines(
      SparkSession spark, DataLocation.LibSvm location, Map<String, String> options) {
    String[] paths =
        InputPaths.resolve(spark.sparkContext().hadoopConfiguration(), location.paths());
    Map<String, String> forSpark = ignoringCase(options);
    forSpark.remove(FEATURE_COUNT_OPTION);
    if (forSpark.remove("wholetext") != null) {
      throw LockstepException.usage(
          "data.options.wholetext cannot be used with format libsvm, which is read line by line. Take the option out.");
    }
    Dataset<Row> lines = spark.read().options(forSpark).text(paths);
    if (lines.inputFiles().length == 0) {
      throw LockstepException.data(
          String.join(", ", location.paths())
              + " holds no data files (names starting with _ or . do not count).");
    }
    return lines.select(
        functions.col("value"),
        functions.col("_metadata.file_path"),
        functions.col("_metadata.file_block_start"));
  }

  private static Map<String, String> ignoringCase(Map<String, String> options) {
    Map<String, String> byKey = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    byKey.putAll(options);
    return byKey;
  }

  private static int featureCount(String text) {
    float count = NumberText.toFloat(text);
    if (!(count >= 1 && count <= MAX_FEATURES) || count != Math.rint(count)) {
      throw LockstepException.usage(
          "data.options."
              + FEATURE_COUNT_OPTION
              + " is '"
              + text
              + "'; it must be a whole number from 1 to "
              + MAX_FEATURES
              + ".");
    }
    return (int) count;
  }

  /**
   * The largest index of the lines that are as they should be, so that a broken line does not widen
   * the rows; where there are none, of the others, which will be reported as rows.
   */
  private static int largestIndex(Dataset<Row> lines) {
    int largestIndex =
        lines
            .javaRDD()
            .mapPartitions(
                rows -> {
                  int largest = 0;
                  int inBrokenLines = 0;
                  while (rows.hasNext()) {
                    String line = rows.next().getString(0);
                    long last = LibSvmLine.lastIndex(line);
                    // A lie about the size makes a row that is reported, and no columns.
                    int index = last > MAX_FOUND ? 1 : (int) last;
                    // Only a line that says more than those before it is worth reading to its end.
                    if (index == last && index > largest && LibSvmLine.isWhole(line)) {
                      largest = index;
                    } else {
                      inBrokenLines = Math.max(inBrokenLines, index);
                    }
                  }
                  return List.of(largest > 0 ? largest : -inBrokenLines).iterator();
                })
            .fold(0, LibSvmSource::moreOf);
    return Math.abs(largestIndex);
  }

  /** The larger index; an index of whole lines (above 0) before one of broken lines (below 0). */
  private static int moreOf(int a, int b) {
    return a > 0 || b > 0 ? Math.max(a, b) : Math.min(a, b);
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
    return Optional.empty();
  }

  @Override
  public JavaRDD<RowBuffer> rows(ColumnSelection selection) {
    Decoder decoder = new Decoder(selection, columns, maxIndex);
    return lines.javaRDD().mapPartitions(rows -> new Rows(rows, decoder));
  }

  /** The rows as {@link #TABLE}. */
  static JavaRDD<ScoringRow> table(
      SparkSession spark, DataLocation.LibSvm location, Map<String, String> options) {
    return lines(spark, location, options)
        .javaRDD()
        .filter(line -> !LibSvmLine.isBlank(line.getString(0)))
        .map(
            line -> {
              String text = line.getString(0);
              String label = LibSvmLine.label(text);
              Row row = label == null ? null : RowFactory.create(label, LibSvmLine.pairs(text));
              RowProblem problem = label == null ? LibSvmLine.noLabel(text) : null;
              return new ScoringRow(line.getString(1), line.getLong(2), row, problem);
            });
  }

  /** The index of a column name {@code f<index>}, or 0 for other names. */
  private static int index(String name) {
    float index = name.startsWith("f") ? NumberText.toFloat(name.substring(1)) : Float.NaN;
    return index >= 1 && index <= MAX_FEATURES && name.equals("f" + (int) index) ? (int) index : 0;
  }

  private static int largestIndex(List<String> names) {
    int largest = 0;
    for (String name : names) {
      largest = Math.max(largest, index(name));
    }
    return largest;
  }

  /**
   * For each index the place of the feature {@code f<index>} among the given names, or -1.
   *
   * @throws LockstepException of kind DATA for a name of another form
   */
  static int[] targets(List<String> names) {
    int[] targets = new int[largestIndex(names) + 1];
    Arrays.fill(targets, -1);
    for (int j = 0; j < names.size(); j++) {
      int index = index(names.get(j));
      if (index == 0) {
        throw LockstepException.data(
            "The model needs the column '"
                + names.get(j)
                + "', and libsvm data have only f1, f2, ... Use data in the format the model was trained on.");
      }
      targets[index] = j;
    }
    return targets;
  }

  /** Decodes one line at a time; immutable, sent to the tasks. */
  private static final class Decoder implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String label;
    private final String weight;
    private final int featureCount;
    private final int[] targets;
    private final long maxIndex;

    Decoder(ColumnSelection selection, List<String> columns, long maxIndex) {
      this.maxIndex = maxIndex;
      if (selection.label() != null && !selection.label().equals(LABEL)) {
        throw LockstepException.usage(
            "The label of libsvm data is the column '"
                + LABEL
                + "', not '"
                + selection.label()
                + "' (data.label).");
      }
      this.label = selection.label();
      this.weight = selection.weight();
      this.featureCount = selection.features().size();
      this.targets = targets(selection, columns);
    }

    /** For each index its place in a row: a feature, the weight behind the features, or -1. */
    private static int[] targets(ColumnSelection selection, List<String> columns) {
      int[] targets = new int[columns.size()];
      Arrays.fill(targets, -1);
      int[] positions = selection.featurePositions(columns);
      for (int j = 0; j < positions.length; j++) {
        if (positions[j] == 0) {
          throw LockstepException.usage(
              "data.features names '"
                  + LABEL
                  + "', which is the label of libsvm data. Take it out of data.features.");
        }
        targets[positions[j]] = j;
      }
      if (selection.weight() != null) {
        targets[columns.indexOf(selection.weight())] = positions.length;
      }
      return targets;
    }

    /** Values of a row: the features and, where there is one, the weight. */
    float[] row() {
      return new float[featureCount + (weight == null ? 0 : 1)];
    }

    void decode(String line, float[] row, RowBuffer target) {
      Arrays.fill(row, 0f);
      String labelText = LibSvmLine.label(line);
      RowProblem problem =
          labelText == null
              ? LibSvmLine.noLabel(line)
              : LibSvmLine.parse(line, maxIndex, targets, row);
      if (problem != null) {
        target.fail(problem);
        return;
      }
      System.arraycopy(row, 0, target.features(), 0, featureCount);
      target.setLabel(label == null ? null : labelText);
      if (weight != null) {
        float value = row[featureCount];
        if (value < 0) {
          target.fail(RowProblem.negativeWeight(weight, Float.toString(value)));
        }
        target.setWeight(value);
      }
    }
  }

  /** The rows of a partition, blank lines and comments left out. */
  private static final class Rows implements Iterator<RowBuffer>, RowBuffer.Original {
    private final Iterator<Row> lines;
    private final Decoder decoder;
    private final RowBuffer buffer;
    private final float[] row;
    private String text;
    private boolean ready;

    Rows(Iterator<Row> lines, Decoder decoder) {
      this.lines = lines;
      this.decoder = decoder;
      this.row = decoder.row();
      this.buffer = new RowBuffer(decoder.featureCount, 0, this);
    }

    @Override
    public String line() {
      return text;
    }

    @Override
    public String[] cells() {
      return null;
    }

    @Override
    public boolean hasNext() {
      while (!ready && lines.hasNext()) {
        Row line = lines.next();
        text = line.getString(0);
        if (!LibSvmLine.isBlank(text)) {
          buffer.place(line.getString(1), line.getLong(2));
          decoder.decode(text, row, buffer);
          ready = true;
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
