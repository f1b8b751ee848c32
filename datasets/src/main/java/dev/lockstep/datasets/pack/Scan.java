package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.datasets.source.NumberText;
import dev.lockstep.datasets.source.RowBuffer;
import dev.lockstep.datasets.source.RowProblem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The first pass over the rows: how many there are in each piece, which labels, how many cannot be
 * used and the first few of these, and hashes. Scans of partitions are merged in any order with the
 * same outcome.
 */
final class Scan implements KryoSerializable {
  /** Classes that a data set may have, and levels that a categorical column may have. */
  static final int MAX_CLASSES = 10_000;

  private final List<ScannedPiece> pieces = new ArrayList<>();
  private final Set<String> labels = new HashSet<>();

  /** Distinct texts of each categorical column; one more than allowed where there are too many. */
  private final List<Set<String>> levels = new ArrayList<>();

  /** Rows that cannot be used, by the column at fault where there is one. */
  private final Map<String, Long> badRowsByColumn = new HashMap<>();

  private boolean tooManyLabels;
  private boolean wholeLabels = true;

  /** An empty scan, the identity of {@link #merge}. */
  Scan() {}

  /** What a label's text is. */
  private enum LabelKind {
    WHOLE_NUMBER,
    NUMBER,
    NON_FINITE,
    WORD
  }

  private record LabelFacts(LabelKind kind, long hash) {
    static LabelFacts of(String text) {
      double value = NumberText.toDouble(text);
      if (Double.isNaN(value)) {
        return new LabelFacts(
            NumberText.isNonFinite(text) ? LabelKind.NON_FINITE : LabelKind.WORD,
            RowHash.ofText(text));
      }
      return new LabelFacts(
          value == Math.rint(value) ? LabelKind.WHOLE_NUMBER : LabelKind.NUMBER,
          Double.doubleToLongBits(value + 0.0));
    }
  }

  /**
   * Scans the rows of a partition.
   *
   * @param partition its number
   * @param check which rows are bad; without a coding, labels are looked into
   * @param findLevels whether the levels of categorical columns are to be found out
   */
  static Scan of(int partition, Iterator<RowBuffer> rows, RowCheck check, boolean findLevels) {
    Scan scan = new Scan();
    boolean findLabels = check.coding() == null;
    Map<String, LabelFacts> known = new HashMap<>();
    ScannedPiece piece = null;
    while (rows.hasNext()) {
      RowBuffer row = rows.next();
      if (piece == null || !piece.matches(row.file(), row.start())) {
        piece = new ScannedPiece(row.file(), row.start(), partition);
        scan.pieces.add(piece);
      }
      RowProblem problem = check.problem(row);
      if (problem != null) {
        piece.addBadRow(problem);
        if (problem.column() != null && !problem.inHeader()) {
          scan.badRowsByColumn.merge(problem.column(), 1L, Long::sum);
        }
        continue;
      }
      LabelFacts facts = known.get(row.label());
      if (facts == null) {
        facts = LabelFacts.of(row.label());
        if (known.size() <= MAX_CLASSES) {
          known.put(row.label(), facts);
        }
      }
      if (findLabels) {
        scan.noteLabel(piece, check.labelName(), row.label(), facts);
      }
      if (findLevels) {
        scan.noteLevels(row.texts());
      }
      piece.addRow(RowHash.ofRow(row.features(), row.texts(), facts.hash(), row.weight()));
    }
    if (findLabels) {
      scan.addLabels(known.keySet());
    }
    return scan;
  }

  /**
   * Scans the rows of a partition, which have been scanned before, for the levels of the training
   * split alone.
   *
   * @param check which rows are bad
   * @param leaveOut whether there may be bad rows, which have no place
   * @param places where each good row goes
   */
  static Scan levelsOfTraining(
      Iterator<RowBuffer> rows, RowCheck check, boolean leaveOut, RowPlacement.Walk places) {
    Scan scan = new Scan();
    while (rows.hasNext()) {
      RowBuffer row = rows.next();
      if (check.problem(row) != null) {
        if (!leaveOut) {
          throw RowPlacement.changed(row.file());
        }
        continue;
      }
      places.next(row.file(), row.start());
      if (places.split() == Split.TRAIN) {
        scan.noteLevels(row.texts());
      }
    }
    return scan;
  }

