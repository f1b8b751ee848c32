package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.reduce.ShardTree;
import java.util.Locale;

/**
 * What a run needs: live bytes on the heap at the worst moment of a step, on the driver and on each
 * executor, and bytes that the driver sends and receives in a step. A pure function of sizes.
 *
 * <p>With P bytes of parameters, G bytes of gradient (P without running statistics), k optimizer
 * slots, d data bytes (every example's features and target as float32) and
 *
 * <pre>
 *   c = min(s, t + ⌊log2 s⌋)    contributions of a task at once, for its s shards on t threads: one at
 *                               work on each thread, and one waiting on each level of the tree
 *   b = 4 · r · v · t           a task's pass: r rows, v values of every row on t threads; r is what a
 *                               shard has of a mini-batch or what evaluation sends through at once,
 *                               whichever is more, and a quarter to spare
 * </pre>
 *
 * the terms are, for n tasks on each executor:
 *
 * <pre>
 *   one process    driver    P + kG + n(cG + b) + d
 *   over the wire  driver    P + kG + P (broadcast, serialized) + arrivals
 *                  executor  2P (broadcast, serialized and read) + n(cG + b) + d/executors + reducer
 * </pre>
 *
 * where arrivals are all partial sums, serialized and read (2G each), while tasks answer directly,
 * and else G for the sum and a message for each executor, twice (serialized, read); the reducer's
 * part is a range of every partition, and of one as it is sent. Early stopping keeps the best
 * parameters, one P more on the driver. To all of it comes what Spark and the program hold before
 * there is any model ({@link #BASE_BYTES}).
 *
 * <p>Data are Spark's to keep and can go to disk, so a run is refused only where what is left
 * without them exceeds the heap.
 *
 * @param driver the driver's heap
 * @param executor each executor's heap; null where there is one process
 * @param executors number of executors; 0 where there is one process
 * @param sentBytes parameters that leave the driver in a step; executors pass them on to each other
 * @param receivedBytes sums that reach the driver in a step
 */
