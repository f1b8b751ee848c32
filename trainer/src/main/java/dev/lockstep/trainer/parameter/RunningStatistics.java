package dev.lockstep.trainer.parameter;

import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Moments;
import java.util.ArrayList;
import java.util.List;

/**
 * Batch norm's running mean and variance of every batch-norm layer, in float64 on the driver. After each step
 *
 * <pre>
 *   r ← β_r r + (1 - β_r) batch,   β_r = 0.9,   the batch variance taken unbiased, M2/(n-1), as PyTorch does
 * </pre>
 *
 * and the float32 roundings are put into the parameter vector, whence evaluation (and training slices of a single row) read them. A mini-batch with a single value per
 * feature has no unbiased variance: it moves the mean only.
 *
 * <p>Mutable; used by the driver's thread only.
 */
public final class RunningStatistics {
  /** Share of the old value that a step keeps: PyTorch's momentum 0.1 seen from the other side. */
  public static final double KEEP = 0.9;

  private final List<ParameterWindow> meanWindows = new ArrayList<>();
  private final List<ParameterWindow> varianceWindows = new ArrayList<>();
  private final double[][] mean;
  private final double[][] variance;
  private final long[] batchesTracked;

  /** Statistics as they stand in {@code parameters}, after {@code batchesTracked} steps for each batch-norm layer. */
  public RunningStatistics(ParameterLayout layout, ParameterVector parameters, long[] batchesTracked) {
    for (ParameterWindow window : layout.windows()) {
      if (window.role() == Role.RUNNING_MEAN) {
        meanWindows.add(window);
      } else if (window.role() == Role.RUNNING_VARIANCE) {
        varianceWindows.add(window);
      }
    }
    if (batchesTracked.length != meanWindows.size()) {
      throw new IllegalArgumentException(
          meanWindows.size() + " batch-norm layers need as many counts of batches, not " + batchesTracked.length);
    }
    this.batchesTracked = batchesTracked.clone();
    this.mean = new double[meanWindows.size()][];
    this.variance = new double[meanWindows.size()][];
    for (int layer = 0; layer < mean.length; layer++) {
      mean[layer] = widen(parameters.values(), meanWindows.get(layer));
      variance[layer] = widen(parameters.values(), varianceWindows.get(layer));
    }
  }

  private static double[] widen(float[] values, ParameterWindow window) {
    double[] wide = new double[window.length()];
    for (int j = 0; j < wide.length; j++) {
      wide[j] = values[window.offset() + j];
    }
    return wide;
  }

  /** Number of batch-norm layers. */
  public int layers() {
    return mean.length;
  }

  /** Steps that have moved the statistics, per batch-norm layer: a copy. */
  public long[] batchesTracked() {
    return batchesTracked.clone();
  }

  /** Moves the statistics by one mini-batch and writes them into {@code parameters}. */
  public void move(Moments[] batch, ParameterVector parameters) {
    for (int layer = 0; layer < mean.length; layer++) {
      Moments moments = batch[layer];
      batchesTracked[layer]++;
      for (int j = 0; j < mean[layer].length; j++) {
        mean[layer][j] = KEEP * mean[layer][j] + (1.0 - KEEP) * moments.mean()[j];
        if (moments.count() > 1) {
          variance[layer][j] = KEEP * variance[layer][j] + (1.0 - KEEP) * moments.unbiasedVariance(j);
        }
      }
      narrow(mean[layer], parameters.values(), meanWindows.get(layer));
      narrow(variance[layer], parameters.values(), varianceWindows.get(layer));
    }
  }

  private static void narrow(double[] wide, float[] values, ParameterWindow window) {
    for (int j = 0; j < wide.length; j++) {
      values[window.offset() + j] = (float) wide[j];
    }
  }
}
