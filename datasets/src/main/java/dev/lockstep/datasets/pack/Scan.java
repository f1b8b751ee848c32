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
 * The first pass over the rows: how many there are in each piece, which labels, the first problem
 * of each piece, and hashes. Scans of partitions are merged in any order with the same outcome.
 */
final class Scan implements KryoSerializable {
  /** Classes that a data set may have, and levels that a categorical column may have. */
  static final int MAX_CLASSES = 10_000;

  private static final int SHOWN_CLASSES = 10;

  private final List<ScannedPiece> pieces = new ArrayList<>();
  private final Set<String> labels = new HashSet<>();

  /** Distinct texts of each categorical column; one more than allowed where there are too many. */
  private final List<Set<String>> levels = new ArrayList<>();

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
   * @param labelName the label column's name
   * @param coding how labels become targets, or null where that is still to be found out
   * @param findLevels whether the levels of categorical columns are to be found out
   */
  static Scan of(
      Iterator<RowBuffer> rows, String labelName, LabelCoding coding, boolean findLevels) {
    Scan scan = new Scan();
    Map<String, LabelFacts> known = new HashMap<>();
    ScannedPiece piece = null;
    while (rows.hasNext()) {
      RowBuffer row = rows.next();
      if (piece == null || !piece.matches(row.file(), row.start())) {
        piece = new ScannedPiece(row.file(), row.start());
        scan.pieces.add(piece);
      }
      if (row.problem() != null) {
        piece.addBadRow(row.problem());
        continue;
      }
      if (coding != null && Float.isNaN(coding.target(row.label()))) {
        piece.addBadRow(unusable(labelName, row.label(), coding));
        continue;
      }
      LabelFacts facts = known.get(row.label());
      if (facts == null) {
        facts = LabelFacts.of(row.label());
        if (known.size() <= MAX_CLASSES) {
          known.put(row.label(), facts);
        }
      }
      if (coding == null) {
        scan.noteLabel(piece, labelName, row.label(), facts);
      }
      if (findLevels) {
        scan.noteLevels(row.texts());
      }
      piece.addRow(RowHash.ofRow(row.features(), row.texts(), facts.hash(), row.weight()));
    }
    if (coding == null) {
      scan.addLabels(known.keySet());
    }
    return scan;
  }

  /**
   * Scans the rows of a partition, which have been scanned before, for the levels of the training
   * split alone.
   *
   * @param places where each row goes
   */
  static Scan levelsOfTraining(Iterator<RowBuffer> rows, RowPlacement.Walk places) {
    Scan scan = new Scan();
    while (rows.hasNext()) {
      RowBuffer row = rows.next();
      places.next(row.file(), row.start());
      if (row.problem() != null) {
        throw RowPlacement.changed(row.file());
      }
      if (places.split() == Split.TRAIN) {
        scan.noteLevels(row.texts());
      }
    }
    return scan;
  }

  private static RowProblem unusable(String labelName, String label, LabelCoding coding) {
    List<String> classes = coding.classes();
    if (classes.isEmpty()) {
      return RowProblem.badNumberLabel(labelName, label);
    }
    List<String> shown = classes.subList(0, Math.min(classes.size(), SHOWN_CLASSES));
    return new RowProblem(
        labelName,
        RowProblem.quote(label)
            + " is not one of the "
            + classes.size()
            + " known classes: "
            + String.join(", ", shown)
            + (shown.size() < classes.size() ? ", …" : "")
            + ". Correct the label, take the row out, or train with examples of it.");
  }

  private void noteLabel(ScannedPiece piece, String labelName, String label, LabelFacts facts) {
    if (facts.kind() == LabelKind.WHOLE_NUMBER) {
      return;
    }
    wholeLabels = false;
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

  /** Whether every label is a whole number. */
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
