package dev.lockstep.driver.bench;

/**
 * How long a step takes on more machines than there are: a sum of measured constants and of bytes
 * over links, without overlap except where stated.
 *
 * <pre>
 *   b  bytes of the parameters, 4 a parameter          E  executors, each a machine of c cores
 *   t  seconds a byte: the slower of link and endpoint    l  seconds a message
 *
 *   compute    fixed + largest · seconds an example, largest = n + √(2n ln Ec), n = mini-batch/(Ec):
 *              shares are drawn at random, and the step waits for the largest
 *   inside     ⌈log2 c⌉ additions of b: the shards of an executor
 *
 *   tree       broadcast: blocks of 4 MiB that the executors fetch from each other,
 *                         (blocks + ⌈log2(E+1)⌉ - 1) · (block · t + 2l)
 *              job        an empty two-task job, and every further task one after another
 *              E ≤ 3      the driver receives and adds E gradients
 *              else       one shuffle to r reducers, r = min(E, ⌈E·b/8 MiB⌉), each receives and adds
 *                         E·b/r; then the driver receives b
 *   barrier    down       each sends at most 3 copies, in messages of 256 KiB that are passed on as
 *                         they come: 3b · t + (depth - 1) · 3 messages · t + depth · l
 *              up         E ≤ 3: as above; else a binomial tree of executors, ⌈log2 E⌉ - 1 times
 *                         (b · t + addition of b + l), and the driver receives and adds two
 *   update     parameters · seconds a parameter, on the driver
 * </pre>
 *
 * @param constants measured
 * @param cluster assumed
 * @param cost of the workload, measured
 */
public record StepModel(Constants constants, Cluster cluster, Cost cost) {
  private static final double BROADCAST_BLOCK_BYTES = 4 << 20;
  private static final double REDUCER_BYTES = 8 << 20;
  private static final double MESSAGE_BYTES = 256 << 10;
  private static final int DIRECT_PIECES = 3;
  private static final int FAN_OUT = 3;

  /**
   * What one machine was measured to need.
   *
   * @param jobSeconds an empty job of two tasks
   * @param taskSeconds each further task of a job
   * @param stageSeconds a further stage: an empty shuffle
   * @param roundTripSeconds a small message and its answer between two processes' sockets
   * @param endpointSecondsPerByte what sending and receiving a byte costs the machine itself
   * @param additionSecondsPerByte adding a gradient to another
   * @param updateSecondsPerParameter the optimizer's update
   */
  public record Constants(
      double jobSeconds,
      double taskSeconds,
      double stageSeconds,
      double roundTripSeconds,
      double endpointSecondsPerByte,
      double additionSecondsPerByte,
      double updateSecondsPerParameter) {}

  /**
   * A cluster that is not there.
   *
   * @param executors at least 1
   * @param cores of each executor, at least 1
   * @param linkBytesPerSecond of each machine in each direction; infinite is allowed
   * @param wireSeconds what the network adds to the time of a message, one way
   */
  public record Cluster(int executors, int cores, double linkBytesPerSecond, double wireSeconds) {}

  /**
   * What a workload costs a core.
   *
   * @param parameters of the network
   * @param fixedSeconds of a shard's step, however few examples it has
   * @param exampleSeconds each example
   */
  public record Cost(int parameters, double fixedSeconds, double exampleSeconds) {}

  private double bytes() {
    return (double) Float.BYTES * cost.parameters();
  }

  private double secondsPerByte() {
    return Math.max(1 / cluster.linkBytesPerSecond(), constants.endpointSecondsPerByte());
  }

  private double messageSeconds() {
    return constants.roundTripSeconds() / 2 + cluster.wireSeconds();
  }

  private double additionSeconds() {
    return bytes() * constants.additionSecondsPerByte();
  }

  private static int ceilingOfLog2(int n) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(n - 1);
  }

  /** Examples of the largest of so many random shares of a mini-batch. */
  static double largestShare(int batchSize, int shares) {
    double mean = (double) batchSize / shares;
    return Math.min(batchSize, mean + Math.sqrt(2 * mean * Math.log(shares)));
  }

  /** Forward and backward passes and the additions inside an executor, in seconds. */
  public double computeSeconds(int batchSize) {
    int shares = cluster.executors() * cluster.cores();
    return cost.fixedSeconds()
        + cost.exampleSeconds() * largestShare(batchSize, shares)
        + ceilingOfLog2(cluster.cores()) * additionSeconds();
  }

  private double updateSeconds() {
    return cost.parameters() * constants.updateSecondsPerParameter();
  }

  /** The driver receives a gradient from each of a few executors and adds them up. */
  private double directSeconds(int pieces) {
    return pieces * bytes() * secondsPerByte()
        + (pieces - 1) * additionSeconds()
        + messageSeconds();
  }

  /** A step as one Spark job, in seconds. */
  public double treeSeconds(int batchSize) {
    int executors = cluster.executors();
    double blocks = Math.max(1, Math.ceil(bytes() / BROADCAST_BLOCK_BYTES));
    double broadcast =
        (blocks + ceilingOfLog2(executors + 1) - 1)
            * (bytes() / blocks * secondsPerByte() + 2 * messageSeconds());
    double job = constants.jobSeconds() + Math.max(0, executors - 2) * constants.taskSeconds();
    double reduction;
    if (executors <= DIRECT_PIECES) {
      reduction = directSeconds(executors);
    } else {
      double all = executors * bytes();
      double reducers = Math.min(executors, Math.ceil(all / REDUCER_BYTES));
      reduction =
          constants.stageSeconds()
              + reducers * constants.taskSeconds()
              + all / reducers * (secondsPerByte() + constants.additionSecondsPerByte())
              + bytes() * secondsPerByte()
              + messageSeconds();
    }
    return broadcast + job + computeSeconds(batchSize) + reduction + updateSeconds();
  }

  /** A step of a barrier stage, in seconds. */
  public double barrierSeconds(int batchSize) {
    int executors = cluster.executors();
    int depth = 1;
    for (long reached = FAN_OUT, level = FAN_OUT; reached < executors; depth++) {
      level *= FAN_OUT;
      reached += level;
    }
    double down =
        Math.min(FAN_OUT, executors) * bytes() * secondsPerByte()
            + (depth - 1) * FAN_OUT * Math.min(bytes(), MESSAGE_BYTES) * secondsPerByte()
            + depth * messageSeconds();
    double up;
    if (executors <= DIRECT_PIECES) {
      up = directSeconds(executors);
    } else {
      double hop = bytes() * secondsPerByte() + additionSeconds() + messageSeconds();
      up = (ceilingOfLog2(executors) - 1) * hop + directSeconds(2);
    }
    return down + computeSeconds(batchSize) + up + updateSeconds();
  }

  /** The same step by the threads of one executor's machine alone, in seconds. */
  public double aloneSeconds(int batchSize) {
    Cluster one = new Cluster(1, cluster.cores(), cluster.linkBytesPerSecond(), 0.0);
    return new StepModel(constants, one, cost).computeSeconds(batchSize) + updateSeconds();
  }

  /**
   * What part of its executors a cluster makes use of: examples a second of the cluster over
   * executors times examples a second of one machine alone.
   *
   * @param batchSize of one machine alone
   * @param clusterBatchSize of the cluster: the same, or more
   * @param stepSeconds of the cluster
   */
  public double efficiency(int batchSize, int clusterBatchSize, double stepSeconds) {
    double rate = clusterBatchSize / stepSeconds;
    return rate / (cluster.executors() * (batchSize / aloneSeconds(batchSize)));
  }
}
