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
  /** Classes that a data set may have. */
  static final int MAX_CLASSES = 10_000;

  private static final int SHOWN_CLASSES = 10;

  private final List<ScannedPiece> pieces = new ArrayList<>();
  private final Set<String> labels = new HashSet<>();
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
   */
  static Scan of(Iterator<RowBuffer> rows, String labelName, LabelCoding coding) {
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
      piece.addRow(RowHash.ofRow(row.features(), facts.hash(), row.weight()));
    }
    if (coding == null) {
      scan.addLabels(known.keySet());
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
    output.writeInt(labels.size());
    for (String label : labels) {
      output.writeString(label);
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
    for (int left = input.readInt(); left > 0; left--) {
      labels.add(input.readString());
    }
    tooManyLabels = input.readBoolean();
    wholeLabels = input.readBoolean();
  }
}
