package dev.lockstep.trainer.reduce;

/**
 * What a set of shards gives to one step: sums, never means, so that uneven shards and a smaller
 * last mini-batch are right by construction. The driver divides once.
 *
 * <pre>
 *   metrics   number, weight and loss of the examples
 *   gradient  Σ weight · ∂loss/∂θ, [trainable parameters]
 *   moments   of the input of each batch-norm layer, [batch-norm layers]
 * </pre>
 *
 * Mutable; not safe for use by several threads at once.
 */
public final class Contribution implements Mergeable<Contribution> {
  private final MetricSums metrics;
  private final float[] gradient;
  private final Moments[] moments;
  private long computeNanos;

  /**
   * An empty contribution of a network with this many trainable parameters and the given number of
   * features in each batch-norm layer.
   */
  public Contribution(int trainableLength, int[] batchNormColumns) {
    this(new MetricSums(0), new float[trainableLength], new Moments[batchNormColumns.length]);
    for (int layer = 0; layer < moments.length; layer++) {
      moments[layer] = new Moments(batchNormColumns[layer]);
    }
  }

  /** A contribution with the given contents, which are kept and not copied. */
  public Contribution(MetricSums metrics, float[] gradient, Moments[] moments) {
    this.metrics = metrics;
    this.gradient = gradient;
    this.moments = moments;
  }

  /** Number, weight and loss of the examples. */
  public MetricSums metrics() {
    return metrics;
  }

  /** The gradient sum: this object's own array. */
  public float[] gradient() {
    return gradient;
  }

  /** Moments per batch-norm layer: this object's own array. */
  public Moments[] moments() {
    return moments;
  }

  /**
   * Time that the computation took, in nanoseconds: of parts merged side by side, the longest.
   * Measured, so not part of what is the same in every run.
   */
  public long computeNanos() {
    return computeNanos;
  }

  /** States that computing this contribution took {@code nanos} more. */
  public void addComputeNanos(long nanos) {
    computeNanos += nanos;
  }

  @Override
  public boolean isEmpty() {
    return metrics.isEmpty();
  }

  @Override
  public void merge(Contribution right) {
    mergeAllButGradient(right);
    addGradient(right, 0, gradient.length);
  }

  /**
   * The part of {@link #merge} that is quick; the gradient is to be added range by range, by
   * however many threads.
   */
  public void mergeAllButGradient(Contribution right) {
    if (right.gradient.length != gradient.length || right.moments.length != moments.length) {
      throw new IllegalArgumentException(
          "a contribution over "
              + right.gradient.length
              + " parameters and "
              + right.moments.length
              + " batch-norm layers cannot be merged into one over "
              + gradient.length
              + " and "
              + moments.length);
    }
    metrics.merge(right.metrics);
    computeNanos = Math.max(computeNanos, right.computeNanos);
    for (int layer = 0; layer < moments.length; layer++) {
      moments[layer].merge(right.moments[layer]);
    }
  }

  /** Adds the gradient of {@code right} in [from, to). */
  public void addGradient(Contribution right, int from, int to) {
    float[] sum = gradient;
    float[] addend = right.gradient;
    for (int i = from; i < to; i++) {
      sum[i] += addend[i];
    }
  }

  /**
   * Makes the contribution empty for its next use; the gradient keeps its contents, which the next
   * backward pass overwrites.
   */
  public void clear() {
    metrics.clear();
    computeNanos = 0;
    for (Moments layer : moments) {
      layer.clear();
    }
  }
}
