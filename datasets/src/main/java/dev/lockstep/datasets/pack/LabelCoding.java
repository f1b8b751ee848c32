package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.Levels;
import dev.lockstep.datasets.source.NumberText;
import dev.lockstep.datasets.source.Task;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;

/**
 * How a label's text becomes a target: its class index in the order of {@link Levels}, or its
 * value. Immutable.
 */
final class LabelCoding implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Task task;
  private final Levels classes;

  private LabelCoding(Task task, Levels classes) {
    this.task = task;
    this.classes = classes;
  }

  /** Values as they are. */
  static LabelCoding values() {
    return new LabelCoding(Task.REGRESSION, Levels.of(List.of()));
  }

  /** The classes of a model, in its order. */
  static LabelCoding classes(List<String> labels) {
    return new LabelCoding(Task.CLASSIFICATION, Levels.of(labels));
  }

  /** The classes that the given distinct texts make up. */
  static LabelCoding discover(Collection<String> texts) {
    return new LabelCoding(Task.CLASSIFICATION, Levels.discover(texts));
  }

  Task task() {
    return task;
  }

  /** The classes' texts by index; empty for regression. */
  List<String> classes() {
    return classes.texts();
  }

  /** The target for a label, or NaN where it is not a known class or not a number. */
  float target(String text) {
    if (task == Task.REGRESSION) {
      return NumberText.toFloat(text);
    }
    int index = classes.indexOf(text);
    return index < 0 ? Float.NaN : index;
  }
}
