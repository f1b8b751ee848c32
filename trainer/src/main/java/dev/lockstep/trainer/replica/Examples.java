package dev.lockstep.trainer.replica;

/**
 * A block of examples as dense float32 rows, ready for arithmetic: normalized features, target and
 * weight of each.
 *
 * <pre>
 *   features  [count, featureCount], row-major
 *   targets   [count]: class index for classification, value for regression
 *   weights   [count], or null where every example weighs 1
 * </pre>
 *
 * Row r is example {@code firstIndex + r · indexStride} of its split: the number that enters the
 * counter of dropout and the keyed permutation. The arrays are this object's own and must not be
 * changed.
 */
public final class Examples {
  private final int count;
  private final int featureCount;
  private final long firstIndex;
  private final long indexStride;
  private final float[] features;
  private final float[] targets;
  private final float[] weights;

  /** A block over the given arrays, which are kept and not copied; {@code weights} may be null. */
  public Examples(
      int featureCount,
      long firstIndex,
      long indexStride,
      float[] features,
      float[] targets,
      float[] weights) {
    this.count = targets.length;
    this.featureCount = featureCount;
    this.firstIndex = firstIndex;
    this.indexStride = indexStride;
    this.features = features;
    this.targets = targets;
    this.weights = weights;
    if ((long) count * featureCount != features.length
        || (weights != null && weights.length != count)) {
      throw new IllegalArgumentException(
          count
              + " targets and "
              + featureCount
              + " features do not fit "
              + features.length
              + " values"
              + (weights == null ? "" : " and " + weights.length + " weights"));
    }
  }

  /** Number of rows. */
  public int count() {
    return count;
  }

  /** Values in a row. */
  public int featureCount() {
    return featureCount;
  }

  /** Index of row 0 in the split. */
  public long firstIndex() {
    return firstIndex;
  }

  /** Distance between the indices of neighbouring rows. */
  public long indexStride() {
    return indexStride;
  }

  /** Index of a row in the split. */
  public long index(int row) {
    return firstIndex + row * indexStride;
  }

  /** All features, [count, featureCount]. */
  public float[] features() {
    return features;
  }

  /** All targets, [count]. */
  public float[] targets() {
    return targets;
  }

  /** All weights, [count], or null where every example weighs 1. */
  public float[] weights() {
    return weights;
  }

  /** Weight of a row. */
  public float weight(int row) {
    return weights == null ? 1f : weights[row];
  }
}
