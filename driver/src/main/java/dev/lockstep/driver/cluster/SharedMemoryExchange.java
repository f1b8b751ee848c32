package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The exchange where tasks run in the driver's own JVM (local masters): parameters and
 * contributions are handed over by reference, nothing model-sized is copied or serialized, and the
 * tasks themselves add up what they bring, so that additions run side by side.
 *
 * <p>Each job is a {@link SharedRound}. A task names its round by number; once the driver has taken
 * the total, the round is over and whatever an attempt left behind by Spark still brings is
 * refused. Such an attempt may see parameters change under it; what it computes from them goes
 * nowhere.
 */
final class SharedMemoryExchange implements TaskExchange {
  private static final Map<Long, SharedMemoryExchange> OPEN = new ConcurrentHashMap<>();
  private static final AtomicLong NEXT_NUMBER = new AtomicLong();

  private final long number = NEXT_NUMBER.getAndIncrement();
  private final JavaSparkContext spark;
  private final RunHandle run;
  private final ShardTree tree;

  /** Contributions whose contents nobody needs any more. */
  private final ConcurrentLinkedDeque<Contribution> spare = new ConcurrentLinkedDeque<>();

  private volatile SharedRound round;
  private long rounds;
  private Contribution lastTotal;

  SharedMemoryExchange(JavaSparkContext spark, RunHandle run) {
    this.spark = spark;
    this.run = run;
    this.tree = run.tree();
    OPEN.put(number, this);
  }

  /**
   * Finds a round from inside a task.
   *
   * @throws IllegalStateException when it is over; Spark forgets such an attempt's failure
   */
  static SharedRound round(long exchange, long number) {
    SharedMemoryExchange open = OPEN.get(exchange);
    SharedRound round = open == null ? null : open.round;
    if (round == null || round.number() != number) {
      throw new IllegalStateException(
          "round " + number + " of exchange " + exchange + " is over; nobody waits for this task");
    }
    return round;
  }

  @Override
  public Contribution compute(JavaRDD<Shard> shards, ParameterVector parameters, StepPlan step) {
    if (lastTotal != null) {
      spare.addFirst(lastTotal);
      lastTotal = null;
    }
    SharedRound current = begin(parameters);
    try {
      SharedStepTask task = new SharedStepTask(run, number, current.number(), step);
      Jobs.run(spark, shards.rdd(), task, (partition, delivered) -> {});
      lastTotal = current.total();
      return lastTotal;
    } finally {
      end(current);
    }
  }

  @Override
  public MetricSums evaluate(JavaRDD<Shard> shards, ParameterVector parameters) {
    SharedRound current = begin(parameters);
    try {
      return EvaluationTask.run(spark, shards, run, new SharedParameters(number, current.number()));
    } finally {
      end(current);
    }
  }

  private SharedRound begin(ParameterVector parameters) {
    SharedRound next = new SharedRound(rounds++, parameters, tree, spare::addFirst);
    round = next;
    return next;
  }

  private void end(SharedRound current) {
    current.end();
    round = null;
  }

  /**
   * Gives a team contributions to fill, of those that former steps are done with.
   *
   * @param number how many it is going to deliver
   */
  static void lend(long exchange, ReplicaTeam team, int number) {
    SharedMemoryExchange open = OPEN.get(exchange);
    for (int i = 0; i < number && open != null; i++) {
      Contribution contribution = open.spare.pollFirst();
      if (contribution == null) {
        return;
      }
      team.recycle(contribution);
    }
  }

  @Override
  public double publishSeconds() {
    return 0.0;
  }

  @Override
  public void close() {
    OPEN.remove(number);
    spare.clear();
    lastTotal = null;
  }
}
