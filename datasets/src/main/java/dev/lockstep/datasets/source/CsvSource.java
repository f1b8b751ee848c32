package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Delimited text through Spark's reader, every cell as text. Header lines are read as rows and
 * compared here, so that a file with other columns is found instead of being read under the wrong
 * names; rows with too few or too many cells are found by Spark's corrupt-record column.
 */
final class CsvSource implements DataSource {
  private static final String CORRUPT = "lockstep_corrupt_record";

  private final String name;
  private final Layout layout;
  private final List<String> columns;
  private final Dataset<Row> cells;

  private CsvSource(String name, Layout layout, List<String> columns, Dataset<Row> cells) {
    this.name = name;
    this.layout = layout;
    this.columns = columns;
    this.cells = cells;
  }

  /**
   * What a task has to know about the file.
   *
   * @param header the first file's header cells, or null where there is none
   * @param width cells in a row
   * @param separator what stands between cells
   */
  private record Layout(List<String> header, int width, String separator) implements Serializable {}

  static CsvSource open(SparkSession spark, DataLocation.Csv location, Map<String, String> given) {
    checkOptions(given);
    Map<String, String> options = withDoubledQuotes(given);
    String[] paths =
        InputPaths.resolve(spark.sparkContext().hadoopConfiguration(), location.paths());
    StructType anything = new StructType().add("c0", DataTypes.StringType);
    String[] files = spark.read().options(options).schema(anything).csv(paths).inputFiles();
    Arrays.sort(files);
    if (files.length == 0) {
      throw LockstepException.data(
          String.join(", ", location.paths())
              + " holds no data files (names starting with _ or . do not count).");
    }
    boolean hasHeader = Boolean.parseBoolean(option(options, "header", "false"));
    for (String file : files) {
      String path = InputPaths.escape(InputPaths.decode(file));
      Dataset<Row> raw = spark.read().options(options).option("header", "false").csv(path);
      int width = raw.columns().length;
      // Spark makes a column of a line of nothing but control characters, and no row.
      List<Row> first = hasHeader && width > 0 ? raw.takeAsList(1) : List.of();
      if (width > 0 && (!hasHeader || !first.isEmpty())) {
        List<String> header = hasHeader ? texts(first.get(0), width) : null;
        String[] names =
            hasHeader
                ? spark.read().options(options).option("inferSchema", "false").csv(path).columns()
                : raw.columns();
        String separator = option(options, "sep", option(options, "delimiter", ","));
        return open(
            spark,
            options,
            paths,
            FileNames.display(file),
            new Layout(header, width, separator),
            List.of(names));
      }
    }
    throw LockstepException.data(
        FileNames.display(files[0])
            + " is empty"
            + (files.length == 1 ? "." : ", and so are the others of data.path."));
  }

