package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.ColumnCoding;
import dev.lockstep.datasets.source.ColumnSelection;
import dev.lockstep.datasets.source.DataSource;
import dev.lockstep.datasets.source.FileNames;
import dev.lockstep.datasets.source.Levels;
import dev.lockstep.datasets.source.NumberText;
import dev.lockstep.datasets.source.RowBuffer;
import dev.lockstep.datasets.source.RowProblem;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.api.java.JavaRDD;

/**
 * The outcome of the first pass over a location, in the definite order of the rows: checked,
 * counted, and with its labels understood. Bad rows that are left out have no part in it but for
 * their {@linkplain #badRows counts}: all else is as if somebody had taken them out of the files.
 */
final class ScannedRows {
  /**
   * Whole-number labels with at most this many distinct values are taken for classes where nobody
   * says otherwise.
   */
  static final int MAX_CLASSES_BY_DEFAULT = 100;

  private final DataSource source;
  private final ColumnSelection columns;
  private final JavaRDD<RowBuffer> buffers;
  private final boolean leaveOut;
  private final List<ScannedPiece> pieces;
  private final BadRows badRows;
  private final LabelCoding coding;
  private final ColumnCoding features;

  private ScannedRows(
      DataSource source,
      ColumnSelection columns,
      JavaRDD<RowBuffer> buffers,
      boolean leaveOut,
      List<ScannedPiece> pieces,
      BadRows badRows,
      LabelCoding coding,
      ColumnCoding features) {
    this.source = source;
    this.columns = columns;
    this.buffers = buffers;
    this.leaveOut = leaveOut;
    this.pieces = pieces;
    this.badRows = badRows;
    this.coding = coding;
    this.features = features;
  }

  private ScannedRows with(LabelCoding knownCoding, ColumnCoding knownFeatures) {
    return new ScannedRows(
        source, columns, buffers, leaveOut, pieces, badRows, knownCoding, knownFeatures);
  }

  /**
   * Reads all rows once; twice where bad labels are left out that only the labels of the other rows
   * show to be bad.
   *
   * @param split what the location is for; that of all fractions is the training data's
   * @param task what to predict, or null to decide from the labels
   * @param known how labels become targets, or null to find out
   * @param knownFeatures how cells become features, or null to find the levels out
   * @param indexed whether texts whose levels are found out become indices
   * @param settings what to do about bad rows
   * @param tooMany takes the bad rows where there are more than allowed, and throws
   */
  static ScannedRows scan(
      DataSource source,
      Split split,
      ColumnSelection columns,
      Task task,
      LabelCoding known,
      ColumnCoding knownFeatures,
      boolean indexed,
      BadRowSettings settings,
      Consumer<BadRows> tooMany) {
    LabelCoding given = known == null && task == Task.REGRESSION ? LabelCoding.values() : known;
    boolean findLevels = knownFeatures == null;
    boolean leaveOut = settings.leaveOut();
    JavaRDD<RowBuffer> buffers = source.rows(columns);

    RowCheck check = new RowCheck(columns.label(), given);
    Scan scan = read(buffers, check, findLevels);
    ScannedRows found = of(source, split, columns, buffers, leaveOut, scan, check);
    found.requireUsable(settings, tooMany);
    LabelCoding coding = given;
    if (given == null) {
      coding = found.decideLabels(scan, task);
      boolean numbers = found.firstProblem(List.of(ScannedPiece::word)) == null;
      if (numbers && found.firstProblem(List.of(ScannedPiece::nonFinite)) != null) {
        check = new RowCheck(columns.label(), coding);
        scan = read(buffers, check, findLevels);
        found = of(source, split, columns, buffers, leaveOut, scan, check);
        found.requireUsable(settings, tooMany);
      }
    }
    ColumnCoding features = findLevels ? found.decideLevels(scan, indexed, "row") : knownFeatures;
    return found.with(coding, features);
  }

  private static Scan read(JavaRDD<RowBuffer> buffers, RowCheck check, boolean findLevels) {
    JavaRDD<Scan> scans =
        buffers.mapPartitionsWithIndex(
            (partition, rows) -> List.of(Scan.of(partition, rows, check, findLevels)).iterator(),
            true);
    return scans.getNumPartitions() == 0 ? new Scan() : scans.treeReduce(Scan::merge);
  }

