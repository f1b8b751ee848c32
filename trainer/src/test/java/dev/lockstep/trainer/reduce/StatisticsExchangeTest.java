package dev.lockstep.trainer.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatisticsExchangeTest {
  private static final StatisticsPoint FORWARD = new StatisticsPoint(0, Phase.FORWARD);
  private static final StatisticsPoint BACKWARD = new StatisticsPoint(0, Phase.BACKWARD);
  private static final List<StatisticsPoint> POINTS = List.of(FORWARD, BACKWARD);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final int COLUMNS = 3;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  /** A part of values of very different size, so that every other order gives other bits. */
  private static StatisticsSum part(Phase phase, int shard) {
    Random random = new Random(31L * shard + (phase == Phase.FORWARD ? 0 : 1));
    double[] first = new double[COLUMNS];
    double[] second = new double[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
      first[j] = random.nextGaussian() * Math.pow(10, random.nextInt(8) - 4);
      second[j] = Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(8) - 4);
    }
    return new StatisticsSum(phase, 1 + random.nextInt(9), first, second);
  }

  private static StatisticsSum direct(StatisticsPoint point, int shards) {
    TreeSum<StatisticsSum> sum = new TreeSum<>(new ShardTree(shards), merged -> {});
    for (int shard = 0; shard < shards; shard++) {
      sum.add(Node.leaf(shard), part(point.phase(), shard));
    }
    return sum.total();
  }

  private static void assertSameBits(StatisticsSum actual, StatisticsSum expected) {
    assertThat(actual.phase()).isEqualTo(expected.phase());
    assertThat(actual.count()).isEqualTo(expected.count());
    assertThat(actual.first()).isEqualTo(expected.first());
    assertThat(actual.second()).isEqualTo(expected.second());
  }

  private static List<Integer> shuffled(int shards, long seed) {
    List<Integer> order = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      order.add(shard);
    }
    Collections.shuffle(order, new Random(seed));
    return order;
  }

  @Test
  void everyOrderOfArrivalGivesTheSameBits() {
    for (int shards = 1; shards <= 9; shards++) {
      for (int seed = 0; seed < 5; seed++) {
        StatisticsExchange exchange = new StatisticsExchange(new ShardTree(shards), POINTS, LONG);
        for (StatisticsPoint point : exchange.points()) {
          for (int shard : shuffled(shards, seed)) {
            exchange.deliver(point, shard, part(point.phase(), shard));
          }
          assertSameBits(exchange.await(point), direct(point, shards));
        }
      }
    }
  }

  @Test
  void forwardPartsMergeLikeMomentsAndBackwardPartsAddUp() {
    StatisticsSum forward = part(Phase.FORWARD, 1);
    Moments moments = part(Phase.FORWARD, 1).moments();
    forward.merge(part(Phase.FORWARD, 2));
    moments.merge(part(Phase.FORWARD, 2).moments());
    assertThat(forward.count()).isEqualTo(moments.count());
    assertThat(forward.first()).isEqualTo(moments.mean());
    assertThat(forward.second()).isEqualTo(moments.squaredDeviations());

    StatisticsSum backward =
        new StatisticsSum(Phase.BACKWARD, 2, new double[] {1, -2}, new double[] {0.5, 8});
    backward.merge(
        new StatisticsSum(Phase.BACKWARD, 3, new double[] {10, 20}, new double[] {-1, 0.25}));
    assertThat(backward.count()).isEqualTo(5);
    assertThat(backward.first()).containsExactly(11, 18);
    assertThat(backward.second()).containsExactly(-0.5, 8.25);
  }

  @Test
  void mergingWithEmptyChangesNothing() {
    for (Phase phase : Phase.values()) {
      StatisticsSum sum = part(phase, 4);
      sum.merge(StatisticsSum.empty(phase));
      assertSameBits(sum, part(phase, 4));
      assertThat(StatisticsSum.empty(phase).isEmpty()).isTrue();
    }
  }

  @Test
  void partsOfDifferentPassesOrWidthsDoNotMix() {
    StatisticsSum forward = part(Phase.FORWARD, 0);
    assertThatThrownBy(() -> forward.merge(part(Phase.BACKWARD, 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> forward.merge(new StatisticsSum(Phase.FORWARD, 1, new double[1], new double[1])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> part(Phase.BACKWARD, 0).moments())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aShardWithoutRowsIsAsIfItWereNotThere() {
    StatisticsExchange exchange = new StatisticsExchange(new ShardTree(3), POINTS, LONG);
    exchange.skip(1);
    exchange.deliver(BACKWARD, 2, part(Phase.BACKWARD, 2));
    exchange.deliver(BACKWARD, 0, part(Phase.BACKWARD, 0));
    StatisticsSum expected = part(Phase.BACKWARD, 0);
    expected.merge(part(Phase.BACKWARD, 2));
    assertSameBits(exchange.await(BACKWARD), expected);
  }

  @Test
  void everyNumberStandsForOnePoint() {
    for (int number = 0; number < 10; number++) {
      assertThat(StatisticsPoint.of(number).number()).isEqualTo(number);
    }
    assertThat(new StatisticsPoint(3, Phase.BACKWARD).number()).isEqualTo(7);
  }

  /**
   * Where the processes of a run meet: answers with the total once the pieces of all processes are
   * in.
   */
  private static final class Driver {
    private final ShardTree tree;
    private final int processes;
    private final List<StatisticsExchange> exchanges = new ArrayList<>();
    private final Map<StatisticsPoint, TreeSum<StatisticsSum>> sums = new HashMap<>();
    private final Map<StatisticsPoint, Integer> heard = new HashMap<>();

    private Driver(int shards, int processes) {
      this.tree = new ShardTree(shards);
      this.processes = processes;
    }

    private synchronized void hear(StatisticsPoint point, Map<Node, StatisticsSum> pieces) {
      TreeSum<StatisticsSum> sum =
          sums.computeIfAbsent(point, first -> new TreeSum<>(tree, merged -> {}));
      pieces.forEach(sum::add);
      if (heard.merge(point, 1, Integer::sum) == processes) {
        exchanges.forEach(exchange -> exchange.complete(point, sum.total()));
      }
    }
  }

  @Test
  void processesThatMeetElsewhereGetTheBitsOfOne() throws Exception {
    int shards = 7;
    int[] first = {0, 3, 4, 7};
    Driver driver = new Driver(shards, first.length - 1);
    for (int process = 0; process + 1 < first.length; process++) {
      driver.exchanges.add(
          new StatisticsExchange(
              driver.tree, POINTS, first[process + 1] - first[process], LONG, driver::hear));
    }
    List<Future<?>> work = new ArrayList<>();
    for (int process = 0; process + 1 < first.length; process++) {
      StatisticsExchange exchange = driver.exchanges.get(process);
      for (int shard = first[process]; shard < first[process + 1]; shard++) {
        int mine = shard;
        work.add(
            threads.submit(
                () -> {
                  for (StatisticsPoint point : POINTS) {
                    exchange.deliver(point, mine, part(point.phase(), mine));
                    assertSameBits(exchange.await(point), direct(point, shards));
                  }
                }));
      }
    }
    for (Future<?> shard : work) {
      shard.get();
    }
    assertThat(driver.heard).containsEntry(FORWARD, 3).containsEntry(BACKWARD, 3);
  }

  @Test
  void aFailureReachesWhoWaitsAndWhoWillWait() throws Exception {
    StatisticsExchange exchange = new StatisticsExchange(new ShardTree(2), POINTS, LONG);
    exchange.deliver(FORWARD, 0, part(Phase.FORWARD, 0));
    Future<StatisticsSum> waiting = threads.submit(() -> exchange.await(FORWARD));
    RuntimeException reason = new IllegalArgumentException("shard 1 is broken");
    exchange.fail(reason);
    exchange.fail(new IllegalStateException("a later one"));
    assertThatThrownBy(waiting::get).isInstanceOf(ExecutionException.class).hasCause(reason);
    assertThatThrownBy(() -> exchange.await(BACKWARD)).isSameAs(reason);
  }

  @Test
  void errorsStayErrorsAndCheckedExceptionsAreWrapped() {
    StatisticsExchange ofError = new StatisticsExchange(new ShardTree(2), POINTS, LONG);
    Error error = new StackOverflowError();
    ofError.fail(error);
    assertThatThrownBy(() -> ofError.await(FORWARD)).isSameAs(error);
    StatisticsExchange ofChecked = new StatisticsExchange(new ShardTree(2), POINTS, LONG);
    Exception checked = new IOException("the connection was lost");
    ofChecked.fail(checked);
    assertThatThrownBy(() -> ofChecked.await(FORWARD))
        .isInstanceOf(IllegalStateException.class)
        .hasCause(checked);
  }

  @Test
  void aWaitThatIsTooLongNamesWhoIsMissing() {
    Duration shortLimit = Duration.ofMillis(20);
    StatisticsExchange alone = new StatisticsExchange(new ShardTree(4), POINTS, shortLimit);
    alone.deliver(FORWARD, 3, part(Phase.FORWARD, 3));
    alone.deliver(FORWARD, 1, part(Phase.FORWARD, 1));
    assertThatThrownBy(() -> alone.await(FORWARD))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("the forward pass of batch-norm layer 0", "2 of the 4", "1, 3");
    StatisticsExchange part =
        new StatisticsExchange(new ShardTree(4), POINTS, 1, shortLimit, (point, pieces) -> {});
    part.deliver(BACKWARD, 0, part(Phase.BACKWARD, 0));
    assertThatThrownBy(() -> part.await(BACKWARD))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("the backward pass of batch-norm layer 0", "outside this process");
  }

  @Test
  void anInterruptedShardStopsWaitingAndStaysInterrupted() {
    StatisticsExchange exchange = new StatisticsExchange(new ShardTree(2), POINTS, LONG);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> exchange.await(FORWARD)).hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void someShardsCannotMeetByThemselves() {
    assertThatThrownBy(() -> new StatisticsExchange(new ShardTree(4), POINTS, 3, LONG, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 of 4");
    StatisticsExchange exchange = new StatisticsExchange(new ShardTree(1), List.of(FORWARD), LONG);
    assertThatThrownBy(() -> exchange.await(BACKWARD))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the backward pass");
  }
}
