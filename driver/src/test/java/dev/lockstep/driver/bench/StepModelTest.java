package dev.lockstep.driver.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.driver.bench.StepModel.Cluster;
import dev.lockstep.driver.bench.StepModel.Constants;
import dev.lockstep.driver.bench.StepModel.Cost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepModelTest {
  private static final Constants FREE = new Constants(0, 0, 0, 0, 0, 0, 0);
  private static final Constants USUAL =
      new Constants(0.007, 0.0004, 0.005, 0.0002, 4e-10, 2e-10, 1e-9);
  private static final Cost COST = new Cost(1_000_000, 0.001, 1e-5);
  private static final double TEN_GIGABITS = 1.25e9;

  private static StepModel model(Constants constants, int executors, int cores, double link) {
    return new StepModel(constants, new Cluster(executors, cores, link, 0.0), COST);
  }

  @Test
  void withNothingButArithmeticBothTakeItsTime() {
    StepModel model = model(FREE, 16, 4, Double.POSITIVE_INFINITY);
    double compute = 0.001 + 1e-5 * StepModel.largestShare(6400, 64);
    assertThat(model.computeSeconds(6400)).isEqualTo(compute);
    assertThat(model.treeSeconds(6400)).isEqualTo(compute);
    assertThat(model.barrierSeconds(6400)).isEqualTo(compute);
  }

  @Test
  void oneCoreOnOneExecutorIsPerfectWhereTheNetworkIsFree() {
    StepModel model = model(FREE, 1, 1, Double.POSITIVE_INFINITY);
    assertThat(model.barrierSeconds(100)).isEqualTo(0.001 + 1e-5 * 100);
    assertThat(model.efficiency(100, 100, model.barrierSeconds(100))).isEqualTo(1.0);
  }

  @Test
  void oneExecutorPaysForOneGradientDownAndOneUp() {
    StepModel model = model(USUAL, 1, 1, TEN_GIGABITS);
    double transfer = 4e6 / TEN_GIGABITS;
    assertThat(model.barrierSeconds(100) - model.aloneSeconds(100))
        .isCloseTo(2 * (transfer + 0.0001), within(1e-12));
    assertThat(model.treeSeconds(100) - model.aloneSeconds(100))
        .isCloseTo(0.007 + 2 * transfer + 3 * 0.0001, within(1e-12));
  }

  @Test
  void theSlowerOfLinkAndEndpointCounts() {
    StepModel fast = model(USUAL, 16, 4, Double.POSITIVE_INFINITY);
    StepModel likeTheEndpoint = model(USUAL, 16, 4, 1 / 4e-10);
    assertThat(fast.barrierSeconds(1000)).isEqualTo(likeTheEndpoint.barrierSeconds(1000));
    assertThat(model(USUAL, 16, 4, 1e8).barrierSeconds(1000))
        .isGreaterThan(fast.barrierSeconds(1000));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 16, 64, 256})
  void theBarrierGrowsWithTheLogarithmOfTheExecutors(int executors) {
    double one = overhead(executors);
    double two = overhead(2 * executors);
    double hop = 4e6 / TEN_GIGABITS + 4e6 * 2e-10 + 0.0001;
    // One more hop up, and at most one more level down.
    double level = 3 * (256 << 10) / TEN_GIGABITS + 0.0001;
    assertThat(two - one).isBetween(hop - 1e-12, hop + level + 1e-12);
  }

  private static double overhead(int executors) {
    StepModel model = model(USUAL, executors, 4, TEN_GIGABITS);
    return model.barrierSeconds(1000) - model.computeSeconds(1000);
  }

  @Test
  void aReducerOfTheTreeReceivesAsMuchHoweverManyExecutorsThereAre() {
    Constants noTasks = new Constants(0.007, 0, 0.005, 0, 4e-10, 2e-10, 1e-9);
    Cost large = new Cost(10_000_000, 0.001, 1e-5);
    double few = reduced(noTasks, large, 64);
    double many = reduced(noTasks, large, 512);
    // Three more rounds in which blocks of the broadcast pass from executor to executor.
    assertThat(many - few).isCloseTo(3 * (4e6 / TEN_GIGABITS), within(1e-9));
  }

  private static double reduced(Constants constants, Cost cost, int executors) {
    StepModel model = new StepModel(constants, new Cluster(executors, 1, TEN_GIGABITS, 0.0), cost);
    return model.treeSeconds(1000) - model.computeSeconds(1000);
  }

  @Test
  void aMiniBatchThatGrowsWithTheClusterMakesBetterUseOfIt() {
    StepModel model = model(USUAL, 64, 4, TEN_GIGABITS);
    double own = model.efficiency(1024, 1024, model.barrierSeconds(1024));
    double scaled = model.efficiency(1024, 64 * 1024, model.barrierSeconds(64 * 1024));
    assertThat(own).isBetween(0.0, 0.2);
    assertThat(scaled).isGreaterThan(2 * own).isLessThan(1.0);
  }

  @Test
  void theLargestShareLiesBetweenTheMeanAndTheWhole() {
    assertThat(StepModel.largestShare(128, 1)).isEqualTo(128);
    assertThat(StepModel.largestShare(128, 2)).isBetween(64.0, 80.0);
    assertThat(StepModel.largestShare(1, 1024)).isLessThanOrEqualTo(1.0);
  }
}
