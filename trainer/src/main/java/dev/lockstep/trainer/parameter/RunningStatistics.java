package dev.lockstep.trainer.parameter;

import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Moments;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves the running mean and variance of every batch-norm layer, on the driver. After each step
 *
 * <pre>
 *   r ← β_r r + (1 - β_r) batch,   β_r = 0.9,   the batch variance taken unbiased, M2/(n-1), as PyTorch does
 * </pre>
 *
 * computed in float64 and rounded to float32 into the parameter vector, whence evaluation (and
 * training slices of a single row) read them. The vector is their only memory, so a run that
 * continues from a saved one continues to the same bits. A mini-batch with a single value per
 * feature has no unbiased variance: it moves the mean only.
 *
 * <p>Mutable; used by the driver's thread only.
 */
public final class RunningStatistics {
  /** Share of the old value that a step keeps: PyTorch's momentum 0.1 seen from the other side. */
  public static final double KEEP = 0.9;

  private final List<ParameterWindow> meanWindows = new ArrayList<>();
  private final List<ParameterWindow> varianceWindows = new ArrayList<>();
  private final long[] batchesTracked;

  /**
   * Statistics of a network whose parameters are laid out like this, after {@code batchesTracked}
   * steps for each batch-norm layer.
   */
  public RunningStatistics(ParameterLayout layout, long[] batchesTracked) {
    for (ParameterWindow window : layout.windows()) {
      if (window.role() == Role.RUNNING_MEAN) {
        meanWindows.add(window);
      } else if (window.role() == Role.RUNNING_VARIANCE) {
        varianceWindows.add(window);
      }
    }
    if (batchesTracked.length != meanWindows.size()) {
      throw new IllegalArgumentException(
          meanWindows.size()
              + " batch-norm layers need as many counts of batches, not "
              + batchesTracked.length);
    }
    this.batchesTracked = batchesTracked.clone();
  }

  /** Number of batch-norm layers. */
  public int layers() {
    return batchesTracked.length;
  }

  /** Steps that have moved the statistics, per batch-norm layer: a copy. */
  public long[] batchesTracked() {
    return batchesTracked.clone();
  }

  /** Sets back to a moment after {@code batches} steps for each batch-norm layer. */
  public void setBatchesTracked(long[] batches) {
    System.arraycopy(batches, 0, batchesTracked, 0, batchesTracked.length);
  }

  /** Moves the statistics in {@code parameters} by one mini-batch. */
  public void move(Moments[] batch, ParameterVector parameters) {
    float[] values = parameters.values();
    for (int layer = 0; layer < batchesTracked.length; layer++) {
      Moments moments = batch[layer];
      int mean = meanWindows.get(layer).offset();
      int variance = varianceWindows.get(layer).offset();
      batchesTracked[layer]++;
      for (int j = 0; j < moments.columns(); j++) {
        values[mean + j] = mix(values[mean + j], moments.mean()[j]);
        if (moments.count() > 1) {
          values[variance + j] = mix(values[variance + j], moments.unbiasedVariance(j));
        }
      }
    }
  }

  private static float mix(float running, double batch) {
    return (float) (KEEP * running + (1.0 - KEEP) * batch);
  }
}
