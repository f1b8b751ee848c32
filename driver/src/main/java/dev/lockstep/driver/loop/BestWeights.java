package dev.lockstep.driver.loop;

import dev.lockstep.trainer.parameter.ParameterVector;

/** The weights of the best epoch so far, kept while early stopping watches. */
public final class BestWeights {
  private final int epoch;
  private final double value;
  private final ParameterVector parameters;
  private final long[] batchesTracked;

  /**
   * Weights at the end of an epoch.
   *
   * @param epoch counted from 1
   * @param value of the watched metric
   * @param parameters kept, not copied
   * @param batchesTracked steps that had moved the running statistics, per batch-norm layer; kept,
   *     not copied
   */
  public BestWeights(int epoch, double value, ParameterVector parameters, long[] batchesTracked) {
    this.epoch = epoch;
    this.value = value;
    this.parameters = parameters;
    this.batchesTracked = batchesTracked;
  }

  /** Counted from 1. */
  public int epoch() {
    return epoch;
  }

  /** Value of the watched metric. */
  public double value() {
    return value;
  }

  /** The weights, running statistics included. */
  public ParameterVector parameters() {
    return parameters;
  }

  /** Steps that had moved the running statistics, per batch-norm layer. */
  public long[] batchesTracked() {
    return batchesTracked;
  }
}
