package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.ColumnCoding;
import dev.lockstep.datasets.source.RowBuffer;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.Examples;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionPruningRDD;
import scala.Tuple2;

/**
 * Moves the rows of one location to their shards: the second pass over the rows and the one
 * shuffle. Rows travel as packed blocks; each block knows the places of its rows, so shards come
 * out in order whatever the order of arrival.
 */
final class ShardPacker {
  /** Values of features that a task holds before it sends what it has. */
  private static final long BUFFERED_VALUES = 1 << 21;

  private static final int MAX_ARRAY_LENGTH = Integer.MAX_VALUE - 8;

  private final RowPlacement placement;
  private final ShardGrid grid;
  private final int featureCount;
  private final boolean weighted;
  private final JavaPairRDD<Integer, RowBlock> blocks;

  /** Prepares the move; nothing runs before shards are asked for. */
  ShardPacker(ScannedRows rows, RowPlacement placement, LabelCoding coding, ShardGrid grid) {
    this.placement = placement;
    this.grid = grid;
    this.featureCount = rows.features().featureCount();
    this.weighted = rows.columns().weight() != null;
    for (Split split : Split.values()) {
      checkSize(grid, split, placement.rows(split), featureCount);
    }
    Packing packing =
        new Packing(placement, coding, rows.features(), grid, weighted, rows.leaveOut());
    this.blocks =
        rows.buffers()
            .mapPartitionsToPair(buffers -> new PackingIterator(buffers, packing))
            .partitionBy(new ByTarget(placement.splits() * grid.partitions()));
  }

  /** Refuses shards whose features do not fit into one array. */
  static void checkSize(ShardGrid grid, Split split, long splitRows, int featureCount) {
    long largestShard = grid.rowsOf(0, splitRows);
    if (largestShard > MAX_ARRAY_LENGTH / featureCount) {
      long mostRows = MAX_ARRAY_LENGTH / featureCount;
      throw LockstepException.usage(
          "A shard of the "
              + split.word()
              + " split would hold "
              + largestShard * featureCount
              + " values, and 2^31 - 9 is the most for one. Raise training.shards from "
              + grid.shards()
              + " to at least "
              + ((splitRows - 1) / mostRows + 1)
              + ".");
    }
  }

  /** Number of rows in a split. */
  long rows(Split split) {
    return placement.rows(split);
  }

  /** The shards of a split, normalized; computed anew each time unless they are persisted. */
  JavaRDD<Shard> shards(Split split, Normalizer normalizer) {
    int partitions = grid.partitions();
    int first = split.number() * partitions;
    ShardBuilder builder = new ShardBuilder(grid, placement.rows(split), featureCount, weighted);
    return PartitionPruningRDD.create(
            blocks.rdd(), ChosenPartitions.between(first, first + partitions))
        .toJavaRDD()
        .mapPartitionsWithIndex(
            (partition, incoming) -> {
              Preprocessing preprocessing = normalizer.toPreprocessing();
              List<Shard> shards = builder.build(partition, incoming);
              for (Shard shard : shards) {
                preprocessing.normalize(shard.examples().features(), shard.examples().count());
              }
              return shards.iterator();
            },
            true);
  }

  /** Statistics of a split's raw features, merged over shards in the fixed tree. */
  SplitStatistics statistics(Split split) {
    ShardTree tree = new ShardTree(grid.shards());
    int shardCount = grid.shards();
    ShardBuilder builder = new ShardBuilder(grid, placement.rows(split), featureCount, weighted);
    int first = split.number() * grid.partitions();
    List<StatisticsNode> nodes =
        PartitionPruningRDD.create(
                blocks.rdd(), ChosenPartitions.between(first, first + grid.partitions()))
            .toJavaRDD()
            .mapPartitionsWithIndex(
                (partition, incoming) -> {
                  TreeSum<SplitStatistics> sum =
                      new TreeSum<>(new ShardTree(shardCount), merged -> {});
                  for (Shard shard : builder.build(partition, incoming)) {
                    sum.add(Node.leaf(shard.number()), SplitStatistics.of(shard.examples()));
                  }
                  List<StatisticsNode> pieces = new ArrayList<>();
                  sum.pieces()
                      .forEach(
                          (node, statistics) -> pieces.add(new StatisticsNode(node, statistics)));
                  return pieces.iterator();
                },
                true)
            .collect();
    TreeSum<SplitStatistics> total = new TreeSum<>(tree, merged -> {});
    for (StatisticsNode node : nodes) {
      total.add(node.node(), node.statistics());
    }
    return total.total();
  }

