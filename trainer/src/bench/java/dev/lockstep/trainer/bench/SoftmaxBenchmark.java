package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.loss.SoftmaxCrossEntropyLoss;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Softmax cross-entropy with its gradient over few and many classes, in one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SoftmaxBenchmark {
  /** Logits of all rows together. */
  static final int VALUES = 16_000;

  @Param({"10", "1000"})
  private int classes;

  private SoftmaxCrossEntropyLoss loss;
  private float[] logits;
  private float[] targets;
  private float[] weights;
  private float[] gradient;
  private MetricSums sums;

  /** Checks loss and gradient against plain float64. */
  @Setup
  public void setUp() {
    int rows = VALUES / classes;
    loss = new SoftmaxCrossEntropyLoss(classes);
    logits = Checks.normal(VALUES, 9);
    targets = new float[rows];
    weights = new float[rows];
    gradient = new float[VALUES];
    Arrays.fill(weights, 1f);
    sums = new MetricSums(0);
    double expected = 0.0;
    for (int row = 0; row < rows; row++) {
      targets[row] = row * 7 % classes;
    }
    evaluate();
    for (int row = 0; row < rows; row++) {
      double total = 0.0;
      for (int k = 0; k < classes; k++) {
        total += Math.exp(logits[row * classes + k]);
      }
      expected += Math.log(total) - logits[row * classes + (int) targets[row]];
      for (int k = 0; k < classes; k++) {
        double share = Math.exp(logits[row * classes + k]) / total;
        double slope = k == (int) targets[row] ? share - 1.0 : share;
        Checks.near("a gradient", gradient[row * classes + k], slope, 1e-6);
      }
    }
    Checks.near("the loss", sums.meanLoss(), expected / rows, 1e-6);
  }

  /** Loss and gradient. */
  @Benchmark
  public float[] evaluate() {
    loss.evaluate(logits, VALUES / classes, targets, weights, gradient, sums);
    return gradient;
  }
}
