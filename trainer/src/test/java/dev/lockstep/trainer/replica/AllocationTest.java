package dev.lockstep.trainer.replica;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.optimizer.UpdateWorkspace;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Once warm, a step reuses its memory; the virtual machine's own counter says so. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int WARM_STEPS = 1000;
  private static final int STEPS = 200;
  private static final int ROWS = 8;
  private static final int CLASSES = 3;

  /** Some dozens of small objects; how many the compiler does without differs from run to run. */
  private static final int FEW_BYTES = 4096;

  private interface Step {
    void take(int number);
  }

  /**
   * Bytes that the calling thread allocates in a step: the fewest of several spells, since the
   * compiler and the measurement have their share of some.
   */
  private static long bytesPerStep(Step step) {
    long self = Thread.currentThread().getId();
    int number = 0;
    while (number < WARM_STEPS) {
      step.take(++number);
    }
    long fewest = Long.MAX_VALUE;
    for (int spell = 0; spell < 10; spell++) {
      long before = THREADS.getThreadAllocatedBytes(self);
      for (int i = 0; i < STEPS; i++) {
        step.take(++number);
      }
      fewest = Math.min(fewest, THREADS.getThreadAllocatedBytes(self) - before);
    }
    return fewest / STEPS;
  }

  private static long bytesPerReplicaStep(
      List<LayerSpec> layers, Shape shape, Examples examples, AugmentationPlan augmentation) {
    Network network = new Network(layers, shape);
    ParameterVector parameters = Samples.parameters(network, 2);
    Loss loss = new LossSpec.SoftmaxCrossEntropy(0.1, List.of(1.0, 2.0, 3.0)).bind(CLASSES);
    Replica replica = new Replica(network, loss, 5, augmentation);
    Contribution contribution = replica.newContribution();
    Slice slice = new Slice(0, examples, Samples.inOrder(ROWS), 0, ROWS);
    return bytesPerStep(step -> replica.compute(parameters, slice, step, 1, null, contribution));
  }

  @Test
  void aReplicaAllocatesNothingOnVectors() {
    Shape shape = Shape.vector(6);
    Examples examples = Samples.examples(ROWS, shape.size(), CLASSES, true, 1);
    assertThat(
            bytesPerReplicaStep(Samples.everyKind(CLASSES), shape, examples, AugmentationPlan.NONE))
        .isZero();
  }

  @Test
  void aReplicaAllocatesNothingOnImagesThatAreAugmented() {
    Shape shape = new Shape(6, 6, 1);
    double[] scale = new double[shape.size()];
    Arrays.fill(scale, 1.0);
    AugmentationPlan augmentation =
        new AugmentationPlan(
            augmentations(), shape, new double[shape.size()], scale, new boolean[shape.size()]);
    Examples examples = Samples.examples(ROWS, shape.size(), CLASSES, false, 1);
    assertThat(bytesPerReplicaStep(Samples.everyImageKind(CLASSES), shape, examples, augmentation))
        .isZero();
  }

  /**
   * All kinds; but from Java 21 on without rotation, for which StrictMath's sine and cosine make
   * arrays of their own, 32 bytes each.
   */
  private static List<Augmentation> augmentations() {
    List<Augmentation> all =
        new ArrayList<>(
            List.of(
                new Augmentation.Shift(1),
                new Augmentation.Flip(true, true),
                new Augmentation.Noise(0.1)));
    if (Runtime.version().feature() < 21) {
      all.add(new Augmentation.Rotate(10));
    }
    return all;
  }

  @Test
  void aReplicaAllocatesNothingWithPoolsAndEmbeddings() {
    Examples images = Samples.examples(ROWS, 64, CLASSES, false, 1);
    assertThat(
            bytesPerReplicaStep(
                List.of(
                    Samples.conv(3),
                    new LayerSpec.AveragePool(2),
                    new LayerSpec.GlobalAveragePool(),
                    Samples.dense(CLASSES)),
                new Shape(8, 8, 1),
                images,
                AugmentationPlan.NONE))
        .isZero();
    float[] levels = new float[ROWS * 2];
    float[] targets = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      levels[2 * row] = row % 4;
      levels[2 * row + 1] = 0.5f;
      targets[row] = row % CLASSES;
    }
    assertThat(
            bytesPerReplicaStep(
                List.of(
                    new LayerSpec.Embedding(3, List.of(new LayerSpec.Embedding.Table(0, 4))),
                    Samples.dense(CLASSES)),
                Shape.vector(2),
                new Examples(2, 0, 1, levels, targets, null),
                AugmentationPlan.NONE))
        .isZero();
  }

  /** What a whole step allocates: the few small objects that hand out work and find the sum. */
  private static long bytesPerWholeStep(int units) {
    Shape shape = Shape.vector(20);
    Network network = new Network(List.of(Samples.dense(units), Samples.dense(CLASSES)), shape);
    ParameterVector parameters = Samples.parameters(network, 2);
    Optimizer adam = new Optimizer.Adam(1e-3, 0.9, 0.999, 1e-8);
    UpdateStep update = new UpdateStep(network.layout(), new Regularization(1e-4, 1e-4), 1.0, adam);
    OptimizerState state = adam.newState(network.layout().trainableLength());
    ShardTree tree = new ShardTree(2);
    List<Slice> slices = new ArrayList<>();
    for (int shard = 0; shard < 2; shard++) {
      Examples examples = Samples.examples(ROWS, shape.size(), CLASSES, false, shard);
      slices.add(new Slice(shard, examples, Samples.inOrder(ROWS), 0, ROWS));
    }
    Loss loss = new LossSpec.SoftmaxCrossEntropy().bind(CLASSES);
    try (ThreadTeam team = new ThreadTeam("test", 1)) {
      UpdateWorkspace workspace = new UpdateWorkspace(network.layout(), team);
      ReplicaTeam replicas = new ReplicaTeam(network, loss, 1, AugmentationPlan.NONE, team);
      return bytesPerStep(
          step -> {
            TreeSum<Contribution> sum = new TreeSum<>(tree, replicas::recycle);
            replicas.compute(parameters, slices, step, 1, sum);
            Contribution total = sum.total();
            UpdateStep.Report report = update.prepare(total, parameters, workspace);
            update.apply(total, report, parameters, state, 1e-3, step, workspace);
            replicas.recycle(total);
          });
    }
  }

  @Test
  void aWholeStepAllocatesTheSameFewBytesForEveryWidth() {
    assertThat(bytesPerWholeStep(10)).isLessThan(FEW_BYTES);
    // 200 times the parameters, in several blocks: a gradient alone has 192 kB.
    assertThat(bytesPerWholeStep(2000)).isLessThan(FEW_BYTES);
  }
}