  private static ScannedRows of(
      DataSource source,
      Split split,
      ColumnSelection columns,
      JavaRDD<RowBuffer> buffers,
      boolean leaveOut,
      Scan scan,
      RowCheck check) {
    List<ScannedPiece> pieces = new ArrayList<>(scan.pieces());
    pieces.sort(Comparator.comparing(ScannedPiece::file).thenComparingLong(ScannedPiece::start));
    checkEachPieceOnce(pieces);
    ScannedPiece previous = null;
    for (ScannedPiece piece : pieces) {
      piece.follow(previous);
      previous = piece;
    }
    BadRows badRows =
        new BadRows(split, source.columns(), buffers, check, pieces, scan.badRowsByColumn());
    return new ScannedRows(
        source, columns, buffers, leaveOut, pieces, badRows, check.coding(), null);
  }

  /**
   * Refuses what can be refused before the labels are understood: bad rows, or where they are left
   * out, a wrong header and more of them than allowed.
   */
  private void requireUsable(BadRowSettings settings, Consumer<BadRows> tooMany) {
    if (leaveOut) {
      refuse(firstProblem(List.of(ScannedPiece::header)));
      if (badRows.fraction() > settings.maxFraction()) {
        tooMany.accept(badRows);
      }
      refuseNoRows();
    } else if (coding != null) {
      refuse(firstProblem(List.of(ScannedPiece::header, ScannedPiece::problem)));
      refuseNoRows();
    }
  }

  /**
   * The same rows with the levels that occur in the training split only: a level that no training
   * step can see would keep the weights it started with, where a text that is new has none. One
   * more pass over the rows where there are categorical columns and other splits.
   *
   * @param indexed whether texts become indices
   */
  ScannedRows withLevelsOfTraining(RowPlacement placement, boolean indexed) {
    if (columns.categorical().isEmpty() || placement.splits() == 1) {
      return this;
    }
    RowCheck check = new RowCheck(columns.label(), coding);
    boolean mayLeaveOut = leaveOut;
    Scan scan =
        buffers
            .mapPartitions(
                rows ->
                    List.of(Scan.levelsOfTraining(rows, check, mayLeaveOut, placement.walk()))
                        .iterator())
            .treeReduce(Scan::merge);
    return with(coding, decideLevels(scan, indexed, "row of the training split"));
  }

  private ColumnCoding decideLevels(Scan scan, boolean indexed, String row) {
    List<Levels> levels = new ArrayList<>();
    for (int i = 0; i < columns.categorical().size(); i++) {
      Set<String> texts = scan.levels().get(i);
      if (texts.isEmpty() || texts.size() > Scan.MAX_CLASSES) {
        throw LockstepException.data(
            source.name()
                + ": the categorical column '"
                + columns.categorical().get(i)
                + (texts.isEmpty()
                    ? "' is empty in every " + row + "."
                    : "' has more than " + Scan.MAX_CLASSES + " different texts.")
                + " Leave it out of data.features"
                + (texts.isEmpty()
                    ? "."
                    : ", or bring its texts together in fewer. Numbers need not be categorical."));
      }
      levels.add(Levels.discover(texts));
    }
    return ColumnCoding.of(columns, levels, indexed);
  }

  private static void checkEachPieceOnce(List<ScannedPiece> pieces) {
    for (int i = 1; i < pieces.size(); i++) {
      if (pieces.get(i).matches(pieces.get(i - 1).file(), pieces.get(i - 1).start())) {
        throw LockstepException.usage(
            "data.path leads to "
                + FileNames.display(pieces.get(i).file())
                + " more than once. Name every file once.");
      }
    }
  }

