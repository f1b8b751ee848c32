package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReductionPlanTest {
  private static final int W1 = 235_146;

  /** Which additions were made, in which order: "(0+1)". */
  private static final class Formula implements Mergeable<Formula> {
    private String text;

    Formula(String text) {
      this.text = text;
    }

    @Override
    public boolean isEmpty() {
      return false;
    }

    @Override
    public void merge(Formula right) {
      text = "(" + text + "+" + right.text + ")";
    }
  }

  @Property(tries = 300)
  void anyPartitioningAddsInTheSameOrder(
      @ForAll @IntRange(min = 1, max = 700) int shards,
      @ForAll @IntRange(min = 1, max = 300) int wanted) {
    ShardTree tree = new ShardTree(shards);
    int partitions = Math.min(wanted, shards);
    Map<Node, Formula> pieces = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      TreeSum<Formula> sum = new TreeSum<>(tree, merged -> {});
      int from = ReductionPlan.firstShard(tree, partition, partitions);
      int to = ReductionPlan.firstShard(tree, partition + 1, partitions);
      for (int shard = from; shard < to; shard++) {
        sum.add(Node.leaf(shard), new Formula(Integer.toString(shard)));
      }
      assertThat(sum.pieces())
          .as("pieces leaving task %d", partition)
          .hasSize(ReductionPlan.pieces(tree, from, to));
      pieces.putAll(sum.pieces());
    }
    assertThat(pieces)
        .as("pieces leaving all tasks")
        .hasSize(ReductionPlan.pieces(tree, partitions));
    TreeSum<Formula> total = new TreeSum<>(tree, merged -> {});
    pieces.forEach(total::add);
    assertThat(total.total().text).isEqualTo(byDefinition(tree, tree.root()));
  }

  private static String byDefinition(ShardTree tree, Node node) {
    if (node.level() == 0) {
      return Integer.toString(node.index());
    }
    Node left = new Node(node.level() - 1, 2 * node.index());
    Node right = left.sibling();
    return tree.contains(right)
        ? "(" + byDefinition(tree, left) + "+" + byDefinition(tree, right) + ")"
        : byDefinition(tree, left);
  }

  @Property(tries = 300)
  void rangesCoverTheGradientOnceInBoundedMessages(
      @ForAll @IntRange(min = 1, max = 2000) int partitions,
      @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int length) {
    ReductionPlan plan = ReductionPlan.of(new ShardTree(partitions), partitions, length);
    if (plan.isDirect()) {
      assertThat(length).isLessThanOrEqualTo(ReductionPlan.DIRECT_FLOATS);
      assertThat(partitions).isLessThanOrEqualTo(ReductionPlan.DIRECT_PIECES);
      return;
    }
    assertThat(plan.rangeStart(0)).isZero();
    assertThat(plan.rangeStart(plan.ranges())).isEqualTo(length);
    for (int range = 0; range < plan.ranges(); range++) {
      long elements = (long) plan.rangeStart(range + 1) - plan.rangeStart(range);
      assertThat(elements).isBetween(0L, (long) ReductionPlan.RANGE_FLOATS);
      assertThat(elements * partitions)
          .as("what one reducer receives")
          .isLessThanOrEqualTo(Math.max(ReductionPlan.REDUCER_FLOATS, length) + (long) partitions);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Few small sums go to the driver directly; more, or larger ones, in ranges.
    "2, 235146, 0",
    "3, 9025010, 0",
    "4, 235146, 1",
    "16, 235146, 2",
    "64, 235146, 8",
    "256, 235146, 29",
    "2, 100000000, 12",
    "64, 100000000, 64"
  })
  void plansOfKnownSizes(int partitions, int length, int ranges) {
    assertThat(ReductionPlan.of(new ShardTree(partitions), partitions, length).ranges())
        .isEqualTo(ranges);
  }

  @Test
  void piecesThatAreNotAlignedWithTheTreeCount() {
    // Two partitions of five shards: 0 1 | 2 3 4.
    assertThat(ReductionPlan.pieces(new ShardTree(5), 2)).isEqualTo(3);
    // Four partitions of five shards: 0 | 1 | 2 | 3 4, five pieces.
    assertThat(ReductionPlan.of(new ShardTree(5), 4, W1).isDirect()).isFalse();
  }
}
