package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.datasets.source.RowProblem;

/** What the first pass learns about the rows of one file and start. */
final class ScannedPiece implements KryoSerializable {
  /** Points at which the two polynomials of {@link RowHash} are taken. */
  static final long[] POINTS = {0x123456789ABCDEFL, 0xFEDCBA987654321L};

  private static final int PROBLEM = 0;
  private static final int WORD = 1;
  private static final int NON_FINITE = 2;
  private static final int FINDINGS = 3;

  private String file;
  private long start;
  private long rows;
  private final long[] hashes = new long[POINTS.length];
  private final long[] powers = {1, 1};
  private final Finding[] findings = new Finding[FINDINGS];

  /**
   * The first row of a kind.
   *
   * @param row from 0, in the piece
   * @param problem what to say about it if it has to be refused
   */
  record Finding(long row, RowProblem problem) {}

  /** For Kryo. */
  ScannedPiece() {}

  /** An empty piece. */
  ScannedPiece(String file, long start) {
    this.file = file;
    this.start = start;
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
    note(PROBLEM, problem);
    if (!problem.inHeader()) {
      rows++;
    }
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
      findings[kind] = new Finding(rows, problem);
    }
  }

  String file() {
    return file;
  }

  long start() {
    return start;
  }

  long rows() {
    return rows;
  }

  /** The polynomial at one of {@link #POINTS}, counted from the start of the piece. */
  long hash(int point) {
    return hashes[point];
  }

  /** The first row that cannot be used, or null. */
  Finding problem() {
    return findings[PROBLEM];
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
    output.writeLong(rows);
    for (long hash : hashes) {
      output.writeLong(hash);
    }
    for (Finding finding : findings) {
      output.writeBoolean(finding != null);
      if (finding != null) {
        output.writeLong(finding.row());
        output.writeString(finding.problem().column());
        output.writeString(finding.problem().explanation());
        output.writeBoolean(finding.problem().inHeader());
      }
    }
  }

  @Override
  public void read(Kryo kryo, Input input) {
    file = input.readString();
    start = input.readLong();
    rows = input.readLong();
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = input.readLong();
    }
    for (int kind = 0; kind < FINDINGS; kind++) {
      if (input.readBoolean()) {
        findings[kind] =
            new Finding(
                input.readLong(),
                new RowProblem(input.readString(), input.readString(), input.readBoolean()));
      }
    }
  }
}