  /** What a task of the second pass has to know. */
  private record Packing(
      RowPlacement placement,
      LabelCoding coding,
      ColumnCoding columns,
      ShardGrid grid,
      boolean weighted,
      boolean leaveOut)
      implements Serializable {}

  /** Sends each block to the partition that its key names. */
  private static final class ByTarget extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int partitions;

    ByTarget(int partitions) {
      this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object key) {
      return (Integer) key;
    }
  }

  /** Gathers the rows of a partition into blocks, keyed by the partition they go to. */
  private static final class PackingIterator implements Iterator<Tuple2<Integer, RowBlock>> {
    private final Iterator<RowBuffer> rows;
    private final Packing packing;
    private final RowPlacement.Walk walk;
    private final float[] features;
    private final TreeMap<Long, RowBlock> filling = new TreeMap<>();
    private final ArrayDeque<Tuple2<Integer, RowBlock>> ready = new ArrayDeque<>();

    PackingIterator(Iterator<RowBuffer> rows, Packing packing) {
      this.rows = rows;
      this.packing = packing;
      this.walk = packing.placement().walk();
      this.features = new float[packing.columns().featureCount()];
    }

    private void fill() {
      ShardGrid grid = packing.grid();
      long values = 0;
      while (values < BUFFERED_VALUES && rows.hasNext()) {
        RowBuffer row = rows.next();
        float target = row.problem() == null ? packing.coding().target(row.label()) : Float.NaN;
        if (Float.isNaN(target)) {
          if (!packing.leaveOut()) {
            throw RowPlacement.changed(row.file());
          }
          continue;
        }
        walk.next(row.file(), row.start());
        int shard = (int) (walk.index() % grid.shards());
        long key = (long) walk.split().number() * grid.shards() + shard;
        RowBlock block = filling.get(key);
        if (block == null) {
          block = new RowBlock(shard, features.length, packing.weighted());
          filling.put(key, block);
        }
        packing.columns().encode(row, features);
        block.add((int) (walk.index() / grid.shards()), features, target, row.weight());
        values += features.length;
      }
      filling.forEach(
          (key, block) -> {
            int split = (int) (key / grid.shards());
            ready.add(
                new Tuple2<>(split * grid.partitions() + grid.partitionOf(block.shard()), block));
          });
      filling.clear();
    }

    @Override
    public boolean hasNext() {
      if (ready.isEmpty() && rows.hasNext()) {
        fill();
      }
      return !ready.isEmpty();
    }

    @Override
    public Tuple2<Integer, RowBlock> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return ready.remove();
    }
  }

  /** Puts the blocks of a partition together. */
  private record ShardBuilder(ShardGrid grid, long splitRows, int featureCount, boolean weighted)
      implements Serializable {
    /** The shards of a partition with raw features, in order of their number. */
    List<Shard> build(int partition, Iterator<Tuple2<Integer, RowBlock>> incoming) {
      int first = grid.firstShard(partition);
      int count = grid.firstShard(partition + 1) - first;
      float[][] features = new float[count][];
      float[][] targets = new float[count][];
      float[][] weights = new float[count][];
      long[] missing = new long[count];
      for (int i = 0; i < count; i++) {
        int rows = (int) grid.rowsOf(first + i, splitRows);
        features[i] = new float[rows * featureCount];
        targets[i] = new float[rows];
        weights[i] = weighted ? new float[rows] : null;
        missing[i] = rows;
      }
      while (incoming.hasNext()) {
        RowBlock block = incoming.next()._2();
        int i = block.shard() - first;
        block.copyTo(features[i], targets[i], weights[i]);
        missing[i] -= block.count();
      }
      List<Shard> shards = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        if (missing[i] != 0) {
          throw RowPlacement.changed("the data");
        }
        shards.add(
            new Shard(
                first + i,
                new Examples(
                    featureCount, first + i, grid.shards(), features[i], targets[i], weights[i])));
      }
      return shards;
    }
  }
}
