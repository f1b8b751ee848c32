package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.plan.KeyedPermutation;
import dev.lockstep.datasets.source.FileNames;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.random.Purpose;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Where each row goes: its split and its index there. Row i of n belongs to the test split when its
 * position under the keyed permutation of n for (split seed, {@link Purpose#SPLIT}, 0) is below
 * round(f_test·n), to the validation split when it is among the next round(f_validation·n), else to
 * the training split; its index is its rank in the order of the rows. Rows that are left out do not
 * count: n and i are those of the data without them. Immutable; sent to the tasks.
 */
final class RowPlacement implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Below this many rows, counting them on the driver takes less time than a job. */
  private static final long ROWS_WORTH_A_JOB = 1 << 18;

  private final String[] files;
  private final long[] starts;
  private final long[] firstRows;
  private final KeyedPermutation permutation;
  private final long testRows;
  private final long validationRows;
  private final long[] testRowsBefore;
  private final long[] validationRowsBefore;

  private RowPlacement(
      List<ScannedPiece> pieces, KeyedPermutation permutation, long testRows, long validationRows) {
    int count = pieces.size();
    this.files = new String[count];
    this.starts = new long[count];
    this.firstRows = new long[count + 1];
    for (int i = 0; i < count; i++) {
      files[i] = pieces.get(i).file();
      starts[i] = pieces.get(i).start();
      firstRows[i + 1] = firstRows[i] + pieces.get(i).rows();
    }
    this.permutation = permutation;
    this.testRows = testRows;
    this.validationRows = validationRows;
    this.testRowsBefore = new long[count];
    this.validationRowsBefore = new long[count];
  }

  /** All rows in the training split. */
  static RowPlacement undivided(ScannedRows rows) {
    return new RowPlacement(rows.pieces(), null, 0, 0);
  }

  /** Rows divided by fractions. */
  static RowPlacement divided(
      JavaSparkContext spark,
      ScannedRows rows,
      double validationFraction,
      double testFraction,
      long splitSeed) {
    long n = rows.rows();
    long testRows = Math.round(testFraction * n);
    long validationRows = Math.round(validationFraction * n);
    if (testRows + validationRows >= n) {
      throw LockstepException.data(
          rows.source().name()
              + " has "
              + n
              + " rows; "
              + validationRows
              + " for validation and "
              + testRows
              + " for testing leave none to train on. Lower data.validation.fraction or data.test.fraction, or add data.");
    }
    if (testRows + validationRows == 0) {
      return undivided(rows);
    }
    RowPlacement placement =
        new RowPlacement(
            rows.pieces(),
            new KeyedPermutation(n, splitSeed, Purpose.SPLIT, 0),
            testRows,
            validationRows);
    placement.countBefore(spark, n);
    return placement;
  }

  private void countBefore(JavaSparkContext spark, long rows) {
    int pieces = files.length;
    List<long[]> counts = new ArrayList<>(pieces);
    if (rows < ROWS_WORTH_A_JOB) {
      for (int piece = 0; piece < pieces; piece++) {
        counts.add(countHeldOut(piece));
      }
    } else {
      List<Integer> numbers = new ArrayList<>(pieces);
      for (int piece = 0; piece < pieces; piece++) {
        numbers.add(piece);
      }
      RowPlacement uncounted = this;
      counts.addAll(
          spark
              .parallelize(numbers, Math.min(pieces, spark.defaultParallelism()))
              .map(uncounted::countHeldOut)
              .collect());
    }
    for (int piece = 1; piece < pieces; piece++) {
      testRowsBefore[piece] = testRowsBefore[piece - 1] + counts.get(piece - 1)[0];
      validationRowsBefore[piece] = validationRowsBefore[piece - 1] + counts.get(piece - 1)[1];
    }
  }

  /** Rows of a piece that are in the test and in the validation split. */
  private long[] countHeldOut(int piece) {
    long test = 0;
    long validation = 0;
    for (long row = firstRows[piece]; row < firstRows[piece + 1]; row++) {
      Split split = splitOf(row);
      test += split == Split.TEST ? 1 : 0;
      validation += split == Split.VALIDATION ? 1 : 0;
    }
    return new long[] {test, validation};
  }

  private Split splitOf(long row) {
    if (permutation == null) {
      return Split.TRAIN;
    }
    long position = permutation.invert(row);
    if (position < testRows) {
      return Split.TEST;
    }
    return position < testRows + validationRows ? Split.VALIDATION : Split.TRAIN;
  }

  /** Number of rows in a split. */
  long rows(Split split) {
    return switch (split) {
      case TRAIN -> firstRows[files.length] - testRows - validationRows;
      case VALIDATION -> validationRows;
      case TEST -> testRows;
    };
  }

  /** Number of splits that rows can go to: 1 where all are in the training split. */
  int splits() {
    return permutation == null ? 1 : Split.values().length;
  }

  /** Follows the rows of a partition. */
  Walk walk() {
    return new Walk(this);
  }

  /** The place of one row after another. */
  static final class Walk {
    private final RowPlacement placement;
    private int piece = -1;
    private long row;
    private long testRank;
    private long validationRank;
    private Split split;
    private long index;

    private Walk(RowPlacement placement) {
      this.placement = placement;
    }

    /**
     * Moves to the next row, which is the first or the next one of the piece with the given file
     * and start.
     */
    void next(String file, long start) {
      if (piece < 0 || placement.starts[piece] != start || !placement.files[piece].equals(file)) {
        enter(file, start);
      }
      if (row >= placement.firstRows[piece + 1]) {
        throw changed(file);
      }
      split = placement.splitOf(row);
      switch (split) {
        case TEST -> index = testRank++;
        case VALIDATION -> index = validationRank++;
        case TRAIN -> index = row - testRank - validationRank;
      }
      row++;
    }

    private void enter(String file, long start) {
      int low = 0;
      int high = placement.files.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = placement.files[middle].compareTo(file);
        order = order != 0 ? order : Long.compare(placement.starts[middle], start);
        if (order == 0) {
          piece = middle;
          row = placement.firstRows[middle];
          testRank = placement.testRowsBefore[middle];
          validationRank = placement.validationRowsBefore[middle];
          return;
        }
        if (order < 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      throw changed(file);
    }

    /** The row's split. */
    Split split() {
      return split;
    }

    /** The row's index in its split. */
    long index() {
      return index;
    }
  }

  /** The error for a file whose rows are not those that were counted. */
  static LockstepException changed(String file) {
    return LockstepException.data(
        FileNames.display(file)
            + " has changed while it was read. Make sure that nothing writes to the data during a run, and start again.");
  }
}
