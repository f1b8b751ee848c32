package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.plan.ShardOrder;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.StatisticsExchange;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.ReplicaTeam;
import dev.lockstep.trainer.replica.Slice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Supplier;

/**
 * What one JVM keeps between the steps of a run: the compiled network, teams of replicas with their
 * memory, and each shard's order of the current epoch. All of it can be rebuilt from the {@link
 * ReplicaBlueprint} at any time, so losing it costs time and nothing else.
 *
 * <p>Safe for several tasks at once: each borrows a team of its own.
 */
public final class ReplicaHost implements AutoCloseable {
  /** Runs whose hosts one executor keeps; more at once still work, only slower. */
  private static final int MAX_HOSTS = 8;

  /** Failures are told at once; the limit is for a thread that hangs. */
  private static final Duration MEETING_LIMIT = Duration.ofMinutes(10);

  private static final Map<String, ReplicaHost> HOSTS = new ConcurrentHashMap<>();

  private record EpochOrder(int epoch, ShardOrder order) {}

  private final ReplicaBlueprint blueprint;
  private final Network network;
  private final Loss loss;
  private final ShardTree tree;
  private final int threads;
  private final Map<Integer, EpochOrder> orders = new ConcurrentHashMap<>();
  private final ConcurrentLinkedDeque<ReplicaTeam> idleTeams = new ConcurrentLinkedDeque<>();
  private final SentContributions sent = new SentContributions();
  private volatile boolean closed;

  ReplicaHost(ReplicaBlueprint blueprint, int threads) {
    this.blueprint = blueprint;
    this.network = blueprint.network();
    this.loss = blueprint.loss();
    this.tree = new ShardTree(blueprint.shards());
    this.threads = threads;
  }

  /** The host of a run in this JVM, built on first use. */
  public static ReplicaHost of(String runId, Supplier<ReplicaBlueprint> blueprint, int threads) {
    ReplicaHost host = HOSTS.get(runId);
    if (host != null) {
      return host;
    }
    synchronized (HOSTS) {
      if (HOSTS.size() >= MAX_HOSTS) {
        // Tasks at work keep what they borrowed; only the memory for later steps is given up.
        HOSTS.values().forEach(ReplicaHost::close);
        HOSTS.clear();
      }
      return HOSTS.computeIfAbsent(runId, id -> new ReplicaHost(blueprint.get(), threads));
    }
  }

  /** Forgets the host of a run in this JVM. */
  public static void forget(String runId) {
    ReplicaHost host = HOSTS.remove(runId);
    if (host != null) {
      host.close();
    }
  }

  /** A team for the caller alone, to be given back; not for steps with an exchange. */
  public ReplicaTeam borrowTeam() {
    return borrowTeam(1);
  }

  /**
   * A team for the caller alone, to be given back.
   *
   * @param slices shards whose steps it will compute
   */
  public ReplicaTeam borrowTeam(int slices) {
    int size = teamSize(slices);
    for (ReplicaTeam team = idleTeams.pollFirst(); team != null; team = idleTeams.pollFirst()) {
      if (team.size() >= size) {
        return team;
      }
      team.close();
    }
    return new ReplicaTeam(network, loss, blueprint.seed(), blueprint.augmentation(), size);
  }

  /**
   * Threads of a team, and so replicas with their memory: what the caller was given, but one for
   * each shard where shards wait for each other in the middle of a step.
   */
  int teamSize(int slices) {
    return network.statisticsPoints().isEmpty() ? threads : Math.max(threads, slices);
  }

  /** Where the shards of a network meet in a step; empty where they do not. */
  public List<StatisticsPoint> statisticsPoints() {
    return network.statisticsPoints();
  }

  /** A team on threads of the caller's. */
  ReplicaTeam newTeam(ThreadTeam team) {
    return new ReplicaTeam(network, loss, blueprint.seed(), blueprint.augmentation(), team);
  }

  /** Takes a team back. */
  public void giveBack(ReplicaTeam team) {
    idleTeams.addFirst(team);
    if (closed) {
      // Whoever closed the host may have looked before this team was there.
      close();
    }
  }

  /** Contributions of this JVM that were given to Spark to be sent. */
  SentContributions sent() {
    return sent;
  }

  /**
   * The contributions of {@code shards} to a step, added up as far as the tree allows. Where shards
   * meet in the middle of a step, these must be all shards of the run.
   */
  public TreeSum<Contribution> compute(
      ReplicaTeam team, ParameterVector parameters, List<Shard> shards, StepPlan step) {
    List<StatisticsPoint> points = network.statisticsPoints();
    if (points.isEmpty()) {
      return compute(team, parameters, shards, step, null);
    }
    if (shards.size() != tree.shards()) {
      throw new IllegalArgumentException(
          shards.size()
              + " of "
              + tree.shards()
              + " shards cannot normalize over the whole mini-batch by themselves;"
              + " moments: synchronized needs training.synchronizer: barrier or local");
    }
    StatisticsExchange exchange = new StatisticsExchange(tree, points, MEETING_LIMIT);
    return compute(team, parameters, shards, step, exchange);
  }

  /**
   * As above, with shards elsewhere.
   *
   * @param team with a thread for each shard, where there is an exchange
   * @param exchange where shards meet in the middle of this step; null where they do not
   */
  public TreeSum<Contribution> compute(
      ReplicaTeam team,
      ParameterVector parameters,
      List<Shard> shards,
      StepPlan step,
      StatisticsExchange exchange) {
    List<Slice> slices = new ArrayList<>(shards.size());
    for (Shard shard : shards) {
      slices.add(slice(shard, step));
    }
    TreeSum<Contribution> sum = new TreeSum<>(tree, team::recycle);
    team.compute(parameters, slices, step.step(), step.epoch(), exchange, sum);
    return sum;
  }

  /** Loss and metrics of {@code shards}, added up as far as the tree allows. */
  public TreeSum<MetricSums> evaluate(
      ReplicaTeam team, ParameterVector parameters, List<Shard> shards) {
    int[] numbers = new int[shards.size()];
    List<Examples> examples = new ArrayList<>(shards.size());
    for (Shard shard : shards) {
      numbers[examples.size()] = shard.number();
      examples.add(shard.examples());
    }
    TreeSum<MetricSums> sum = new TreeSum<>(tree, recycled -> {});
    team.evaluate(parameters, numbers, examples, blueprint.classes(), sum);
    return sum;
  }

  private Slice slice(Shard shard, StepPlan step) {
    ShardOrder order = order(shard, step.epoch());
    return new Slice(
        shard.number(),
        shard.examples(),
        order.rows(),
        order.from(step.stepInEpoch()),
        order.to(step.stepInEpoch()));
  }

  private ShardOrder order(Shard shard, int epoch) {
    EpochOrder known = orders.get(shard.number());
    if (known == null || known.epoch() != epoch) {
      Examples examples = shard.examples();
      known =
          new EpochOrder(
              epoch,
              ShardOrder.of(
                  blueprint.plan(),
                  epoch,
                  examples.firstIndex(),
                  examples.indexStride(),
                  examples.count()));
      orders.put(shard.number(), known);
    }
    return known.order();
  }

  @Override
  public void close() {
    closed = true;
    for (ReplicaTeam team = idleTeams.pollFirst(); team != null; team = idleTeams.pollFirst()) {
      team.close();
    }
  }
}
