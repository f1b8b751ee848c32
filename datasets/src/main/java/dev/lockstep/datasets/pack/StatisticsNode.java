package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.trainer.reduce.ShardTree.Node;

/** Statistics of the shards below one node of the tree, on their way to the driver. */
final class StatisticsNode implements KryoSerializable {
  private Node node;
  private SplitStatistics statistics;

  /** For Kryo. */
  StatisticsNode() {}

  StatisticsNode(Node node, SplitStatistics statistics) {
    this.node = node;
    this.statistics = statistics;
  }

  Node node() {
    return node;
  }

  SplitStatistics statistics() {
    return statistics;
  }

  @Override
  public void write(Kryo kryo, Output output) {
    output.writeInt(node.level());
    output.writeInt(node.index());
    statistics.write(kryo, output);
  }

  @Override
  public void read(Kryo kryo, Input input) {
    int level = input.readInt();
    node = new Node(level, input.readInt());
    statistics = new SplitStatistics();
    statistics.read(kryo, input);
  }
}
