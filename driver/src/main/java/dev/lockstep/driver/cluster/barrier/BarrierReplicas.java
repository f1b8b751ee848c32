package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.ReplicaHost;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.ShrunkCluster;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.cluster.wire.Endpoint;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Receiver;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replicas as the tasks of one long-lived barrier stage: started once, they stay at work and
 * exchange parameters and contributions with the driver directly, over Spark's transport library
 * and so with Spark's authentication and encryption. For small steps, where launching a job would
 * cost more than the arithmetic.
 *
 * <pre>
 *   driver   parameters, step  → stations (one in each process), directly or through one another
 *   tasks    their shards' contributions, added up in the process, then along the shard tree
 *   driver   ← at most three pieces, whatever the number of partitions         ({@link SumRoutes})
 * </pre>
 *
 * <p>In the driver's own process (local masters) everything passes by reference.
 *
 * <p>The stage starts with the first work and holds its task slots until {@link #close}, so no
 * other Spark job can run meanwhile unless the cluster has more slots. A lost task, executor or
 * connection fails the stage; it is started again and the work in flight is repeated, with the same
 * bits.
 */
public final class BarrierReplicas implements Replicas {
  private static final Logger LOG = LoggerFactory.getLogger(BarrierReplicas.class);
  private static final long LOOK_MILLISECONDS = 50;

  private final JavaSparkContext spark;
  private final ReplicaBlueprint blueprint;
  private final BarrierSettings settings;
  private final boolean isolated;
  private final UUID run = UUID.randomUUID();
  private final RunFormats formats;
  private final Broadcast<ReplicaBlueprint> sharedBlueprint;
  private final Endpoint endpoint;
  private ResidentShards shards;
  private volatile BarrierStage stage;
  private int generation;
  private int port;
  private Contribution last;
  private double broadcastSeconds;
  private boolean closed;

  /** Guards the next two. */
  private final Object cancellation = new Object();

  /** The thread that waits for the stage, null where none does. */
  private Thread worker;

  private boolean canceled;

  /**
   * Replicas over distributed shards.
   *
   * @param blueprint the run
   * @param shards all shards of each split that there is, all in the same number of partitions of
   *     contiguous ranges as {@link dev.lockstep.datasets.pack.PreparedSplit} cuts them; they stay
   *     the caller's
   * @throws LockstepException of kind usage where the cluster cannot run such a stage
   */
  public BarrierReplicas(
      JavaSparkContext spark, ReplicaBlueprint blueprint, Map<Split, JavaRDD<Shard>> shards) {
    this(spark, blueprint, shards, false);
  }

  /**
   * As above.
   *
   * @param isolated whether each task is treated as if it had a machine of its own: everything goes
   *     over the network, also within this process
   */
  BarrierReplicas(
      JavaSparkContext spark,
      ReplicaBlueprint blueprint,
      Map<Split, JavaRDD<Shard>> shards,
      boolean isolated) {
    SparkConf conf = spark.getConf();
    this.spark = spark;
    this.blueprint = blueprint;
    this.settings = BarrierSettings.of(conf);
    this.isolated = isolated;
    requirePossible(conf, shards);
    this.shards = new ResidentShards(spark, shards);
    requireSlots();
    this.formats = RunFormats.of(blueprint);
    this.endpoint = new Endpoint(run, conf, Endpoint.sparkSecret(SparkEnv.get()), new Inbox());
    this.sharedBlueprint = spark.broadcast(blueprint);
  }

  /** Hands messages to the stage that they belong to. */
  private final class Inbox implements Receiver {
    @Override
    public void receive(
        TransportClient from, Envelope envelope, ByteBuffer body, RpcResponseCallback answer) {
      BarrierStage current = stage;
      if (current == null || envelope.generation() != current.generation()) {
        throw new IllegalArgumentException(
            "start " + envelope.generation() + " of the barrier stage is over");
      }
      current.receive(from, envelope, body, answer);
    }

    @Override
    public void disconnected(TransportClient from) {
      BarrierStage current = stage;
      if (current != null) {
        current.disconnected(from);
      }
    }
  }

  private void requirePossible(SparkConf conf, Map<Split, JavaRDD<Shard>> splits) {
    int partitions = splits.get(Split.TRAIN).getNumPartitions();
    splits.forEach(
        (split, rdd) -> {
          if (rdd.getNumPartitions() != partitions) {
            throw new IllegalArgumentException(
                "the "
                    + split.key()
                    + " split has "
                    + rdd.getNumPartitions()
                    + " partitions, the training split "
                    + partitions);
          }
        });
    if (!spark.isLocal() && conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw LockstepException.usage(
          "training.synchronizer: 'barrier' needs a fixed set of executors, but"
              + " spark.dynamicAllocation.enabled is true. Use --conf"
              + " spark.dynamicAllocation.enabled=false, or training.synchronizer: tree.");
    }
    boolean network = isolated || !spark.isLocal();
    String cipher = conf.get("spark.network.crypto.cipher", "AES/CTR/NoPadding");
    if (network
        && conf.getBoolean("spark.authenticate", false)
        && conf.getBoolean("spark.network.crypto.enabled", false)
        && cipher.startsWith("AES/GCM")) {
      // Messages from the accepting side of a connection never arrive then.
      throw LockstepException.usage(
          "training.synchronizer: 'barrier' does not work with spark.network.crypto.cipher "
              + cipher
              + ". Use AES/CTR/NoPadding, or training.synchronizer: tree.");
    }
    if (conf.getBoolean("spark.ssl.rpc.enabled", false)) {
      throw LockstepException.usage(
          "training.synchronizer: 'barrier' does not support spark.ssl.rpc.enabled. Use"
              + " spark.network.crypto.enabled to encrypt its traffic, or"
              + " training.synchronizer: tree.");
    }
  }

  /** Number of tasks that the cluster can run at once. */
  static int slots(JavaSparkContext spark) {
    return spark
        .sc()
        .maxNumConcurrentTasks(spark.sc().resourceProfileManager().defaultResourceProfile());
  }

  /**
   * Waits for as many slots as there are tasks. Spark would wait for minutes, and on a cluster that
   * is just too small in vain. Returns how many there are when the time is over.
   */
  private int awaitSlots(long seconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(spark.isLocal() ? 0 : seconds);
    int there = slots(spark);
    while (there < shards.getNumPartitions() && System.nanoTime() < end) {
      Thread.sleep(LOOK_MILLISECONDS);
      there = slots(spark);
    }
    return there;
  }

  private void requireSlots() {
    int needed = shards.getNumPartitions();
    int there;
    try {
      there = awaitSlots(settings.slotSeconds());
    } catch (InterruptedException interruption) {
      throw interrupted(interruption);
    }
    if (there < needed) {
      throw LockstepException.usage(
          "training.synchronizer: 'barrier' runs all its "
              + needed
              + " tasks at once, but the cluster has "
              + there
              + " task slots. Use at most "
              + Math.max(1, there)
              + " training.shards, more executors or cores, or training.synchronizer: tree.");
    }
  }

  /** What was at work once has fitted: executors are gone, and no setting of the run is wrong. */
  private void requireSlotsAgain(StageFailure before) throws InterruptedException {
    int needed = shards.getNumPartitions();
    int there = awaitSlots(settings.startSeconds());
    if (there < needed) {
      String sentence =
          "The barrier stage cannot start again: it runs all its "
              + needed
              + " tasks at once, and the cluster is left with "
              + there
              + " task slots, "
              + settings.startSeconds()
              + " s (spark.lockstep.barrier.startTimeout) after this: "
              + before.getMessage()
              + ". Bring the missing executors back, or go on with training.synchronizer: tree,"
              + " which one slot is enough for.";
      throw new LockstepException(
          ErrorKind.RESOURCE, sentence, there == 0 ? before : new ShrunkCluster(there, needed));
    }
  }

  private interface StageWork<T> {
    T on(BarrierStage stage) throws StageFailure, InterruptedException;
  }

  @Override
  public Contribution compute(ParameterVector parameters, StepPlan step) {
    if (last != null) {
      formats.contributions().recycle(last);
      last = null;
    }
    last = perform("step " + step.step(), at -> at.compute(parameters, step));
    broadcastSeconds = stage.broadcastSeconds();
    return last;
  }

  @Override
  public double broadcastSeconds() {
    return broadcastSeconds;
  }

  @Override
  public MetricSums evaluate(ParameterVector parameters, Split split) {
    return perform("the " + split.key() + " split", at -> at.evaluate(parameters, split));
  }

  private <T> T perform(String name, StageWork<T> work) {
    if (closed) {
      throw new IllegalStateException("the replicas are closed");
    }
    synchronized (cancellation) {
      worker = Thread.currentThread();
      if (canceled) {
        worker.interrupt();
      }
    }
    try {
      return performStarting(name, work);
    } finally {
      synchronized (cancellation) {
        worker = null;
        if (canceled) {
          // It has had its effect, and the caller has more to do.
          Thread.interrupted();
        }
      }
    }
  }

  @Override
  public void cancel() {
    synchronized (cancellation) {
      canceled = true;
      if (worker != null) {
        worker.interrupt();
      }
    }
  }

  /** Does work, on a new start of the stage where the last one failed. */
  private <T> T performStarting(String name, StageWork<T> work) {
    StageFailure latest = null;
    for (int failures = 0; failures < settings.maxFailures(); failures++) {
      boolean done = false;
      try {
        if (stage == null) {
          startStage(latest);
        }
        T result = work.on(stage);
        done = true;
        return result;
      } catch (StageFailure failure) {
        requireWanted(failure);
        LOG.warn(
            "The barrier stage failed at {} (start {}): {}",
            name,
            generation,
            failure.getMessage());
        latest = failure;
      } catch (InterruptedException interruption) {
        throw interrupted(interruption);
      } finally {
        if (!done) {
          stopStage(false);
        }
      }
    }
    throw new LockstepException(
        ErrorKind.INTERNAL,
        "The barrier stage failed "
            + settings.maxFailures()
            + " times in a row at "
            + name
            + " (spark.task.maxFailures); the last time: "
            + latest.getMessage(),
        latest);
  }

  /** Where nobody waits any more, a stage that failed is not started again. */
  private void requireWanted(StageFailure failure) {
    synchronized (cancellation) {
      if (canceled) {
        throw new IllegalStateException("the barrier stage was canceled", failure);
      }
    }
  }

  private static IllegalStateException interrupted(InterruptedException interruption) {
    Thread.currentThread().interrupt();
    return new IllegalStateException(
        "interrupted while the barrier stage was at work", interruption);
  }

  private void startStage(StageFailure before) throws StageFailure, InterruptedException {
    if (before != null) {
      requireSlotsAgain(before);
    }
    restoreShards();
    boolean inProcess = spark.isLocal() && !isolated;
    SparkConf conf = spark.getConf();
    String host = conf.get("spark.driver.host");
    if (port == 0 && !inProcess) {
      try {
        port =
            endpoint.listen(
                conf.get("spark.driver.bindAddress", host),
                settings.driverPort(),
                settings.portRetries(),
                formats.firstMessageBytes(settings.chunkFloats()));
      } catch (IOException failure) {
        throw new LockstepException(
            ErrorKind.RESOURCE, "The driver " + failure.getMessage() + ".", failure);
      }
    }
    generation++;
    StageAddress address = new StageAddress(run, generation, host, port);
    BarrierTask task =
        new BarrierTask(
            blueprint.runId(),
            sharedBlueprint,
            address,
            settings,
            conf.getInt("spark.task.cpus", 1),
            isolated);
    stage = new BarrierStage(spark, shards, task, address, formats, settings, inProcess);
    stage.start();
  }

  private void restoreShards() throws StageFailure, InterruptedException {
    try {
      shards = shards.restored(spark);
    } catch (Exception failure) {
      // Not RuntimeException: Spark's methods throw checked exceptions that they do not declare.
      if (failure instanceof InterruptedException interruption) {
        throw interruption;
      }
      throw new StageFailure(
          "the shards could not be brought back: " + failure.getMessage(), failure);
    }
  }

  private void stopStage(boolean intact) {
    BarrierStage current = stage;
    if (current != null) {
      current.stop(intact);
      stage = null;
    }
  }

  /** How often the stage was started. */
  int starts() {
    return generation;
  }

  /** Bytes that the driver received over the network, framing not counted. */
  long bytesReceived() {
    return endpoint.bytesReceived();
  }

  /** Messages and connections that were refused at the driver's port. */
  long strangers() {
    return endpoint.strangers();
  }

  /** Number of parameters, running statistics included. */
  int parameterCount() {
    return formats.parameters();
  }

  /** The driver's port, 0 where it needs none. */
  int port() {
    return port;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    // Spark's own waits would end at once in an interrupted thread and leave things behind.
    boolean interrupted = Thread.interrupted();
    try {
      stopStage(true);
    } finally {
      endpoint.close();
      ReplicaHost.forget(blueprint.runId());
      interrupted |= Thread.interrupted();
      sharedBlueprint.destroy();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
