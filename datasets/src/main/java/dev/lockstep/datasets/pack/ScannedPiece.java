package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.datasets.source.RowProblem;
import dev.lockstep.datasets.source.RowProblem.Reason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the first pass learns about the rows of one file and start. */
final class ScannedPiece implements KryoSerializable {
  /** Points at which the two polynomials of {@link RowHash} are taken. */
  static final long[] POINTS = {0x123456789ABCDEFL, 0xFEDCBA987654321L};

  private static final int HEADER = 0;
  private static final int WORD = 1;
  private static final int NON_FINITE = 2;
  private static final int FINDINGS = 3;

  private String file;
  private long start;
  private int partition;
  private long rows;
  private long badRows;
  private long rowsBefore;
  private final Map<Reason, Long> badRowsByReason = new EnumMap<>(Reason.class);
  private final List<Finding> firstBadRows = new ArrayList<>();
  private final long[] hashes = new long[POINTS.length];
  private final long[] powers = {1, 1};
  private final Finding[] findings = new Finding[FINDINGS];

  /**
   * The first row of a kind.
   *
   * @param row from 0, in the piece; bad rows count
   * @param problem what to say about it if it has to be refused
   */
  record Finding(long row, RowProblem problem) {}

  /** For Kryo. */
  ScannedPiece() {}

  /**
   * An empty piece.
   *
   * @param partition the Spark partition that it lies in
   */
  ScannedPiece(String file, long start, int partition) {
    this.file = file;
    this.start = start;
    this.partition = partition;
  }

  /** Whether a row of the given file and start belongs here. */
  boolean matches(String rowFile, long rowStart) {
    return start == rowStart && file.equals(rowFile);
  }

  /** Takes in a good row. */
  void addRow(long rowHash) {
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = RowHash.add(hashes[i], RowHash.multiply(rowHash, powers[i]));
      powers[i] = RowHash.multiply(powers[i], POINTS[i]);
    }
    rows++;
  }

  /** Takes in a row that cannot be used; a header line is no row. */
  void addBadRow(RowProblem problem) {
    if (problem.inHeader()) {
      note(HEADER, problem);
      return;
    }
    if (firstBadRows.size() < BadRows.SHOWN) {
      firstBadRows.add(new Finding(rows + badRows, problem));
    }
    badRowsByReason.merge(problem.reason(), 1L, Long::sum);
    badRows++;
  }

  /** Notes that the next row's label is a word. */
  void noteWord(RowProblem problem) {
    note(WORD, problem);
  }

  /** Notes that the next row's label is a number that is missing or not finite. */
  void noteNonFinite(RowProblem problem) {
    note(NON_FINITE, problem);
  }

  private void note(int kind, RowProblem problem) {
    if (findings[kind] == null) {
      findings[kind] = new Finding(rows + badRows, problem);
    }
  }

  String file() {
    return file;
  }

  long start() {
    return start;
  }

  /** The Spark partition that it lies in. */
  int partition() {
    return partition;
  }

  /** Rows of the file before the piece, good and bad; known once all pieces are in order. */
  long rowsBefore() {
    return rowsBefore;
  }

  /** Puts the piece behind the one before it, or at the start of its file. */
  void follow(ScannedPiece previous) {
    boolean sameFile = previous != null && previous.file.equals(file);
    rowsBefore = sameFile ? previous.rowsBefore + previous.rows + previous.badRows : 0;
  }

  /** Good rows. */
  long rows() {
    return rows;
  }

  /** Rows that cannot be used. */
  long badRows() {
    return badRows;
  }

  /** Rows that cannot be used for the given reason. */
  long badRows(Reason reason) {
    return badRowsByReason.getOrDefault(reason, 0L);
  }

  /** The first few rows that cannot be used. */
  List<Finding> firstBadRows() {
    return firstBadRows;
  }

  /** The polynomial over the good rows at one of {@link #POINTS}, from the start of the piece. */
  long hash(int point) {
    return hashes[point];
  }

  /** The header line where it is another than the first file's, or null. */
  Finding header() {
    return findings[HEADER];
  }

  /** The first row that cannot be used, or null. */
  Finding problem() {
    return firstBadRows.isEmpty() ? null : firstBadRows.get(0);
  }

  /** The first row whose label is a word, or null. */
  Finding word() {
    return findings[WORD];
  }

  /** The first row whose label is a number that is missing or not finite, or null. */
  Finding nonFinite() {
    return findings[NON_FINITE];
  }

  @Override
  public void write(Kryo kryo, Output output) {
    output.writeString(file);
    output.writeLong(start);
    output.writeInt(partition);
    output.writeLong(rows);
    for (long hash : hashes) {
      output.writeLong(hash);
    }
    for (Finding finding : findings) {
      output.writeBoolean(finding != null);
      if (finding != null) {
        write(output, finding);
      }
    }
    output.writeLong(badRows);
    if (badRows > 0) {
      output.writeInt(badRowsByReason.size());
      for (Map.Entry<Reason, Long> count : badRowsByReason.entrySet()) {
        output.writeString(count.getKey().key());
        output.writeLong(count.getValue());
      }
      output.writeInt(firstBadRows.size());
      for (Finding finding : firstBadRows) {
        write(output, finding);
      }
    }
  }

  /** The value stays behind: it may be of any length, and messages have their part of it. */
  private static void write(Output output, Finding finding) {
    RowProblem problem = finding.problem();
    output.writeLong(finding.row());
    output.writeString(problem.reason().key());
    output.writeString(problem.column());
    output.writeString(problem.finding());
    output.writeString(problem.advice());
  }

  private static Finding readFinding(Input input) {
    long row = input.readLong();
    Reason reason = Reason.named(input.readString());
    return new Finding(
        row,
        new RowProblem(reason, input.readString(), null, input.readString(), input.readString()));
  }

  @Override
  public void read(Kryo kryo, Input input) {
    file = input.readString();
    start = input.readLong();
    partition = input.readInt();
    rows = input.readLong();
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = input.readLong();
    }
    for (int kind = 0; kind < FINDINGS; kind++) {
      if (input.readBoolean()) {
        findings[kind] = readFinding(input);
      }
    }
    badRows = input.readLong();
    if (badRows > 0) {
      for (int left = input.readInt(); left > 0; left--) {
        badRowsByReason.put(Reason.named(input.readString()), input.readLong());
      }
      for (int left = input.readInt(); left > 0; left--) {
        firstBadRows.add(readFinding(input));
      }
    }
  }
}