public record ResourceEstimate(
    Heap driver, Heap executor, int executors, long sentBytes, long receivedBytes) {
  /** Live bytes of a Spark process that has done its first jobs: 60 to 90 MB were seen. */
  static final long BASE_BYTES = 80L << 20;

  /**
   * One process' heap.
   *
   * @param usedBytes live at the worst moment of a step
   * @param requiredBytes the part that cannot go to disk
   * @param availableBytes largest heap
   */
  public record Heap(long usedBytes, long requiredBytes, long availableBytes) {}

  /**
   * The model and the way it is trained.
   *
   * @param parameters elements of all tensors
   * @param trainable elements that have a gradient
   * @param optimizerSlots arrays of that length that the optimizer keeps
   * @param keepsBest whether the best parameters so far are kept beside the present ones
   * @param valuesPerRow float32 values that a training pass holds for each row
   * @param stepRows rows of a mini-batch in one shard
   * @param evaluationRows rows that evaluation sends through at once
   */
  public record Work(
      long parameters,
      long trainable,
      int optimizerSlots,
      boolean keepsBest,
      long valuesPerRow,
      long stepRows,
      long evaluationRows) {}

  /**
   * How it is spread.
   *
   * @param shards of the run
   * @param partitions tasks of a step
   * @param threadsPerTask at least 1
   * @param executors 0 where everything is in one process
   * @param dataBytes examples of all splits
   * @param driverHeapBytes largest heap of the driver
   * @param executorHeapBytes largest heap of an executor
   */
  public record Place(
      int shards,
      int partitions,
      int threadsPerTask,
      int executors,
      long dataBytes,
      long driverHeapBytes,
      long executorHeapBytes) {}

  /** The estimate for a run. */
  public static ResourceEstimate of(Work work, Place place) {
    long p = work.parameters() * Float.BYTES;
    long g = work.trainable() * Float.BYTES;
    long state = p + work.optimizerSlots() * g + (work.keepsBest() ? p : 0);
    int processes = Math.max(1, place.executors());
    long tasks = ceilingOfQuotient(place.partitions(), processes);
    long shardsOfTask = ceilingOfQuotient(place.shards(), place.partitions());
    int levels = Long.SIZE - 1 - Long.numberOfLeadingZeros(shardsOfTask);
    long contributions = Math.min(shardsOfTask, (long) place.threadsPerTask() + levels);
    long rows = Math.max(work.stepRows(), work.evaluationRows());
    long threads = Math.min(place.threadsPerTask(), shardsOfTask);
    long pass = (rows + rows / 4) * work.valuesPerRow() * Float.BYTES * threads;
    long atWork = tasks * (contributions * g + pass);
    if (place.executors() == 0) {
      long required = BASE_BYTES + state + atWork;
      Heap driver = new Heap(required + place.dataBytes(), required, place.driverHeapBytes());
      return new ResourceEstimate(driver, null, 0, 0, 0);
    }
    ShardTree tree = new ShardTree(place.shards());
    ReductionPlan plan =
        ReductionPlan.of(tree, place.partitions(), Math.toIntExact(work.trainable()));
    long pieces = ReductionPlan.pieces(tree, place.partitions());
    long arrivals = 2 * pieces * g;
    long reducer = 0;
    if (!plan.isDirect()) {
      long range = ceilingOfQuotient(g, plan.ranges());
      arrivals = g + 2L * Math.min(plan.ranges(), place.executors()) * range;
      reducer = (pieces + 1) * range;
    }
    long driverBytes = BASE_BYTES + state + p + arrivals;
    long executorRequired = BASE_BYTES + 2 * p + atWork + reducer;
    return new ResourceEstimate(
        new Heap(driverBytes, driverBytes, place.driverHeapBytes()),
        new Heap(
            executorRequired + place.dataBytes() / processes,
            executorRequired,
            place.executorHeapBytes()),
        place.executors(),
        p,
        plan.isDirect() ? pieces * g : g);
  }

  private static long ceilingOfQuotient(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  /**
   * Refuses what cannot run.
   *
   * @throws LockstepException of kind usage, which names the setting to raise
   */
  public void requireFit() {
    require(driver, "the driver", "--driver-memory");
    if (executor != null) {
      require(executor, "each executor", "--conf spark.executor.memory");
    }
  }

  private static void require(Heap heap, String who, String setting) {
    if (heap.requiredBytes() > heap.availableBytes()) {
      throw LockstepException.usage(
          "This network does not fit: "
              + who
              + " needs at least "
              + size(heap.requiredBytes())
              + " of memory, and its largest heap is "
              + size(heap.availableBytes())
              + ". Raise "
              + setting
              + " to "
              + size(heap.usedBytes() + heap.usedBytes() / 4)
              + " or more, or use a smaller network or training.batchSize.");
    }
  }

  /** One line for a person. */
  public String line() {
    String line = "Memory: driver " + share(driver);
    if (executor == null) {
      return line + ".";
    }
    return line
        + (executors == 1 ? ", executor " : ", each of " + executors + " executors ")
        + share(executor)
        + "; the driver sends "
        + size(sentBytes)
        + " and receives "
        + size(receivedBytes)
        + " a step.";
  }

  private static String share(Heap heap) {
    return size(heap.usedBytes()) + " of " + size(heap.availableBytes());
  }

  /** Two digits or so: what an estimate is worth. */
  private static String size(long bytes) {
    double megabytes = bytes / (double) (1 << 20);
    if (megabytes < 1) {
      return Math.max(1, Math.round(megabytes * 1024)) + " kB";
    }
    return megabytes < 1000
        ? Math.round(megabytes) + " MB"
        : String.format(Locale.ROOT, "%.1f GB", megabytes / 1024);
  }
}
