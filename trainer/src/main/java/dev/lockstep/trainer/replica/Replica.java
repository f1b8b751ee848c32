package dev.lockstep.trainer.replica;

import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.augment.Augmenter;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.network.NetworkBuffers;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ExampleResults;
import dev.lockstep.trainer.reduce.StatisticsExchange;

/**
 * One thread's copy of the network at work: gathers rows, augments them where they are for a
 * training step, runs forward, loss and backward, and leaves sums in a {@link Contribution}. Knows
 * nothing of clusters or optimizers, and of other shards only the exchange where it meets them.
 *
 * <p>Its memory grows to the largest slice seen (with some room to spare) and is reused from step
 * to step. Belongs to one thread at a time.
 */
public final class Replica {
  private final Network network;
  private final Loss loss;
  private final long seed;
  private final Augmenter augmenter;
  private final Pass pass;
  private NetworkBuffers buffers;
  private float[] targets = new float[0];
  private float[] weights = new float[0];
  private long[] indices = new long[0];

  /** A replica that trains on the examples as they are. */
  public Replica(Network network, Loss loss, long seed) {
    this(network, loss, seed, AugmentationPlan.NONE);
  }

  /**
   * A replica of {@code network} under {@code loss}, in a run with this seed.
   *
   * @param augmentation what happens to examples before a training step
   */
  public Replica(Network network, Loss loss, long seed, AugmentationPlan augmentation) {
    this.network = network;
    this.loss = loss;
    this.seed = seed;
    this.augmenter = augmentation.newAugmenter(seed);
    this.pass = new Pass(network.layout());
  }

  /** An empty contribution of the right size. */
  public Contribution newContribution() {
    return new Contribution(network.layout().trainableLength(), network.batchNormColumns());
  }

  /**
   * Computes what the rows {@code order[from .. to)} of {@code examples} give to one step, where
   * they are the whole mini-batch or no layer needs to know the rest.
   *
   * @param parameters θ, read
   * @param examples the shard
   * @param order row numbers; their order is the order of the rows in every sum
   * @param step step counted from 1
   * @param epoch epoch counted from 1, which decides how the rows are augmented
   * @param contribution overwritten; empty when there are no rows
   */
  public void compute(
      ParameterVector parameters,
      Examples examples,
      int[] order,
      int from,
      int to,
      long step,
      int epoch,
      Contribution contribution) {
    compute(parameters, new Slice(0, examples, order, from, to), step, epoch, null, contribution);
  }

  /**
   * Computes what one shard's slice of a mini-batch gives to a step.
   *
   * @param parameters θ, read
   * @param slice whose rows; their order is the order of the rows in every sum
   * @param step step counted from 1
   * @param epoch epoch counted from 1, which decides how the rows are augmented
   * @param exchange where layers with synchronized moments meet those of the other shards, which
   *     must be at work at the same time; null where the network has none, or the slice is all
   * @param contribution overwritten; empty when there are no rows
   */
  public void compute(
      ParameterVector parameters,
      Slice slice,
      long step,
      int epoch,
      StatisticsExchange exchange,
      Contribution contribution) {
    contribution.clear();
    Examples examples = slice.examples();
    int[] order = slice.order();
    int from = slice.from();
    int rows = slice.to() - from;
    if (rows == 0) {
      if (exchange != null) {
        exchange.skip(slice.shard());
      }
      return;
    }
    reserve(rows);
    for (int row = 0; row < rows; row++) {
      gather(examples, order[from + row], row);
      augmenter.apply(epoch, indices[row], buffers.input(), row * examples.featureCount());
    }
    pass.train(
        parameters.values(),
        seed,
        step,
        indices,
        rows,
        contribution.gradient(),
        contribution.moments());
    pass.meet(exchange, slice.shard());
    network.forward(pass, buffers);
    loss.evaluate(
        buffers.output(), rows, targets, weights, buffers.outputGradient(), contribution.metrics());
    network.backward(pass, buffers);
  }

  /**
   * Gives loss and answers of all rows of {@code examples} to {@code results} in order, without
   * augmentation and dropout, and with running statistics.
   */
  public void evaluate(ParameterVector parameters, Examples examples, ExampleResults results) {
    int room = network.evaluationRows();
    reserve(room);
    for (int start = 0; start < examples.count(); start += room) {
      int rows = Math.min(room, examples.count() - start);
      for (int row = 0; row < rows; row++) {
        gather(examples, start + row, row);
      }
      pass.evaluate(parameters.values(), rows);
      network.forward(pass, buffers);
      loss.evaluate(buffers.output(), rows, targets, weights, null, results);
    }
  }

  private void gather(Examples examples, int source, int row) {
    int width = examples.featureCount();
    System.arraycopy(examples.features(), source * width, buffers.input(), row * width, width);
    targets[row] = examples.targets()[source];
    weights[row] = examples.weight(source);
    indices[row] = examples.index(source);
  }

  private void reserve(int rows) {
    if (buffers != null && buffers.maxRows() >= rows) {
      return;
    }
    int room = rows + rows / 4;
    buffers = new NetworkBuffers(network, room, true);
    targets = new float[room];
    weights = new float[room];
    indices = new long[room];
  }
}
