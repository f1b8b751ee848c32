package dev.lockstep.driver.cluster;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.datasets.pack.FloatBlocks;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.reduce.ShardTree.Node;

/** Kryo serializers of everything that crosses the wire during training. */
final class WireFormats {
  private WireFormats() {}

  /** The flat parameter vector. */
  static final class ParameterVectorFormat extends Serializer<ParameterVector> {
    @Override
    public void write(Kryo kryo, Output output, ParameterVector vector) {
      writeFloats(output, vector.values());
    }

    @Override
    public ParameterVector read(Kryo kryo, Input input, Class<ParameterVector> type) {
      return new ParameterVector(readFloats(input));
    }
  }

  /** Metrics, gradient, moments. */
  static final class ContributionFormat extends Serializer<Contribution> {
    private final MetricSumsFormat metricsFormat = new MetricSumsFormat();

    @Override
    public void write(Kryo kryo, Output output, Contribution contribution) {
      int length = contribution.gradient().length;
      write(kryo, output, contribution, 0, length, contribution.moments());
    }

    /** Writes a contribution as if its gradient were {@code from .. to - 1} of what it is. */
    void write(
        Kryo kryo, Output output, Contribution contribution, int from, int to, Moments[] moments) {
      metricsFormat.write(kryo, output, contribution.metrics());
      output.writeLong(contribution.computeNanos());
      writeFloats(output, contribution.gradient(), from, to);
      output.writeInt(moments.length);
      for (Moments layer : moments) {
        writeMoments(output, layer);
      }
    }

    @Override
    public Contribution read(Kryo kryo, Input input, Class<Contribution> type) {
      MetricSums metrics = metricsFormat.read(kryo, input, MetricSums.class);
      long computeNanos = input.readLong();
      float[] gradient = readFloats(input);
      Moments[] moments = new Moments[input.readInt()];
      for (int layer = 0; layer < moments.length; layer++) {
        moments[layer] = readMoments(input);
      }
      Contribution contribution = new Contribution(metrics, gradient, moments);
      contribution.addComputeNanos(computeNanos);
      return contribution;
    }
  }

  /** Sums of loss and metrics. */
  static final class MetricSumsFormat extends Serializer<MetricSums> {
    @Override
    public void write(Kryo kryo, Output output, MetricSums sums) {
      output.writeLong(sums.examples());
      output.writeDouble(sums.weight());
      output.writeDouble(sums.lossSum());
      output.writeLong(sums.correct());
      output.writeDouble(sums.squaredErrorSum());
      output.writeDouble(sums.absoluteErrorSum());
      writeMoments(output, sums.target());
      output.writeInt(sums.confusionClasses());
      output.writeLongs(sums.confusion());
    }

    @Override
    public MetricSums read(Kryo kryo, Input input, Class<MetricSums> type) {
      long examples = input.readLong();
      double weight = input.readDouble();
      double loss = input.readDouble();
      long correct = input.readLong();
      double squaredError = input.readDouble();
      double absoluteError = input.readDouble();
      Moments target = readMoments(input);
      int classes = input.readInt();
      long[] confusion = input.readLongs(classes * classes);
      return MetricSums.of(
          examples, weight, loss, correct, squaredError, absoluteError, target, classes, confusion);
    }
  }

  /** A partial sum with its place in the tree. */
  static final class ShardSumFormat<T extends Mergeable<T>> extends Serializer<ShardSum<T>> {
    @Override
    public void write(Kryo kryo, Output output, ShardSum<T> piece) {
      output.writeInt(piece.node().level());
      output.writeInt(piece.node().index());
      kryo.writeClassAndObject(output, piece.sum());
    }

    @Override
    @SuppressWarnings("unchecked") // What was written as a ShardSum<T> holds a T.
    public ShardSum<T> read(Kryo kryo, Input input, Class<ShardSum<T>> type) {
      Node node = new Node(input.readInt(), input.readInt());
      return new ShardSum<>(node, (T) kryo.readClassAndObject(input));
    }
  }

  /** A partial sum over a range of the gradient: what arrives holds the range alone. */
  static final class RangeSumFormat extends Serializer<RangeSum> {
    private static final Moments[] NO_MOMENTS = {};

    private final ContributionFormat contributionFormat = new ContributionFormat();

    @Override
    public void write(Kryo kryo, Output output, RangeSum part) {
      output.writeInt(part.node().level());
      output.writeInt(part.node().index());
      output.writeInt(part.range());
      Moments[] moments = part.range() == 0 ? part.sum().moments() : NO_MOMENTS;
      contributionFormat.write(kryo, output, part.sum(), part.from(), part.to(), moments);
    }

    @Override
    public RangeSum read(Kryo kryo, Input input, Class<RangeSum> type) {
      Node node = new Node(input.readInt(), input.readInt());
      int range = input.readInt();
      Contribution sum = contributionFormat.read(kryo, input, Contribution.class);
      return new RangeSum(node, range, sum, 0, sum.gradient().length);
    }
  }

  private static void writeFloats(Output output, float[] values) {
    writeFloats(output, values, 0, values.length);
  }

  private static void writeFloats(Output output, float[] values, int from, int to) {
    output.writeInt(to - from);
    FloatBlocks.write(output, values, from, to - from);
  }

  private static float[] readFloats(Input input) {
    return FloatBlocks.read(input, input.readInt());
  }

  private static void writeMoments(Output output, Moments moments) {
    output.writeLong(moments.count());
    output.writeInt(moments.columns());
    output.writeDoubles(moments.mean());
    output.writeDoubles(moments.squaredDeviations());
  }

  private static Moments readMoments(Input input) {
    long count = input.readLong();
    int columns = input.readInt();
    return new Moments(count, input.readDoubles(columns), input.readDoubles(columns));
  }
}
