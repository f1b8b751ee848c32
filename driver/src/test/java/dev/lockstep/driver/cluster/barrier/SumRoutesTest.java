package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SumRoutesTest {
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

  private record Parcel(int station, Node node, Formula sum) {}

  /** Shards in any places, sums arriving in any order: one formula, few pieces for the driver. */
  @Property(tries = 500)
  void anyPlacementAddsInTheSameOrder(
      @ForAll @IntRange(min = 1, max = 300) int shards,
      @ForAll @IntRange(min = 1, max = 40) int wanted,
      @ForAll long seed) {
    Random random = new Random(seed);
    int[] places = new int[shards];
    int run = 0;
    for (int shard = 0; shard < shards; shard++) {
      // Ranges, as partitions are, but with stations that come again.
      if (random.nextInt(4) == 0) {
        run = random.nextInt(wanted);
      }
      places[shard] = run;
    }
    check(places, random);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 16, 64, 256})
  void oneShardOnEachOfManyStations(int stations) {
    int[] places = new int[stations];
    Arrays.setAll(places, shard -> shard);
    check(places, new Random(stations));
  }

  private static void check(int[] places, Random random) {
    int[] stationOfShard = numbered(places);
    int stations = Arrays.stream(stationOfShard).max().getAsInt() + 1;
    ShardTree tree = new ShardTree(places.length);
    SumRoutes routes = new SumRoutes(tree, stationOfShard, stations);
    List<PieceSums<Formula>> sums = new ArrayList<>();
    for (int station = 0; station < stations; station++) {
      sums.add(
          new PieceSums<>(
              tree,
              routes.exits(station).stream().map(SumRoutes.Exit::node).toList(),
              merged -> {}));
    }
    List<Parcel> underway = new ArrayList<>();
    for (int shard = 0; shard < places.length; shard++) {
      underway.add(new Parcel(stationOfShard[shard], Node.leaf(shard), new Formula("" + shard)));
    }
    PieceSums<Formula> total = new PieceSums<>(tree, List.of(tree.root()), merged -> {});
    int reachedDriver = 0;
    int sentBetween = 0;
    boolean complete = false;
    while (!underway.isEmpty()) {
      Parcel parcel = underway.remove(random.nextInt(underway.size()));
      if (parcel.station() == SumRoutes.DRIVER) {
        assertThat(routes.arrivals(SumRoutes.DRIVER)).contains(parcel.node());
        reachedDriver++;
        complete = total.add(parcel.node(), parcel.sum()) != PieceSums.NONE;
        continue;
      }
      PieceSums<Formula> at = sums.get(parcel.station());
      int place = at.add(parcel.node(), parcel.sum());
      if (place != PieceSums.NONE) {
        SumRoutes.Exit exit = routes.exits(parcel.station()).get(place);
        underway.add(new Parcel(exit.destination(), exit.node(), at.sum(place)));
        if (exit.destination() != SumRoutes.DRIVER) {
          sentBetween++;
          assertThat(routes.arrivals(exit.destination())).contains(exit.node());
          assertThat(routes.direct()).isFalse();
        }
      }
    }
    assertThat(complete).isTrue();
    assertThat(total.sum(0).text).isEqualTo(byDefinition(tree, tree.root()));
    assertThat(reachedDriver)
        .as("pieces that reach the driver")
        .isEqualTo(routes.arrivals(SumRoutes.DRIVER).size())
        .isLessThanOrEqualTo(SumRoutes.DIRECT_PIECES);
    assertThat(sentBetween).as("pieces sent between stations").isLessThan(places.length);
    everyStationGetsTheParametersOnce(routes, stations);
  }

  private static void everyStationGetsTheParametersOnce(SumRoutes routes, int stations) {
    Set<Integer> reached = new HashSet<>();
    ArrayDeque<Integer> senders = new ArrayDeque<>(List.of(SumRoutes.DRIVER));
    while (!senders.isEmpty()) {
      int[] children = routes.children(senders.poll());
      assertThat(children.length).isLessThanOrEqualTo(SumRoutes.FAN_OUT);
      for (int child : children) {
        assertThat(reached.add(child)).as("first parameters of station %d", child).isTrue();
        senders.add(child);
      }
    }
    assertThat(reached).hasSize(stations);
  }

  /** The same places, named in the order of appearance without gaps. */
  private static int[] numbered(int[] places) {
    List<Integer> names = new ArrayList<>();
    int[] numbered = new int[places.length];
    for (int shard = 0; shard < places.length; shard++) {
      if (!names.contains(places[shard])) {
        names.add(places[shard]);
      }
      numbered[shard] = names.indexOf(places[shard]);
    }
    return numbered;
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
}
