package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingMemory;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.metric.BestSoFar;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** States of a small network with batch norm and Adam, always the same for a step. */
final class States {
  static final List<String> SLOTS = List.of("firstMoment", "secondMoment");

  static final Network NETWORK =
      new Network(
          List.of(
              new Dense(3, Dense.DEFAULT_INITIALIZER, null),
              new LayerSpec.BatchNorm(),
              new LayerSpec.Relu(),
              new Dense(2, Dense.DEFAULT_INITIALIZER, null)),
          Shape.vector(4));

  static final ParameterLayout LAYOUT = NETWORK.layout();

  private States() {}

  /** With weights kept as the best in every even step. */
  static TrainingState at(long step) {
    return at(step, step % 2 == 0);
  }

  static TrainingState at(long step, boolean withBest) {
    Random random = new Random(step);
    OptimizerState optimizer = new OptimizerState(SLOTS, LAYOUT.trainableLength());
    fill(optimizer.slot(0), random);
    fill(optimizer.slot(1), random);
    MetricSums sums =
        MetricSums.of(
            640,
            640.0,
            random.nextDouble(),
            77,
            random.nextDouble(),
            random.nextDouble(),
            new Moments(
                640, new double[] {random.nextGaussian()}, new double[] {random.nextDouble()}),
            0,
            new long[0]);
    BestWeights best =
        withBest
            ? new BestWeights(
                3, random.nextDouble(), vector(random), new long[] {random.nextInt(1000)})
            : null;
    return new TrainingState(
        vector(random),
        optimizer,
        new RunningStatistics(LAYOUT, new long[] {step}),
        step,
        new TrainingMemory(
            sums,
            new BestSoFar(random.nextDouble(), 2),
            new BestSoFar(Double.NaN, 0),
            1,
            0.5,
            2,
            false,
            best));
  }

  private static ParameterVector vector(Random random) {
    float[] values = new float[LAYOUT.length()];
    fill(values, random);
    return new ParameterVector(values);
  }

  private static void fill(float[] values, Random random) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
  }

  static RunIdentity identity() {
    ObjectNode configuration = StrictJson.object();
    configuration.put("name", "digits");
    configuration.putObject("optimizer").put("learningRate", 1.0e-3f);
    configuration.putObject("training").put("shards", 4).put("seed", 42L);
    return new RunIdentity(
        configuration, "3f2a", Map.of("lockstep", "0.1.0"), "JavaBLAS (pure Java)");
  }

  static RunPosition position(long step) {
    return new RunPosition((int) (step % 10) + 1, 100 * step, 0.1 * step);
  }

  static CheckpointStore store(RunFolder run, int keep) {
    return new CheckpointStore(run, LAYOUT, SLOTS, keep);
  }

  static void write(CheckpointStore store, long... steps) {
    for (long step : steps) {
      store.write(at(step), identity(), position(step));
    }
  }

  /** Compares every bit, also of numbers that are not equal to themselves. */
  static void assertSame(TrainingState actual, TrainingState expected) {
    assertThat(actual.step()).isEqualTo(expected.step());
    assertSame(actual.parameters().values(), expected.parameters().values());
    assertThat(actual.optimizer().names()).isEqualTo(expected.optimizer().names());
    for (int slot = 0; slot < expected.optimizer().names().size(); slot++) {
      assertSame(actual.optimizer().slot(slot), expected.optimizer().slot(slot));
    }
    assertThat(actual.statistics().batchesTracked())
        .isEqualTo(expected.statistics().batchesTracked());
    assertSame(actual.epochSums(), expected.epochSums());
    assertSame(actual.plateau(), expected.plateau());
    assertSame(actual.stopping(), expected.stopping());
    assertThat(actual.rateReductions()).isEqualTo(expected.rateReductions());
    assertSame(actual.rateFactor(), expected.rateFactor());
    assertThat(actual.returns()).isEqualTo(expected.returns());
    assertThat(actual.stoppedEarly()).isEqualTo(expected.stoppedEarly());
    assertThat(actual.bestWeights().isPresent()).isEqualTo(expected.bestWeights().isPresent());
    if (expected.bestWeights().isPresent()) {
      BestWeights found = actual.bestWeights().get();
      BestWeights wanted = expected.bestWeights().get();
      assertThat(found.epoch()).isEqualTo(wanted.epoch());
      assertSame(found.value(), wanted.value());
      assertSame(found.parameters().values(), wanted.parameters().values());
      assertThat(found.batchesTracked()).isEqualTo(wanted.batchesTracked());
    }
  }

  private static void assertSame(MetricSums actual, MetricSums expected) {
    assertThat(actual.examples()).isEqualTo(expected.examples());
    assertSame(actual.weight(), expected.weight());
    assertSame(actual.lossSum(), expected.lossSum());
    assertThat(actual.correct()).isEqualTo(expected.correct());
    assertSame(actual.squaredErrorSum(), expected.squaredErrorSum());
    assertSame(actual.absoluteErrorSum(), expected.absoluteErrorSum());
    assertThat(actual.target().count()).isEqualTo(expected.target().count());
    assertSame(actual.target().mean()[0], expected.target().mean()[0]);
    assertSame(actual.target().squaredDeviations()[0], expected.target().squaredDeviations()[0]);
    assertThat(actual.confusionClasses()).isZero();
  }

  private static void assertSame(BestSoFar actual, BestSoFar expected) {
    assertSame(actual.best(), expected.best());
    assertThat(actual.since()).isEqualTo(expected.since());
  }

  private static void assertSame(double actual, double expected) {
    assertThat(Double.doubleToRawLongBits(actual)).isEqualTo(Double.doubleToRawLongBits(expected));
  }

  private static void assertSame(float[] actual, float[] expected) {
    assertThat(bits(actual)).isEqualTo(bits(expected));
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
