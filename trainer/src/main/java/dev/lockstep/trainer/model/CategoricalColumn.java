package dev.lockstep.trainer.model;

import java.io.Serializable;
import java.util.List;

/**
 * A column of texts that enters the network as one feature per level: 1 for the level that the cell
 * holds and 0 for the others. A cell that is empty or holds a text that is no level gives 0
 * everywhere.
 *
 * @param name name of the column
 * @param firstFeature place of the first level's feature among the network's features
 * @param levels the texts that were found in training, in the order of their features
 */
public record CategoricalColumn(String name, int firstFeature, List<String> levels)
    implements Serializable {
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
    return levels.size();
  }

  /** Name of a level's feature: {@code city=Paris}. */
  public String featureName(int level) {
    return name + "=" + levels.get(level);
  }
}
