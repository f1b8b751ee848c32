package dev.lockstep.trainer.model;

import java.io.Serializable;
import java.util.List;

/**
 * A column of texts. It enters the network one-hot, as one feature per level: 1 for the level that
 * the cell holds and 0 for the others, and 0 everywhere where the cell is empty or holds a text
 * that is no level. Or, for an embedding layer, it enters as one feature that holds the index of
 * the level, and {@link #UNKNOWN} where there is none.
 *
 * @param name name of the column
 * @param firstFeature place of its first or only feature among the network's features
 * @param indexed whether it enters as an index
 * @param levels the texts that were found in training, by index
 */
public record CategoricalColumn(String name, int firstFeature, boolean indexed, List<String> levels)
    implements Serializable {
  /** The index of a cell that is empty or holds a text that is no level. */
  public static final int UNKNOWN = -1;

  /** Takes an immutable copy. */
  public CategoricalColumn {
    levels = List.copyOf(levels);
    if (levels.isEmpty() || firstFeature < 0) {
      throw new IllegalArgumentException(
          "categorical column '" + name + "' needs at least one level and a place");
    }
  }

  /** Number of features that the column gives. */
  public int width() {
    return indexed ? 1 : levels.size();
  }

  /** Name of one of its features: {@code city=Paris} one-hot, {@code city} as an index. */
  public String featureName(int feature) {
    return indexed ? name : name + "=" + levels.get(feature);
  }
}
