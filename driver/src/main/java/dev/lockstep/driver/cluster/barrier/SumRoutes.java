package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * Who sends which sum to whom when processes ("stations") hold shards and the driver holds none:
 * the same on every machine, from the places of the shards alone.
 *
 * <p>With few pieces in all, every station sends what its own shards add up to, straight to the
 * driver. Otherwise a node of the {@link ShardTree} belongs to the station with its leftmost shard,
 * and the sum of a right child travels to the owner of its parent: a binomial tree, in which every
 * piece travels once. The driver receives the root's two children, or the root where both have one
 * owner, so at most {@link #DIRECT_PIECES} gradients however many shards and stations there are.
 *
 * <p>Parameters travel down a tree of stations in which nobody sends more than {@link #FAN_OUT}
 * copies.
 */
final class SumRoutes {
  /** Stands for the driver where a station's number is expected. */
  static final int DRIVER = -1;

  /** Pieces that the driver takes without a tree of stations. */
  static final int DIRECT_PIECES = 3;

  /** Copies of the parameters that the driver and each station send. */
  static final int FAN_OUT = 3;

  private static final int SEVERAL = -2;

  /**
   * A sum that leaves a station.
   *
   * @param node what it covers
   * @param destination number of the station that it goes to, or {@link #DRIVER}
   */
  record Exit(Node node, int destination) {}

  private final ShardTree tree;
  private final int[] stationOfShard;
  private final int stations;
  private final List<List<Exit>> exits = new ArrayList<>();
  private final boolean direct;

  /**
   * Routes for shards in given places.
   *
   * @param stationOfShard number of the station that holds each shard, [shards]
   * @param stations number of stations
   */
  SumRoutes(ShardTree tree, int[] stationOfShard, int stations) {
    this.tree = tree;
    this.stationOfShard = stationOfShard.clone();
    this.stations = stations;
    int pieces = wholeNodes();
    this.direct = pieces <= DIRECT_PIECES;
    if (!direct) {
      treeExits();
    }
  }

  /** Whether all stations send to the driver and none to another. */
  boolean direct() {
    return direct;
  }

  /** What leaves a station, in a fixed order. */
  List<Exit> exits(int station) {
    return exits.get(station);
  }

  /** The nodes that others send to a station. */
  List<Node> arrivals(int station) {
    List<Node> arrivals = new ArrayList<>();
    for (List<Exit> ofOne : exits) {
      for (Exit exit : ofOne) {
        if (exit.destination() == station) {
          arrivals.add(exit.node());
        }
      }
    }
    return arrivals;
  }

  /** The stations that the driver or a station sends the parameters to. */
  int[] children(int station) {
    // Only without a port of their own do stations get everything from the driver.
    int first = direct && station == DRIVER ? 0 : FAN_OUT * (station + 1);
    int past = direct ? (station == DRIVER ? stations : 0) : Math.min(first + FAN_OUT, stations);
    int[] children = new int[Math.max(0, past - first)];
    for (int i = 0; i < children.length; i++) {
      children[i] = first + i;
    }
    return children;
  }

  /** Exits for sums that need nothing from other stations; returns how many there are. */
  private int wholeNodes() {
    clear();
    int[] owner = stationOfShard.clone();
    int pieces = 0;
    for (int level = 0; level <= tree.height(); level++) {
      int above = level < tree.height() ? tree.width(level + 1) : 0;
      int[] parents = new int[above];
      for (int index = 0; index < tree.width(level); index++) {
        Node node = new Node(level, index);
        boolean top = level == tree.height();
        Node sibling = top ? node : node.sibling();
        boolean together =
            !top && (!tree.contains(sibling) || owner[sibling.index()] == owner[index]);
        if (!top) {
          parents[index >> 1] = together ? owner[index] : SEVERAL;
        }
        if (!together && owner[index] != SEVERAL) {
          exits.get(owner[index]).add(new Exit(node, DRIVER));
          pieces++;
        }
      }
      owner = parents;
    }
    return pieces;
  }

  /** Exits along the binomial tree. */
  private void treeExits() {
    clear();
    int rootsRight = 1 << (tree.height() - 1);
    for (int shard = 1; shard < tree.shards(); shard++) {
      int parent = shard & (shard - 1);
      int from = stationOfShard[shard];
      if (stationOfShard[parent] != from) {
        int level = Integer.numberOfTrailingZeros(shard);
        exits
            .get(from)
            .add(
                new Exit(
                    new Node(level, shard >> level),
                    shard == rootsRight ? DRIVER : stationOfShard[parent]));
      }
    }
    boolean together = stationOfShard[0] == stationOfShard[rootsRight];
    exits
        .get(stationOfShard[0])
        .add(new Exit(together ? tree.root() : new Node(tree.height() - 1, 0), DRIVER));
  }

  private void clear() {
    exits.clear();
    for (int station = 0; station < stations; station++) {
      exits.add(new ArrayList<>());
    }
  }
}
