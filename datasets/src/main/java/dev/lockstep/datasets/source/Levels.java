package dev.lockstep.datasets.source;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Distinct texts in a definite order, and the index of each: the classes of a label, or the levels
 * of a categorical column. They are in numeric order where all are numbers, else in lexicographic
 * order. Among numbers, texts of equal value (1 and 1.0) are one, which keeps the shortest text.
 * Immutable.
 */
public final class Levels implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Comparator<String> SHORTEST =
      Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

  private final ArrayList<String> texts;
  private final HashMap<String, Integer> byText = new HashMap<>();
  private final HashMap<Double, Integer> byValue = new HashMap<>();

  private Levels(List<String> texts) {
    this.texts = new ArrayList<>(texts);
    boolean numeric = areNumbers(texts);
    for (int index = 0; index < texts.size(); index++) {
      byText.put(texts.get(index), index);
      if (numeric) {
        byValue.putIfAbsent(value(texts.get(index)), index);
      }
    }
  }

  /** The levels of a model, in its order. */
  public static Levels of(List<String> texts) {
    return new Levels(texts);
  }

  /** The levels that the given distinct texts make up. */
  public static Levels discover(Collection<String> texts) {
    List<String> sorted = new ArrayList<>(texts);
    if (!areNumbers(texts)) {
      sorted.sort(Comparator.naturalOrder());
      return new Levels(sorted);
    }
    Map<Double, String> shortest = new HashMap<>();
    for (String text : sorted) {
      shortest.merge(value(text), text, (a, b) -> SHORTEST.compare(a, b) <= 0 ? a : b);
    }
    List<String> levels = new ArrayList<>(shortest.values());
    levels.sort(Comparator.comparingDouble(Levels::value));
    return new Levels(levels);
  }

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

  /** The texts by index. */
  public List<String> texts() {
    return List.copyOf(texts);
  }

  /** Number of levels. */
  public int size() {
    return texts.size();
  }

  /** Index of a text, or -1 where it is null or no level. */
  public int indexOf(String text) {
    Integer index = byText.get(text);
    if (index == null && !byValue.isEmpty()) {
      index = byValue.get(value(text));
    }
    return index == null ? -1 : index;
  }
}