  private LabelCoding decideLabels(Scan scan, Task task) {
    Place word = firstProblem(List.of(ScannedPiece::word));
    boolean numbers = word == null;
    if (!leaveOut) {
      refuse(
          firstProblem(
              numbers
                  ? List.of(ScannedPiece::header, ScannedPiece::problem, ScannedPiece::nonFinite)
                  : List.of(ScannedPiece::header, ScannedPiece::problem)));
      refuseNoRows();
    }

    Set<String> labels = new HashSet<>(scan.labels());
    if (numbers) {
      labels.removeIf(NumberText::isNonFinite);
    }
    boolean fewWholeNumbers =
        scan.wholeLabels() && !scan.tooManyLabels() && labels.size() <= MAX_CLASSES_BY_DEFAULT;
    if (task == null && numbers && !fewWholeNumbers) {
      return LabelCoding.values();
    }
    if (scan.tooManyLabels()) {
      throw LockstepException.data(
          source.name()
              + ": the label column '"
              + columns.label()
              + "' has more than "
              + Scan.MAX_CLASSES
              + " different values, too many for classes. "
              + (numbers
                  ? "To predict a number, set data.task to regression."
                  : "Is it the right column (data.label)? The first label that is not a number: "
                      + word.describe()));
    }
    if (labels.isEmpty()) {
      throw noRows();
    }
    LabelCoding found = LabelCoding.discover(labels);
    if (found.classes().size() < 2) {
      throw LockstepException.data(
          source.name()
              + ": every row's label ("
              + columns.label()
              + ") is "
              + RowProblem.quote(found.classes().get(0))
              + ". Classification needs at least two classes; is it the right column (data.label)?");
    }
    return found;
  }

  /** A row that was found, by its place. */
  private record Place(String file, long row, RowProblem problem) {
    String describe() {
      return problem.describe(file, row);
    }
  }

  /** The first row in order among the given kinds of findings, or null. */
  private Place firstProblem(List<Function<ScannedPiece, ScannedPiece.Finding>> kinds) {
    for (ScannedPiece piece : pieces) {
      ScannedPiece.Finding first = null;
      for (Function<ScannedPiece, ScannedPiece.Finding> kind : kinds) {
        ScannedPiece.Finding finding = kind.apply(piece);
        if (finding != null && (first == null || finding.row() < first.row())) {
          first = finding;
        }
      }
      if (first != null) {
        return new Place(piece.file(), piece.rowsBefore() + first.row() + 1, first.problem());
      }
    }
    return null;
  }

  private void refuse(Place place) {
    if (place != null) {
      throw LockstepException.data(place.describe());
    }
  }

  private void refuseNoRows() {
    if (rows() == 0) {
      throw noRows();
    }
  }

  private LockstepException noRows() {
    return LockstepException.data(
        badRows.count() > 0
            ? source.name()
                + " holds no row that can be used: all "
                + badRows.count()
                + " are bad. The first: "
                + badRows.first().get(0)
            : source.name()
                + " holds no rows. Check that the data have arrived, and that data.options.header is right.");
  }

  DataSource source() {
    return source;
  }

  ColumnSelection columns() {
    return columns;
  }

  /** The rows themselves, to be read again; bad ones included. */
  JavaRDD<RowBuffer> buffers() {
    return buffers;
  }

  /** Whether there may be bad rows, to be passed over. */
  boolean leaveOut() {
    return leaveOut;
  }

  /** The rows that cannot be used. */
  BadRows badRows() {
    return badRows;
  }

  /** The pieces in order. */
  List<ScannedPiece> pieces() {
    return pieces;
  }

  /** How labels become targets. */
  LabelCoding coding() {
    return coding;
  }

  /** How cells become features. */
  ColumnCoding features() {
    return features;
  }

  /** Number of good rows. */
  long rows() {
    long rows = 0;
    for (ScannedPiece piece : pieces) {
      rows += piece.rows();
    }
    return rows;
  }

  /** The polynomial over all good rows at one of {@link ScannedPiece#POINTS}. */
  long hash(int point) {
    long hash = 0;
    long offset = 0;
    for (ScannedPiece piece : pieces) {
      hash =
          RowHash.add(
              hash,
              RowHash.multiply(
                  RowHash.power(ScannedPiece.POINTS[point], offset), piece.hash(point)));
      offset += piece.rows();
    }
    return hash;
  }
}
