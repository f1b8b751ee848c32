package dev.lockstep.driver.bench;

import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.MaxPool;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A network, its mini-batch and the number of examples, to be trained with Adam at a rate of 1e-3
 * on synthetic examples of ten classes.
 *
 * @param name as in tables
 * @param layers the network
 * @param inputShape shape of one example
 * @param batchSize examples of a mini-batch
 * @param examples examples of an epoch, at least {@code batchSize}
 */
public record Workload(
    String name, List<LayerSpec> layers, Shape inputShape, int batchSize, int examples) {
  /** Classes of every workload. */
  static final int CLASSES = 10;

  /** Seed of weights, order and dropout. */
  static final long SEED = 1;

  private static final double KEEP = 0.5;
  private static final int PIXELS = 784;
  private static final int SIZES_FEATURES = 1000;
  private static final int SIZES_EXAMPLES = 8192;

  /** Takes an immutable copy. */
  public Workload {
    layers = List.copyOf(layers);
  }

  /** The five workloads that other programs were measured on too. */
  public static List<Workload> standard() {
    return List.of(
        new Workload("W1", dense(256, 128), Shape.vector(PIXELS), 128, 20_000),
        new Workload("W2", dense(256, 128), Shape.vector(PIXELS), 1024, 20_000),
        new Workload("W3", normalized(1024, 1024), Shape.vector(PIXELS), 256, 20_000),
        new Workload("W4", convolutional(), new Shape(28, 28, 1), 128, 20_000),
        new Workload("W5", dense(3000, 2000), Shape.vector(1000), 512, 6_000));
  }

  /**
   * Dense networks on 1,000 features with about 2·10⁴, 2·10⁵, 2·10⁶ and 10⁷ parameters, to see what
   * steps of a size cost.
   *
   * @param batchSize examples of a mini-batch
   */
  public static List<Workload> sizes(int batchSize) {
    return List.of(
        size("20 k", batchSize, 20),
        size("200 k", batchSize, 200),
        size("2 M", batchSize, 1000, 1000),
        size("10 M", batchSize, 3000, 2330));
  }

  private static Workload size(String name, int batchSize, int... widths) {
    return new Workload(
        name, dense(widths), Shape.vector(SIZES_FEATURES), batchSize, SIZES_EXAMPLES);
  }

  /** Dense layers of these widths with relu between them, and ten outputs. */
  static List<LayerSpec> dense(int... widths) {
    List<LayerSpec> layers = new ArrayList<>();
    for (int width : widths) {
      layers.add(dense(width));
      layers.add(new Relu());
    }
    layers.add(dense(CLASSES));
    return layers;
  }

  private static List<LayerSpec> normalized(int... widths) {
    List<LayerSpec> layers = new ArrayList<>();
    for (int width : widths) {
      layers.add(dense(width));
      layers.add(new BatchNorm());
      layers.add(new Relu());
      layers.add(new Dropout(KEEP));
    }
    layers.add(dense(CLASSES));
    return layers;
  }

  private static List<LayerSpec> convolutional() {
    List<LayerSpec> layers = new ArrayList<>();
    for (int filters : new int[] {32, 64}) {
      layers.add(
          new Conv2d(
              filters, 3, Conv2d.DEFAULT_STRIDE, Padding.SAME, Dense.DEFAULT_INITIALIZER, null));
      layers.add(new BatchNorm());
      layers.add(new Relu());
      layers.add(new MaxPool(2));
    }
    layers.add(new Flatten());
    layers.add(dense(128));
    layers.add(new Relu());
    layers.add(new Dropout(KEEP));
    layers.add(dense(CLASSES));
    return layers;
  }

  private static Dense dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  /** The same with another mini-batch. */
  Workload withBatchSize(int other) {
    return new Workload(name, layers, inputShape, other, examples);
  }

  /** The network bound to its input. */
  public Network network() {
    return new Network(layers, inputShape);
  }

  /** The optimizer of every workload. */
  public Optimizer optimizer() {
    return new Optimizer.Adam(1e-3, 0.9, 0.999, 1e-8);
  }

  /** What replicas need to know of a run over this many shards. */
  public ReplicaBlueprint blueprint(int shards) {
    return new ReplicaBlueprint(
        UUID.randomUUID().toString(),
        layers,
        inputShape,
        new LossSpec.SoftmaxCrossEntropy(),
        CLASSES,
        SEED,
        new BatchPlan(examples, batchSize, true, SEED),
        shards);
  }

  /** The examples. */
  SyntheticExamples data() {
    return new SyntheticExamples(examples, inputShape.size(), CLASSES);
  }
}
