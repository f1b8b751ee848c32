package dev.lockstep.trainer.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;

class TreeSumTest {
  private static final int PARAMETERS = 5;
  private static final ExecutorService THREADS = Executors.newFixedThreadPool(3);

  @AfterContainer
  static void stopThreads() {
    THREADS.shutdownNow();
  }

  /**
   * Contributions with gradients of very different size, so that every other order of addition
   * gives other bits; a third of the shards is empty where wanted.
   */
  private static Contribution contribution(long seed, int shard, boolean withGaps) {
    Random random = new Random(seed * 1000 + shard);
    Contribution contribution = new Contribution(PARAMETERS, new int[] {2});
    boolean isEmpty = withGaps && random.nextInt(3) == 0;
    for (int i = 0; i < PARAMETERS; i++) {
      float noise = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(8) - 4));
      contribution.gradient()[i] = isEmpty ? Float.NaN : noise;
    }
    if (!isEmpty) {
      contribution
          .metrics()
          .addClass(1, random.nextInt(2), 1 + random.nextDouble(), random.nextDouble());
      contribution.moments()[0].add(
          new float[] {(float) random.nextGaussian(), 1e3f * random.nextFloat()}, 0);
    }
    return contribution;
  }

  /**
   * The definition: a node is its left child plus its right child, where they cover a shard and are
   * not empty.
   */
  private static Contribution direct(long seed, int shards, Node node, boolean withGaps) {
    if (node.level() == 0) {
      return contribution(seed, node.index(), withGaps);
    }
    int half = 1 << (node.level() - 1);
    Contribution left =
        direct(seed, shards, new Node(node.level() - 1, 2 * node.index()), withGaps);
    if ((2 * node.index() + 1) * half >= shards) {
      return left;
    }
    Contribution right =
        direct(seed, shards, new Node(node.level() - 1, 2 * node.index() + 1), withGaps);
    if (right.isEmpty()) {
      return left;
    }
    if (left.isEmpty()) {
      return right;
    }
    left.merge(right);
    return left;
  }

  private static Contribution direct(long seed, int shards, boolean withGaps) {
    int level = 0;
    while (1 << level < shards) {
      level++;
    }
    return direct(seed, shards, new Node(level, 0), withGaps);
  }

  private static void assertSameBits(Contribution actual, Contribution expected) {
    assertThat(bits(actual.gradient())).isEqualTo(bits(expected.gradient()));
    assertThat(actual.metrics().examples()).isEqualTo(expected.metrics().examples());
    assertThat(actual.metrics().correct()).isEqualTo(expected.metrics().correct());
    assertThat(actual.metrics().lossSum()).isEqualTo(expected.metrics().lossSum());
    assertThat(actual.metrics().weight()).isEqualTo(expected.metrics().weight());
    assertThat(actual.moments()[0].count()).isEqualTo(expected.moments()[0].count());
    assertThat(actual.moments()[0].mean()).isEqualTo(expected.moments()[0].mean());
    assertThat(actual.moments()[0].squaredDeviations())
        .isEqualTo(expected.moments()[0].squaredDeviations());
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToIntBits(values[i]));
    return bits;
  }

  private static List<Integer> shuffled(int shards, Random random) {
    List<Integer> order = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      order.add(shard);
    }
    Collections.shuffle(order, random);
    return order;
  }

  @Property(tries = 300)
  void totalIsTheSameToTheBitForEveryOrderOfArrival(
      @ForAll @IntRange(min = 1, max = 70) int shards,
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll boolean withGaps) {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(shards), unused -> {});
    for (int shard : shuffled(shards, new Random(seed))) {
      sum.add(Node.leaf(shard), contribution(seed, shard, withGaps));
    }
    assertSameBits(sum.total(), direct(seed, shards, withGaps));
  }

  @Example
  void totalIsTheSameToTheBitForEveryNumberOfShards() {
    for (int shards = 1; shards <= 70; shards++) {
      TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(shards), unused -> {});
      for (int shard = shards - 1; shard >= 0; shard--) {
        sum.add(Node.leaf(shard), contribution(7, shard, false));
      }
      assertSameBits(sum.total(), direct(7, shards, false));
    }
  }

  @Property(tries = 200)
  void totalIsTheSameToTheBitFromSeveralThreads(
      @ForAll @IntRange(min = 1, max = 70) int shards,
      @ForAll @IntRange(min = 0, max = 1000) int seed)
      throws Exception {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(shards), unused -> {});
    List<Integer> order = shuffled(shards, new Random(seed));
    CountDownLatch start = new CountDownLatch(1);
    List<Future<?>> adders = new ArrayList<>();
    for (int thread = 0; thread < 3; thread++) {
      int first = thread;
      adders.add(
          THREADS.submit(
              () -> {
                start.await();
                for (int i = first; i < shards; i += 3) {
                  sum.add(Node.leaf(order.get(i)), contribution(seed, order.get(i), true));
                }
                return null;
              }));
    }
    start.countDown();
    for (Future<?> adder : adders) {
      adder.get();
    }
    assertSameBits(sum.total(), direct(seed, shards, true));
  }

  /**
   * As a cluster does: tasks hold contiguous ranges of shards and send their pieces, which meet at
   * nodes of some level, whose sums meet on the driver.
   */
  @Property(tries = 300)
  void totalIsTheSameToTheBitThroughTasksAndMiddleNodes(
      @ForAll @IntRange(min = 1, max = 70) int shards,
      @ForAll @IntRange(min = 1, max = 9) int tasks,
      @ForAll @IntRange(min = 0, max = 7) int wantedLevel,
      @ForAll @IntRange(min = 0, max = 1000) int seed) {
    ShardTree tree = new ShardTree(shards);
    Random random = new Random(seed);
    int level = Math.min(wantedLevel, tree.height());
    int[] ends = random.ints(tasks - 1, 0, shards + 1).sorted().toArray();
    List<Map.Entry<Node, Contribution>> pieces = new ArrayList<>();
    int start = 0;
    for (int task = 0; task < tasks; task++) {
      int end = task == tasks - 1 ? shards : ends[task];
      TreeSum<Contribution> own = new TreeSum<>(tree, unused -> {});
      List<Integer> order = shuffled(end - start, random);
      for (int place : order) {
        own.add(Node.leaf(start + place), contribution(seed, start + place, true));
      }
      Map<Node, Contribution> found = own.pieces();
      assertThat(found.size())
          .as("pieces of a contiguous range")
          .isLessThanOrEqualTo(2 * (tree.height() + 1));
      pieces.addAll(found.entrySet());
      start = end;
    }
    Collections.shuffle(pieces, random);
    TreeSum<Contribution> total = new TreeSum<>(tree, unused -> {});
    Map<Node, TreeSum<Contribution>> middle = new java.util.HashMap<>();
    for (Map.Entry<Node, Contribution> piece : pieces) {
      if (piece.getKey().level() > level) {
        total.add(piece.getKey(), piece.getValue());
      } else {
        Node top = piece.getKey().ancestor(level);
        middle
            .computeIfAbsent(top, node -> new TreeSum<>(tree, node, unused -> {}))
            .add(piece.getKey(), piece.getValue());
      }
    }
    middle.forEach((top, sum) -> total.add(top, sum.total()));
    assertSameBits(total.total(), direct(seed, shards, true));
  }

  @Property(tries = 200)
  void recyclerGetsEveryObjectButTheTotalExactlyOnce(
      @ForAll @IntRange(min = 1, max = 70) int shards,
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll boolean withGaps) {
    Set<Contribution> recycled = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Contribution> added = Collections.newSetFromMap(new IdentityHashMap<>());
    TreeSum<Contribution> sum =
        new TreeSum<>(new ShardTree(shards), right -> assertThat(recycled.add(right)).isTrue());
    for (int shard : shuffled(shards, new Random(seed))) {
      Contribution contribution = contribution(seed, shard, withGaps);
      added.add(contribution);
      sum.add(Node.leaf(shard), contribution);
    }
    added.remove(sum.total());
    assertThat(recycled).isEqualTo(added);
  }

  @Example
  void emptyContributionsOnlyGiveAnEmptyTotal() {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(5), unused -> {});
    for (int shard = 0; shard < 5; shard++) {
      sum.add(Node.leaf(shard), new Contribution(PARAMETERS, new int[0]));
    }
    assertThat(sum.total().isEmpty()).isTrue();
  }

  @Example
  void unfinishedSumHasNoTotal() {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(3), unused -> {});
    assertThatThrownBy(sum::total).isInstanceOf(IllegalStateException.class);
    sum.add(Node.leaf(0), contribution(1, 0, false));
    sum.add(Node.leaf(2), contribution(1, 2, false));
    assertThatThrownBy(sum::total)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not complete");
  }

  @Example
  void shardThatArrivesTwiceIsNoticed() {
    TreeSum<Contribution> early = new TreeSum<>(new ShardTree(4), unused -> {});
    early.add(Node.leaf(1), contribution(1, 1, false));
    assertThatThrownBy(() -> early.add(Node.leaf(1), contribution(1, 1, false)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("twice");
    TreeSum<Contribution> late = new TreeSum<>(new ShardTree(4), unused -> {});
    for (int shard = 0; shard < 4; shard++) {
      late.add(Node.leaf(shard), contribution(1, shard, false));
    }
    late.add(Node.leaf(1), contribution(1, 1, false));
    assertThatThrownBy(late::total).isInstanceOf(IllegalStateException.class);
  }

  @Example
  void nodesOutsideTheSumAreRefused() {
    ShardTree tree = new ShardTree(5);
    for (Node stray :
        new Node[] {
          Node.leaf(5),
          Node.leaf(-1),
          new Node(3, 1),
          new Node(4, 0),
          new Node(40, 0),
          new Node(-1, 0)
        }) {
      assertThatThrownBy(
              () ->
                  new TreeSum<Contribution>(tree, unused -> {})
                      .add(stray, contribution(1, 0, false)))
          .as(stray.toString())
          .isInstanceOf(IllegalArgumentException.class);
    }
    TreeSum<Contribution> half = new TreeSum<>(tree, new Node(1, 0), unused -> {});
    assertThatThrownBy(() -> half.add(Node.leaf(2), contribution(1, 0, false)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> half.add(new Node(2, 0), contribution(1, 0, false)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 200)
  void treeCoversEveryShardOnce(@ForAll @IntRange(min = 1, max = 5000) int shards) {
    ShardTree tree = new ShardTree(shards);
    assertThat(1L << tree.height()).isGreaterThanOrEqualTo(shards);
    assertThat(shards == 1 || 1L << (tree.height() - 1) < shards).isTrue();
    for (int level = 0; level <= tree.height(); level++) {
      int width = (int) ((shards + (1L << level) - 1) >> level);
      assertThat(tree.width(level)).isEqualTo(width);
      assertThat(tree.contains(new Node(level, width - 1))).isTrue();
      assertThat(tree.contains(new Node(level, width))).isFalse();
    }
    assertThat(tree.contains(tree.root())).isTrue();
  }

  @Example
  void familyOfANode() {
    Node node = new Node(1, 6);
    assertThat(node.parent()).isEqualTo(new Node(2, 3));
    assertThat(node.sibling()).isEqualTo(new Node(1, 7));
    assertThat(node.isLeft()).isTrue();
    assertThat(node.sibling().isLeft()).isFalse();
    assertThat(node.ancestor(1)).isEqualTo(node);
    assertThat(node.ancestor(3)).isEqualTo(new Node(3, 1));
    assertThatThrownBy(() -> new ShardTree(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
