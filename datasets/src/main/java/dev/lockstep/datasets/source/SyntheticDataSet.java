package dev.lockstep.datasets.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Generators of points in the plane: row i is a function of the seed and i alone, so any machine
 * makes any row.
 */
public enum SyntheticDataSet {
  /** Two interleaving half circles of radius 1, as scikit-learn's {@code make_moons}. */
  MOONS("moons", "two interleaving half circles", 2, 0),
  /** Two circles around the origin, radii 1 and 1/2, as scikit-learn's {@code make_circles}. */
  CIRCLES("circles", "a circle inside another", 2, 1),
  /** Arms that leave the origin and make one turn. */
  SPIRALS("spirals", "intertwined spiral arms, one per class", 0, 2),
  /** Gaussian clouds around equally spaced centers on the unit circle. */
  BLOBS("blobs", "clouds around centers on a circle, one per class", 0, 3);

  /** Names of the two coordinates. */
  static final List<String> FEATURE_NAMES = List.of("x1", "x2");

  private final String key;
  private final String description;
  private final int fixedClasses;
  private final int code;

  SyntheticDataSet(String key, String description, int fixedClasses, int code) {
    this.key = key;
    this.description = description;
    this.fixedClasses = fixedClasses;
    this.code = code;
  }

  /** The generator with the given name. */
  public static SyntheticDataSet named(String name) {
    List<String> keys = new ArrayList<>();
    for (SyntheticDataSet dataSet : values()) {
      if (dataSet.key.equals(name)) {
        return dataSet;
      }
      keys.add(dataSet.key);
    }
    throw BundledDataSet.unknown("synthetic", name, keys);
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }

  /** One line for people. */
  public String description() {
    return description;
  }

  /** Rows where the configuration says nothing. */
  public long rows() {
    return DataLocation.Synthetic.DEFAULT_SAMPLES;
  }

  /** Number of features. */
  public int features() {
    return FEATURE_NAMES.size();
  }

  /** Number of classes where the configuration says nothing. */
  public int classes() {
    return hasChosenClasses() ? DataLocation.Synthetic.DEFAULT_CLASSES : fixedClasses;
  }

  /** Whether the configuration chooses the number of classes. */
  public boolean hasChosenClasses() {
    return fixedClasses == 0;
  }

  /** The number that enters the counter of draws; never changed. */
  int code() {
    return code;
  }
}
