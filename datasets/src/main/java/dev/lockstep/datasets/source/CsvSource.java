package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Delimited text through Spark's reader, every cell as text. Header lines are read as rows and compared here, so that a file with other columns is found instead of
 * being read under the wrong names; rows with too few or too many cells are found by Spark's corrupt-record column.
 */
final class CsvSource implements DataSource {
  private static final String CORRUPT = "lockstep_corrupt_record";

  private final String name;
  private final Layout layout;
  private final List<String> columns;
  private final Dataset<Row> cells;
  private final Dataset<Row> named;

  private CsvSource(String name, Layout layout, List<String> columns, Dataset<Row> cells, Dataset<Row> named) {
    this.name = name;
    this.layout = layout;
    this.columns = columns;
    this.cells = cells;
    this.named = named;
  }

  /**
   * What a task has to know about the file.
   *
   * @param header the first file's header cells, or null where there is none
   * @param width cells in a row
   * @param separator what stands between cells
   */
  private record Layout(List<String> header, int width, String separator) implements Serializable {}

  static CsvSource open(SparkSession spark, DataLocation.Csv location, Map<String, String> options) {
    checkOptions(options);
    String[] paths = InputPaths.resolve(spark.sparkContext().hadoopConfiguration(), location.paths());
    StructType anything = new StructType().add("c0", DataTypes.StringType);
    String[] files = spark.read().options(options).schema(anything).csv(paths).inputFiles();
    Arrays.sort(files);
    if (files.length == 0) {
      throw LockstepException.data(String.join(", ", location.paths()) + " holds no data files (names starting with _ or . do not count).");
    }
    boolean hasHeader = Boolean.parseBoolean(option(options, "header", "false"));
    for (String file : files) {
      String path = InputPaths.escape(InputPaths.decode(file));
      Dataset<Row> raw = spark.read().options(options).option("header", "false").csv(path);
      int width = raw.columns().length;
      if (width > 0) {
        List<String> header = hasHeader ? texts(raw.head(), width) : null;
        String[] names = hasHeader ? spark.read().options(options).option("inferSchema", "false").csv(path).columns() : raw.columns();
        String separator = option(options, "sep", option(options, "delimiter", ","));
        return open(spark, options, paths, FileNames.display(file), new Layout(header, width, separator), List.of(names));
      }
    }
    throw LockstepException.data(FileNames.display(files[0]) + " is empty" + (files.length == 1 ? "." : ", and so are the others of data.path."));
  }

  private static CsvSource open(
      SparkSession spark, Map<String, String> options, String[] paths, String firstFile, Layout layout, List<String> headerNames) {
    StructType positional = new StructType();
    StructType byName = new StructType();
    for (int i = 0; i < layout.width(); i++) {
      positional = positional.add("c" + i, DataTypes.StringType);
      byName = byName.add(headerNames.get(i), DataTypes.StringType);
    }
    Dataset<Row> cells =
        spark
            .read()
            .options(options)
            .option("header", "false")
            .option("columnNameOfCorruptRecord", CORRUPT)
            .schema(positional.add(CORRUPT, DataTypes.StringType))
            .csv(paths);
    List<String> columns = new ArrayList<>(headerNames);
    String[] all = cells.columns();
    columns.addAll(Arrays.asList(all).subList(layout.width() + 1, all.length));
    Dataset<Row> named =
        spark
            .read()
            .options(options)
            .option("columnNameOfCorruptRecord", CORRUPT)
            .option("enforceSchema", "false")
            .schema(byName.add(CORRUPT, DataTypes.StringType))
            .csv(paths);
    return new CsvSource(firstFile, layout, List.copyOf(columns), cells, named);
  }

  private static void checkOptions(Map<String, String> options) {
    for (String key : options.keySet()) {
      String lower = key.toLowerCase(Locale.ROOT);
      if (lower.equals("mode") || lower.equals("columnnameofcorruptrecord")) {
        throw LockstepException.usage("data.options." + key + " cannot be set: Lockstep finds bad rows itself and reports them. Take the option out.");
      }
    }
  }

  private static String option(Map<String, String> options, String key, String otherwise) {
    Map<String, String> byKey = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    byKey.putAll(options);
    return byKey.getOrDefault(key, otherwise);
  }

  private static List<String> texts(Row row, int width) {
    List<String> texts = new ArrayList<>(width);
    for (int i = 0; i < width; i++) {
      texts.add(row.getString(i));
    }
    return texts;
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
    Decoder decoder = new Decoder(layout, selection, columns);
    return cells
        .select(functions.col("*"), functions.col("_metadata.file_path"), functions.col("_metadata.file_block_start"))
        .javaRDD()
        .mapPartitions(rows -> new Rows(rows, decoder));
  }

  /** The rows under their own names, as text; a row with too few or too many cells fails the task that meets it. */
  Dataset<Row> table() {
    Layout expected = layout;
    return named
        .select(functions.col("*"), functions.col("_metadata.file_path").as("lockstep_file"))
        .filter(
            (Row row) -> {
              String corrupt = row.getAs(CORRUPT);
              if (corrupt != null) {
                String file = row.getAs("lockstep_file");
                throw LockstepException.data(FileNames.display(file) + ": " + ragged(expected, corrupt));
              }
              return true;
            })
        .drop(CORRUPT, "lockstep_file");
  }

