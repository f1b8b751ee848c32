package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.AutoReplicas;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.TreeReplicas;
import dev.lockstep.driver.cluster.barrier.BarrierReplicas;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parallel.ThreadTeam;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Makes the replicas of a run, of whichever kind.
 *
 * @param blueprint the run
 * @param splits its shards on the cluster
 * @param onDriver the same shards on the driver, asked for on a local master only
 * @param team the driver's threads, which stay the caller's
 */
record ReplicaSource(
    JavaSparkContext spark,
    ReplicaBlueprint blueprint,
    Map<Split, JavaRDD<Shard>> splits,
    Supplier<Map<Split, List<Shard>>> onDriver,
    ThreadTeam team) {
  /** What {@link Synchronizer#AUTO} tries, in this order. */
  private static final List<Synchronizer> BY_EXPECTED_SPEED =
      List.of(Synchronizer.LOCAL, Synchronizer.BARRIER, Synchronizer.TREE);

  /**
   * Starts replicas of one kind.
   *
   * @param synchronizer not {@code auto}
   * @throws LockstepException of kind usage where that kind cannot run here
   */
  Replicas start(Synchronizer synchronizer) {
    if (synchronizer == Synchronizer.TREE && shardsMeet()) {
      throw LockstepException.usage(
          "moments: synchronized needs tasks that run at the same time, and so"
              + " training.synchronizer barrier or local; trials side by side use 'tree' on a"
              + " cluster, so set tuning.parallel to 1 there.");
    }
    return starts().get(synchronizer).get();
  }

  private Map<Synchronizer, Supplier<Replicas>> starts() {
    Map<Synchronizer, Supplier<Replicas>> starts = new EnumMap<>(Synchronizer.class);
    starts.put(Synchronizer.BARRIER, () -> new BarrierReplicas(spark, blueprint, splits));
    starts.put(Synchronizer.TREE, () -> new TreeReplicas(spark, blueprint, splits));
    starts.put(Synchronizer.LOCAL, this::local);
    return starts;
  }

  private Replicas local() {
    if (!spark.isLocal()) {
      throw LockstepException.usage(
          "training.synchronizer: 'local' works in one process only, but the master is "
              + spark.master()
              + ". Use 'auto', or --master local[N].");
    }
    return new LocalReplicas(blueprint, onDriver.get(), team);
  }

  /**
   * Replicas that become the fastest kind that can run here.
   *
   * @param totalSteps T
   */
  AutoReplicas auto(long totalSteps) {
    List<AutoReplicas.Candidate> candidates = new ArrayList<>();
    Map<String, String> obstacles = new LinkedHashMap<>();
    for (Synchronizer synchronizer : BY_EXPECTED_SPEED) {
      Supplier<Replicas> start = starts().get(synchronizer);
      if (synchronizer == Synchronizer.LOCAL && !spark.isLocal()) {
        continue;
      }
      Optional<String> obstacle = obstacle(synchronizer);
      if (obstacle.isPresent()) {
        obstacles.put(synchronizer.key(), obstacle.get());
      } else {
        candidates.add(new AutoReplicas.Candidate(synchronizer.key(), start));
      }
    }
    return new AutoReplicas(candidates, obstacles, totalSteps, System::nanoTime);
  }

  private boolean shardsMeet() {
    return !blueprint.network().statisticsPoints().isEmpty();
  }

  private Optional<String> obstacle(Synchronizer synchronizer) {
    return switch (synchronizer) {
      case BARRIER -> barrierObstacle(spark);
      case TREE ->
          shardsMeet()
              ? Optional.of("moments: synchronized needs tasks that run at the same time")
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** Why tasks that stay for the whole run are out of the question, as far as settings tell. */
  static Optional<String> barrierObstacle(JavaSparkContext spark) {
    return spark.getConf().getBoolean("spark.dynamicAllocation.enabled", false)
        ? Optional.of(
            "spark.dynamicAllocation.enabled lets executors go in which its tasks would stay")
        : Optional.empty();
  }
}
