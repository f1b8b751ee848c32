package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.NumberText;
import dev.lockstep.datasets.source.RowBuffer;
import dev.lockstep.datasets.source.RowProblem;
import java.io.Serializable;
import java.util.List;

/**
 * Which decoded rows can be used: the same answer in every pass over the data. Immutable; sent to
 * the tasks.
 *
 * @param labelName the label column's name
 * @param coding how labels become targets, or null where that is still to be found out, and any
 *     label may be right
 */
record RowCheck(String labelName, LabelCoding coding) implements Serializable {
  private static final int SHOWN_CLASSES = 10;

  /** Why the row cannot be used, or null. */
  RowProblem problem(RowBuffer row) {
    if (row.problem() != null) {
      return row.problem();
    }
    return coding != null && Float.isNaN(coding.target(row.label())) ? unusable(row.label()) : null;
  }

  private RowProblem unusable(String label) {
    List<String> classes = coding.classes();
    if (classes.isEmpty() || NumberText.isNonFinite(label)) {
      return RowProblem.badNumberLabel(labelName, label);
    }
    List<String> shown = classes.subList(0, Math.min(classes.size(), SHOWN_CLASSES));
    return RowProblem.unknownLabel(
        labelName,
        label,
        RowProblem.quote(label)
            + " is not one of the "
            + classes.size()
            + " known classes: "
            + String.join(", ", shown)
            + (shown.size() < classes.size() ? ", …." : "."));
  }
}