  private void noteLabel(ScannedPiece piece, String labelName, String label, LabelFacts facts) {
    if (facts.kind() == LabelKind.WHOLE_NUMBER) {
      return;
    }
    // One that is not finite is a class of its own among words, and else no label at all.
    wholeLabels &= facts.kind() == LabelKind.NON_FINITE;
    if (facts.kind() == LabelKind.WORD && piece.word() == null) {
      piece.noteWord(RowProblem.badNumberLabel(labelName, label));
    } else if (facts.kind() == LabelKind.NON_FINITE && piece.nonFinite() == null) {
      piece.noteNonFinite(RowProblem.badNumberLabel(labelName, label));
    }
  }

  private void noteLevels(String[] texts) {
    reserveLevels(texts.length);
    for (int i = 0; i < texts.length; i++) {
      addLevel(levels.get(i), texts[i]);
    }
  }

  private void reserveLevels(int columns) {
    while (levels.size() < columns) {
      levels.add(new HashSet<>());
    }
  }

  private static void addLevel(Set<String> known, String text) {
    if (text != null && known.size() <= MAX_CLASSES) {
      known.add(text);
    }
  }

  private void addLabels(Set<String> more) {
    labels.addAll(more);
    if (labels.size() > MAX_CLASSES) {
      tooManyLabels = true;
      labels.clear();
    }
    if (tooManyLabels) {
      labels.clear();
    }
  }

  /** Takes in another scan, of other rows; returns this. */
  Scan merge(Scan other) {
    pieces.addAll(other.pieces);
    other.badRowsByColumn.forEach((column, rows) -> badRowsByColumn.merge(column, rows, Long::sum));
    wholeLabels &= other.wholeLabels;
    tooManyLabels |= other.tooManyLabels;
    addLabels(other.labels);
    reserveLevels(other.levels.size());
    for (int i = 0; i < other.levels.size(); i++) {
      for (String text : other.levels.get(i)) {
        addLevel(levels.get(i), text);
      }
    }
    return this;
  }

  /** The pieces, in no particular order. */
  List<ScannedPiece> pieces() {
    return pieces;
  }

  /** Rows that cannot be used, by the column at fault; those that lack their form have none. */
  Map<String, Long> badRowsByColumn() {
    return badRowsByColumn;
  }

  /**
   * The distinct labels; none where there are {@linkplain #tooManyLabels too many}, or where they
   * were not looked for.
   */
  Set<String> labels() {
    return labels;
  }

  /** Whether there are more than {@link #MAX_CLASSES} distinct labels. */
  boolean tooManyLabels() {
    return tooManyLabels;
  }

  /**
   * The distinct texts of each categorical column, {@link #MAX_CLASSES} + 1 of them where there are
   * more; none at all where they were not looked for or there are no rows.
   */
  List<Set<String>> levels() {
    return levels;
  }

  /** Whether every label is a whole number, those aside that are not finite. */
  boolean wholeLabels() {
    return wholeLabels;
  }

  @Override
  public void write(Kryo kryo, Output output) {
    output.writeInt(pieces.size());
    for (ScannedPiece piece : pieces) {
      piece.write(kryo, output);
    }
    writeTexts(output, labels);
    output.writeInt(levels.size());
    for (Set<String> known : levels) {
      writeTexts(output, known);
    }
    output.writeInt(badRowsByColumn.size());
    badRowsByColumn.forEach(
        (column, rows) -> {
          output.writeString(column);
          output.writeLong(rows);
        });
    output.writeBoolean(tooManyLabels);
    output.writeBoolean(wholeLabels);
  }

  @Override
  public void read(Kryo kryo, Input input) {
    for (int left = input.readInt(); left > 0; left--) {
      ScannedPiece piece = new ScannedPiece();
      piece.read(kryo, input);
      pieces.add(piece);
    }
    readTexts(input, labels);
    reserveLevels(input.readInt());
    for (Set<String> known : levels) {
      readTexts(input, known);
    }
    for (int left = input.readInt(); left > 0; left--) {
      badRowsByColumn.put(input.readString(), input.readLong());
    }
    tooManyLabels = input.readBoolean();
    wholeLabels = input.readBoolean();
  }

  private static void writeTexts(Output output, Set<String> texts) {
    output.writeInt(texts.size());
    for (String text : texts) {
      output.writeString(text);
    }
  }

  private static void readTexts(Input input, Set<String> texts) {
    for (int left = input.readInt(); left > 0; left--) {
      texts.add(input.readString());
    }
  }
}
