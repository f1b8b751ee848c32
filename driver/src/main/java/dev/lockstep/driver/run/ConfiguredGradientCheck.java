package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.trainer.check.GradientReport;
import dev.lockstep.trainer.check.NetworkGradientCheck;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.replica.Examples;
import java.util.List;
import java.util.function.IntConsumer;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The gradient check of a configured run: its data, its network at its first weights, its loss and
 * penalty, on the first rows of its first mini-batch. Computed on the driver.
 */
public final class ConfiguredGradientCheck {
  /** Examples at most, unless said otherwise. */
  public static final int DEFAULT_ROWS = 16;

  private ConfiguredGradientCheck() {}

  /**
   * Checks the gradient.
   *
   * @param rows examples at most, where the mini-batch has so many; null for {@value
   *     #DEFAULT_ROWS}, or fewer where the network makes them expensive
   * @param chosenRows told the number of examples before the work on them begins
   */
  public static GradientReport check(
      JavaSparkContext spark, RunConfiguration given, Integer rows, IntConsumer chosenRows) {
    try (PreparedData data = TrainingSession.prepare(spark, given)) {
      RunSetup setup = RunSetup.of(given, data, TrainingSession.shards(spark, given.training()));
      ParameterVector parameters = TrainingSession.firstState(spark, setup).parameters();
      NetworkGradientCheck check =
          new NetworkGradientCheck(
              setup.network(),
              setup.lossSpec(),
              setup.classes(),
              given.regularization(),
              given.training().seed());
      int wanted = rows != null ? rows : check.affordableRows(DEFAULT_ROWS);
      int batch = Math.min(wanted, setup.batches().examplesInStep(0));
      chosenRows.accept(batch);
      List<Shard> pieces =
          data.train().shards().map(new FirstRowsTask(setup.batches(), batch)).collect();
      return check.check(
          parameters, join(pieces, batch), Runtime.getRuntime().availableProcessors());
    }
  }

  private static Examples join(List<Shard> pieces, int rows) {
    int width = pieces.get(0).examples().featureCount();
    float[] features = new float[rows * width];
    float[] targets = new float[rows];
    float[] weights = new float[rows];
    int row = 0;
    double total = 0.0;
    for (Shard piece : pieces) {
      Examples part = piece.examples();
      System.arraycopy(part.features(), 0, features, row * width, part.count() * width);
      System.arraycopy(part.targets(), 0, targets, row, part.count());
      for (int i = 0; i < part.count(); i++) {
        weights[row + i] = part.weight(i);
        total += part.weight(i);
      }
      row += part.count();
    }
    if (total == 0.0) {
      throw LockstepException.data(
          "all "
              + rows
              + " examples of the first mini-batch weigh 0, so there is no gradient to check.");
    }
    return new Examples(width, 0, 1, features, targets, weights);
  }
}
