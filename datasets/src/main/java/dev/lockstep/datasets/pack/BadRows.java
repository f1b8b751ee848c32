package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.FileNames;
import dev.lockstep.datasets.source.RowBuffer;
import dev.lockstep.datasets.source.RowProblem;
import dev.lockstep.datasets.source.RowProblem.Reason;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionPruningRDD;

/**
 * The rows of one location that cannot be used: exact counts from the first pass, and the rows
 * themselves by reading again those partitions that have any.
 */
public final class BadRows {
  /** Descriptions that are kept of each location. */
  static final int SHOWN = 3;

  private final Split split;
  private final List<String> columns;
  private final JavaRDD<RowBuffer> rows;
  private final RowCheck check;
  private final List<ScannedPiece> pieces;
  private final long total;
  private final long count;
  private final Map<Reason, Long> byReason = new EnumMap<>(Reason.class);
  private final Map<String, Long> byColumn;
  private final List<String> first = new ArrayList<>();

  /**
   * For a scanned location.
   *
   * @param split what the location is for; that of all fractions is the training data's
   * @param columns names of all columns of the source
   * @param rows all rows, as they were scanned
   * @param check which rows are bad, as the scan had it
   * @param pieces of the scan, in order
   * @param byColumn how many of them each column is the first fault of
   */
  BadRows(
      Split split,
      List<String> columns,
      JavaRDD<RowBuffer> rows,
      RowCheck check,
      List<ScannedPiece> pieces,
      Map<String, Long> byColumn) {
    this.byColumn = Collections.unmodifiableMap(new TreeMap<>(byColumn));
    this.split = split;
    this.columns = List.copyOf(columns);
    this.rows = rows;
    this.check = check;
    this.pieces = pieces;
    long good = 0;
    long bad = 0;
    for (ScannedPiece piece : pieces) {
      for (ScannedPiece.Finding finding : piece.firstBadRows()) {
        if (first.size() < SHOWN) {
          long row = piece.rowsBefore() + finding.row() + 1;
          first.add(describe(piece.file(), row, finding.problem()));
        }
      }
      for (Reason reason : Reason.values()) {
        if (piece.badRows(reason) > 0) {
          byReason.merge(reason, piece.badRows(reason), Long::sum);
        }
      }
      good += piece.rows();
      bad += piece.badRows();
    }
    this.total = good + bad;
    this.count = bad;
  }

  /** A row by its place and what was found: one sentence. */
  private static String describe(String file, long row, RowProblem problem) {
    return FileNames.display(file)
        + ", row "
        + row
        + (problem.column() == null ? "" : ", column '" + problem.column() + "'")
        + ": "
        + problem.finding();
  }

  /** What the location is for. */
  public Split split() {
    return split;
  }

  /** Names of the columns that {@link BadRow#cells} are of. */
  public List<String> columns() {
    return columns;
  }

  /** All rows that were read, bad ones included. */
  public long total() {
    return total;
  }

  /** Bad rows. */
  public long count() {
    return count;
  }

  /** Bad rows over all rows; 0 where there are no rows. */
  public double fraction() {
    return total == 0 ? 0 : (double) count / total;
  }

  /** How many bad rows there are of each kind that occurs; they add up to {@link #count}. */
  public Map<Reason, Long> byReason() {
    return Collections.unmodifiableMap(byReason);
  }

  /**
   * How many bad rows there are for each column that has a cell that cannot be used, in the order
   * of names. A row counts once, for the first such cell; rows of the wrong form have no column.
   */
  public Map<String, Long> byColumn() {
    return byColumn;
  }

  /** The first few in the order of the rows: place and finding, a sentence each. */
  public List<String> first() {
    return Collections.unmodifiableList(first);
  }

  /** Where they come from and how many of each kind, to be read in a sentence. */
  public String describe() {
    List<String> kinds = new ArrayList<>();
    byReason.forEach((reason, rowsOfReason) -> kinds.add(reason.key() + " " + rowsOfReason));
    return count
        + " of "
        + total
        + " rows of the "
        + split.word()
        + " data ("
        + String.join(", ", kinds)
        + ")";
  }

  /**
   * The bad rows themselves, in no particular order, each exactly once. Only partitions that have
   * some are read, when an action asks for them. They have no form for the wire: what is to travel
   * is made of them where they are read.
   *
   * @param shown makes the name to show of a file's name for people; called on the driver only, so
   *     it may know what executors do not
   */
  public JavaRDD<BadRow> rows(UnaryOperator<String> shown) {
    BitSet partitions = new BitSet();
    Map<PieceStart, Place> places = new HashMap<>();
    long rank = 0;
    for (ScannedPiece piece : pieces) {
      if (piece.badRows() > 0) {
        partitions.set(piece.partition());
        places.put(
            new PieceStart(piece.file(), piece.start()),
            new Place(
                shown.apply(FileNames.display(piece.file())),
                piece.rowsBefore(),
                rank,
                piece.badRows()));
      }
      rank += piece.badRows();
    }
    RowCheck sameCheck = check;
    return PartitionPruningRDD.create(rows.rdd(), new ChosenPartitions(partitions))
        .toJavaRDD()
        .mapPartitions(buffers -> new BadRowIterator(buffers, sameCheck, places));
  }

  /** What a piece is known by. */
  private record PieceStart(String file, long start) implements Serializable {}

  /** The bad rows of a piece: the file's name to show, what stands before, and how many. */
  private record Place(String name, long rowsBefore, long firstRank, long count)
      implements Serializable {}

  /** The bad rows of a partition. */
  private static final class BadRowIterator implements Iterator<BadRow> {
    private final Iterator<RowBuffer> rows;
    private final RowCheck check;
    private final Map<PieceStart, Place> places;
    private String file;
    private long start;

    /** The current piece, or null where it has no bad rows. */
    private Place place;

    private long row;
    private long found;
    private BadRow ready;

    BadRowIterator(Iterator<RowBuffer> rows, RowCheck check, Map<PieceStart, Place> places) {
      this.rows = rows;
      this.check = check;
      this.places = places;
    }

    @Override
    public boolean hasNext() {
      while (ready == null && rows.hasNext()) {
        RowBuffer buffer = rows.next();
        if (file == null || start != buffer.start() || !file.equals(buffer.file())) {
          enter(buffer);
        }
        RowProblem problem = check.problem(buffer);
        if (problem != null) {
          ready = taken(buffer, problem);
        }
        row++;
      }
      if (ready == null) {
        leave();
      }
      return ready != null;
    }

    private void enter(RowBuffer first) {
      leave();
      file = first.file();
      start = first.start();
      place = places.get(new PieceStart(file, start));
      row = 0;
      found = 0;
    }

    /** The piece must have as many bad rows as were counted. */
    private void leave() {
      if (place != null && found != place.count()) {
        throw RowPlacement.changed(file);
      }
    }

    private BadRow taken(RowBuffer buffer, RowProblem problem) {
      if (place == null || found == place.count() || problem.inHeader()) {
        throw RowPlacement.changed(file);
      }
      return new BadRow(
          place.firstRank() + found++,
          place.name(),
          place.rowsBefore() + row + 1,
          problem,
          buffer.line(),
          buffer.cells());
    }

    @Override
    public BadRow next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      BadRow taken = ready;
      ready = null;
      return taken;
    }
  }
}