  private static String ragged(Layout layout, String line) {
    int cells = countCells(line, layout.separator());
    return "a row has "
        + (cells == layout.width() ? "another number of" : Integer.toString(cells))
        + " cells where "
        + layout.width()
        + " are expected: "
        + RowProblem.quote(line)
        + ". Correct or remove it; text that holds the separator must stand in quotes.";
  }

  private static int countCells(String line, String separator) {
    int cells = 1;
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '"') {
        quoted = !quoted;
      } else if (!quoted && line.startsWith(separator, i)) {
        cells++;
      }
    }
    return cells;
  }

  /** Decodes one row at a time; immutable, sent to the tasks. */
  private static final class Decoder implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Layout layout;
    private final ColumnSelection selection;
    private final int[] features;
    private final int label;
    private final int weight;

    Decoder(Layout layout, ColumnSelection selection, List<String> columns) {
      this.layout = layout;
      this.selection = selection;
      this.features = selection.featurePositions(columns);
      NamePositions positions = new NamePositions(columns);
      this.label = selection.label() == null ? -1 : cellPosition(positions.of(selection.label()));
      this.weight = selection.weight() == null ? -1 : cellPosition(positions.of(selection.weight()));
      for (int j = 0; j < features.length; j++) {
        features[j] = cellPosition(features[j]);
      }
    }

    /** Columns that folders add stand behind the corrupt record. */
    private int cellPosition(int column) {
      return column < layout.width() ? column : column + 1;
    }

    int featureCount() {
      return features.length;
    }

    /** Whether a row is the header line that is expected at the start of each file. */
    boolean isHeaderExpected() {
      return layout.header() != null;
    }

    /** What is wrong with a header line, or null. */
    RowProblem checkHeader(Row row) {
      List<String> header = layout.header();
      if (row.get(layout.width()) != null) {
        return new RowProblem(
            null,
            countCells(row.getString(layout.width()), layout.separator())
                + " columns instead of the "
                + layout.width()
                + " of the first file. All files of one data set need the same header.",
            true);
      }
      for (int i = 0; i < header.size(); i++) {
        String found = row.getString(i);
        if (!Objects.equals(found, header.get(i))) {
          return new RowProblem(
              null,
              "column "
                  + (i + 1)
                  + " is named "
                  + RowProblem.quote(String.valueOf(found))
                  + ", and "
                  + RowProblem.quote(String.valueOf(header.get(i)))
                  + " in the first file. All files of one data set need the same header.",
              true);
        }
      }
      return null;
    }

    void decode(Row row, RowBuffer target) {
      if (row.get(layout.width()) != null) {
        target.fail(new RowProblem(null, ragged(layout, row.getString(layout.width()))));
        return;
      }
      float[] values = target.features();
      for (int j = 0; j < features.length; j++) {
        String cell = cell(row, features[j]);
        float value = NumberText.toFloat(cell);
        if (Float.isNaN(value)) {
          target.fail(RowProblem.badFeature(selection.features().get(j), cell));
          return;
        }
        values[j] = value;
      }
      if (label >= 0) {
        String text = cell(row, label);
        if (text == null || text.isBlank()) {
          target.fail(RowProblem.emptyLabel(selection.label()));
          return;
        }
        target.setLabel(text);
      }
      if (weight >= 0) {
        String text = cell(row, weight);
        float value = NumberText.toFloat(text);
        if (Float.isNaN(value)) {
          target.fail(RowProblem.badWeight(selection.weight(), text));
        } else if (value < 0) {
          target.fail(RowProblem.negativeWeight(selection.weight(), text));
        }
        target.setWeight(value);
      }
    }

    private static String cell(Row row, int position) {
      Object cell = row.get(position);
      return cell == null ? null : cell.toString();
    }
  }

  /** The rows of a partition, header lines left out. */
  private static final class Rows implements Iterator<RowBuffer> {
    private final Iterator<Row> rows;
    private final Decoder decoder;
    private final RowBuffer buffer;
    private String file;
    private long start = -1;
    private boolean ready;

    Rows(Iterator<Row> rows, Decoder decoder) {
      this.rows = rows;
      this.decoder = decoder;
      this.buffer = new RowBuffer(decoder.featureCount());
    }

    @Override
    public boolean hasNext() {
      while (!ready && rows.hasNext()) {
        Row row = rows.next();
        String rowFile = row.getString(row.length() - 2);
        long rowStart = row.getLong(row.length() - 1);
        boolean first = rowStart != start || !rowFile.equals(file);
        if (first) {
          file = rowFile;
          start = rowStart;
        }
        buffer.place(file, start);
        if (first && start == 0 && decoder.isHeaderExpected()) {
          RowProblem problem = decoder.checkHeader(row);
          if (problem != null) {
            buffer.fail(problem);
            ready = true;
          }
        } else {
          decoder.decode(row, buffer);
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
