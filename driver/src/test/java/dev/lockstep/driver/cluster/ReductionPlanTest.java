package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReductionPlanTest {
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
      pieces.putAll(sum.pieces());
    }
    assertThat(pieces)
        .as("pieces leaving the tasks")
        .hasSize(ReductionPlan.pieces(tree, partitions));
    for (int level : ReductionPlan.shuffleLevels(tree, partitions)) {
      pieces = shuffle(tree, pieces, level);
    }
    assertThat(pieces.size())
        .as("pieces that reach the driver")
        .isLessThanOrEqualTo(ReductionPlan.DIRECT_PIECES);
    TreeSum<Formula> total = new TreeSum<>(tree, merged -> {});
    pieces.forEach(total::add);
    assertThat(total.total().text).isEqualTo(byDefinition(tree, tree.root()));
  }

  private static Map<Node, Formula> shuffle(ShardTree tree, Map<Node, Formula> pieces, int level) {
    Map<Integer, TreeSum<Formula>> reducers = new HashMap<>();
    pieces.forEach(
        (node, piece) -> {
          int reducer = ReductionPlan.reducer(node, level);
          assertThat(reducer).isBetween(0, tree.width(level) - 1);
          reducers
              .computeIfAbsent(
                  reducer,
                  key ->
                      new TreeSum<>(tree, ReductionPlan.gatheringNode(node, level), merged -> {}))
              .add(node, piece);
        });
    Map<Node, Formula> gathered = new HashMap<>();
    reducers.values().forEach(sum -> gathered.putAll(sum.pieces()));
    return gathered;
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

  @ParameterizedTest
  @ValueSource(ints = {16, 64, 256, 1024})
  void manyPartitionsLeaveTwoGradientsForTheDriverAndFewForAnyReducer(int partitions) {
    ShardTree tree = new ShardTree(partitions);
    List<Integer> levels = new ArrayList<>(ReductionPlan.shuffleLevels(tree, partitions));
    assertThat(tree.width(levels.get(levels.size() - 1))).isEqualTo(2);
    int below = 0;
    for (int level : levels) {
      assertThat(1 << (level - below))
          .as("pieces that meet at level %d", level)
          .isLessThanOrEqualTo(ReductionPlan.FAN_IN);
      below = level;
    }
  }

  @Test
  void fewPartitionsNeedNoShuffle() {
    assertThat(ReductionPlan.shuffleLevels(new ShardTree(4), 4)).isEmpty();
    assertThat(ReductionPlan.shuffleLevels(new ShardTree(64), 2)).isEmpty();
    assertThat(ReductionPlan.shuffleLevels(new ShardTree(1), 1)).isEmpty();
  }
}