  private static CsvSource open(
      SparkSession spark,
      Map<String, String> options,
      String[] paths,
      String firstFile,
      Layout layout,
      List<String> headerNames) {
    StructType positional = new StructType();
    for (int i = 0; i < layout.width(); i++) {
      positional = positional.add("c" + i, DataTypes.StringType);
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
    return new CsvSource(firstFile, layout, List.copyOf(columns), cells);
  }

  private static void checkOptions(Map<String, String> options) {
    for (String key : options.keySet()) {
      String lower = key.toLowerCase(Locale.ROOT);
      if (lower.equals("mode") || lower.equals("columnnameofcorruptrecord")) {
        throw LockstepException.usage(
            "data.options."
                + key
                + " cannot be set: Lockstep finds bad rows itself and reports them. Take the option out.");
      }
    }
  }

  /**
   * A quote inside a quoted cell is doubled, as RFC 4180 has it and spreadsheets write it, unless
   * the user says otherwise; Spark's own default is a backslash before it.
   */
  private static Map<String, String> withDoubledQuotes(Map<String, String> given) {
    Map<String, String> options = new HashMap<>(given);
    if (option(given, "escape", null) == null) {
      options.put("escape", option(given, "quote", "\""));
    }
    return options;
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
  public boolean holdsTexts() {
    return true;
  }

  @Override
  public JavaRDD<RowBuffer> rows(ColumnSelection selection) {
    Decoder decoder = new Decoder(layout, selection, columns);
    return placedCells().mapPartitions(rows -> new Rows(new Body(rows, decoder.layout), decoder));
  }

  /** The rows under their own names, as text. */
  JavaRDD<ScoringRow> table() {
    Layout expected = layout;
    return placedCells().mapPartitions(rows -> new TableRows(new Body(rows, expected)));
  }

  /** The columns of {@link #table}. */
  StructType tableSchema() {
    StructType schema = new StructType();
    for (String column : columns) {
      schema = schema.add(column, DataTypes.StringType);
    }
    return schema;
  }

  /** Cells, corrupt record, cells that folders add, file, start. */
  private JavaRDD<Row> placedCells() {
    return cells
        .select(
            functions.col("*"),
            functions.col("_metadata.file_path"),
            functions.col("_metadata.file_block_start"))
        .javaRDD();
  }

  private static RowProblem ragged(Layout layout, String line) {
    int cells = countCells(line, layout.separator());
    return new RowProblem(
        RowProblem.Reason.WRONG_CELL_COUNT,
        null,
        null,
        "a row has "
            + (cells == layout.width() ? "another number of" : Integer.toString(cells))
            + " cells where "
            + layout.width()
            + " are expected: "
            + RowProblem.quote(line)
            + ".",
        "Correct or remove it; text that holds the separator must stand in quotes.");
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
    private final boolean[] categorical;
    private final int label;
    private final int weight;

    Decoder(Layout layout, ColumnSelection selection, List<String> columns) {
      this.layout = layout;
      this.selection = selection;
      this.features = selection.featurePositions(columns);
      NamePositions positions = new NamePositions(columns);
      this.label = selection.label() == null ? -1 : cellPosition(positions.of(selection.label()));
      this.weight =
          selection.weight() == null ? -1 : cellPosition(positions.of(selection.weight()));
      this.categorical = new boolean[features.length];
      for (int j = 0; j < features.length; j++) {
        features[j] = cellPosition(features[j]);
        categorical[j] = selection.categorical().contains(selection.features().get(j));
      }
    }

    /** Columns that folders add stand behind the corrupt record. */
    private int cellPosition(int column) {
      return column < layout.width() ? column : column + 1;
    }

    void decode(Row row, RowBuffer target) {
      float[] values = target.features();
      int texts = 0;
      for (int j = 0; j < features.length; j++) {
        String cell = cell(row, features[j]);
        if (categorical[j]) {
          target.texts()[texts++] = cell == null || cell.isBlank() ? null : cell;
          continue;
        }
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

  /**
   * The rows of a partition without the header lines, one at a time, each with what is wrong with
   * its form.
   */
  private static final class Body {
    /** Columns that are not the file's: corrupt record, file, start. */
    private static final int ADDED = 3;

    private final Iterator<Row> rows;
    private final Layout layout;
    private Row row;
    private String file;
    private long start = -1;
    private RowProblem problem;

    Body(Iterator<Row> rows, Layout layout) {
      this.rows = rows;
      this.layout = layout;
    }

    /** Moves to the next row or bad header line; false at the end. */
    boolean next() {
      while (rows.hasNext()) {
        row = rows.next();
        String rowFile = row.getString(row.length() - 2);
        long rowStart = row.getLong(row.length() - 1);
        boolean first = rowStart != start || !rowFile.equals(file);
        file = rowFile;
        start = rowStart;
        String corrupt = row.getString(layout.width());
        if (first && start == 0 && layout.header() != null) {
          problem = checkHeader(corrupt);
          if (problem != null) {
            return true;
          }
        } else {
          problem = corrupt == null ? null : ragged(layout, corrupt);
          return true;
        }
      }
      return false;
    }

    /** The row's cells as texts, those that folders add included. */
    String[] cells() {
      String[] texts = new String[row.length() - ADDED];
      for (int i = 0; i < texts.length; i++) {
        Object cell = row.get(i < layout.width() ? i : i + 1);
        texts[i] = cell == null ? null : cell.toString();
      }
      return texts;
    }

    private RowProblem checkHeader(String corrupt) {
      if (corrupt != null) {
        return badHeader(
            countCells(corrupt, layout.separator())
                + " columns instead of the "
                + layout.width()
                + " of the first file.");
      }
      for (int i = 0; i < layout.width(); i++) {
        String found = row.getString(i);
        String expected = layout.header().get(i);
        if (!Objects.equals(found, expected)) {
          return badHeader(
              "column "
                  + (i + 1)
                  + " is named "
                  + RowProblem.quote(String.valueOf(found))
                  + ", and "
                  + RowProblem.quote(String.valueOf(expected))
                  + " in the first file.");
        }
      }
      return null;
    }

    private static RowProblem badHeader(String finding) {
      return new RowProblem(
          RowProblem.Reason.HEADER,
          null,
          null,
          finding,
          "All files of one data set need the same header.");
    }
  }

  /** The decoded rows of a partition. */
  private static final class Rows implements Iterator<RowBuffer>, RowBuffer.Original {
    private final Body body;
    private final Decoder decoder;
    private final RowBuffer buffer;
    private boolean ready;

    Rows(Body body, Decoder decoder) {
      this.body = body;
      this.decoder = decoder;
      this.buffer =
          new RowBuffer(decoder.features.length, decoder.selection.categorical().size(), this);
    }

    @Override
    public String line() {
      return body.row.getString(body.layout.width());
    }

    @Override
    public String[] cells() {
      return line() == null ? body.cells() : null;
    }

    @Override
    public boolean hasNext() {
      if (!ready && body.next()) {
        buffer.place(body.file, body.start);
        if (body.problem != null) {
          buffer.fail(body.problem);
        } else {
          decoder.decode(body.row, buffer);
        }
        ready = true;
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

  /** The rows of a partition as they are, without corrupt record, file and start. */
  private static final class TableRows implements Iterator<ScoringRow> {
    private final Body body;
    private boolean ready;

    TableRows(Body body) {
      this.body = body;
    }

    @Override
    public boolean hasNext() {
      ready = ready || body.next();
      return ready;
    }

    @Override
    public ScoringRow next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ready = false;
      Row row = body.problem == null ? RowFactory.create((Object[]) body.cells()) : null;
      return new ScoringRow(body.file, body.start, row, body.problem);
    }
  }
}
