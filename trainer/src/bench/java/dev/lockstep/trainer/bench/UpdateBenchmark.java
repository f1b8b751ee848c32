package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Passes over the flat vector of 235,500 parameters in one thread: updates and sums. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class UpdateBenchmark {
  private static final double RATE = 1e-3;
  private static final Network NETWORK =
      new Network(
          List.of(new LayerSpec.Dense(300, LayerSpec.Dense.DEFAULT_INITIALIZER, true)),
          Shape.vector(784));

  private static final int PARAMETERS = NETWORK.layout().trainableLength();

  /** The pass; {@code copy} is the base, {@code merge} adds one contribution to another. */
  @Param({"copy", "merge", "sgd", "momentum", "adam"})
  private String kind;

  private Runnable pass;
  private final float[] parameters = Checks.normal(PARAMETERS, 7);
  private final float[] gradient = Checks.normal(PARAMETERS, 8);

  /** Bytes that a pass reads, and those that it writes. */
  static double bytes(String kind) {
    int arrays =
        switch (kind) {
          case "copy" -> 2;
          case "merge", "sgd" -> 3;
          case "momentum" -> 5;
          case "adam" -> 7;
          default -> throw new IllegalArgumentException(kind);
        };
    return (double) arrays * Float.BYTES * PARAMETERS;
  }

  /** Checks the first pass. */
  @Setup
  public void setUp() {
    float[] before = parameters.clone();
    pass =
        switch (kind) {
          case "copy" -> () -> System.arraycopy(gradient, 0, parameters, 0, PARAMETERS);
          case "merge" -> merge();
          case "sgd" -> update(new Optimizer.Sgd(RATE));
          case "momentum" -> update(new Optimizer.Momentum(RATE, 0.9, false));
          default -> update(new Optimizer.Adam(RATE, 0.9, 0.999, 1e-8));
        };
    pass.run();
    for (int i = 0; i < PARAMETERS; i++) {
      double g = gradient[i];
      double expected =
          switch (kind) {
            case "copy" -> g;
            case "merge" -> before[i] + g;
            case "sgd" -> before[i] - RATE * g;
            case "momentum" -> before[i] - RATE * 0.1 * g;
            default -> before[i] - RATE * g / (Math.abs(g) + 1e-8);
          };
      Checks.near("an element after the first pass", parameters[i], expected, 1e-6);
    }
  }

  private Runnable merge() {
    Contribution sum = contribution(parameters);
    Contribution addend = contribution(gradient);
    return () -> sum.merge(addend);
  }

  private static Contribution contribution(float[] values) {
    return new Contribution(new MetricSums(0), values, new Moments[0]);
  }

  private Runnable update(Optimizer optimizer) {
    OptimizerState state = optimizer.newState(PARAMETERS);
    return () ->
        optimizer.update(NETWORK.layout(), parameters, gradient, state, 0, PARAMETERS, RATE, 1);
  }

  /** The pass. */
  @Benchmark
  public float[] pass() {
    pass.run();
    return parameters;
  }
}
