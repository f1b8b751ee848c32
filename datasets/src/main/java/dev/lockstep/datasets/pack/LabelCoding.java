package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.NumberText;
import dev.lockstep.datasets.source.Task;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a label's text becomes a target: its class index, or its value. Classes are in numeric order
 * where all labels are numbers, else in lexicographic order of their texts. Among numbers, texts of
 * equal value (1 and 1.0) are one class, which keeps the shortest text. Immutable.
 */
final class LabelCoding implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Task task;
  private final ArrayList<String> classes;
  private final HashMap<String, Integer> byText = new HashMap<>();
  private final HashMap<Double, Integer> byValue = new HashMap<>();

  private LabelCoding(Task task, List<String> classes) {
    this.task = task;
    this.classes = new ArrayList<>(classes);
    boolean numeric = areNumbers(classes);
    for (int index = 0; index < classes.size(); index++) {
      byText.put(classes.get(index), index);
      if (numeric) {
        byValue.putIfAbsent(value(classes.get(index)), index);
      }
    }
  }

  /** Values as they are. */
  static LabelCoding values() {
    return new LabelCoding(Task.REGRESSION, List.of());
  }

  /** The classes of a model, in its order. */
  static LabelCoding classes(List<String> labels) {
    return new LabelCoding(Task.CLASSIFICATION, labels);
  }

  /** The classes that the given distinct texts make up. */
  static LabelCoding discover(Collection<String> texts) {
    List<String> sorted = new ArrayList<>(texts);
    if (!areNumbers(texts)) {
      sorted.sort(Comparator.naturalOrder());
      return classes(sorted);
    }
    Map<Double, String> shortest = new HashMap<>();
    for (String text : sorted) {
      shortest.merge(value(text), text, (a, b) -> SHORTEST.compare(a, b) <= 0 ? a : b);
    }
    List<String> classes = new ArrayList<>(shortest.values());
    classes.sort(Comparator.comparingDouble(LabelCoding::value));
    return classes(classes);
  }

  private static final Comparator<String> SHORTEST =
      Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

  private static boolean areNumbers(Collection<String> texts) {
    for (String text : texts) {
      if (Double.isNaN(value(text))) {
        return false;
      }
    }
    return true;
  }

  /** Adding zero makes -0 and 0 one value. */
  private static double value(String text) {
    return NumberText.toDouble(text) + 0.0;
  }

  Task task() {
    return task;
  }

  /** The classes' texts by index; empty for regression. */
  List<String> classes() {
    return List.copyOf(classes);
  }

  /** The target for a label, or NaN where it is not a known class or not a number. */
  float target(String text) {
    if (task == Task.REGRESSION) {
      return NumberText.toFloat(text);
    }
    Integer index = byText.get(text);
    if (index == null && !byValue.isEmpty()) {
      index = byValue.get(value(text));
    }
    return index == null ? Float.NaN : index;
  }
}
