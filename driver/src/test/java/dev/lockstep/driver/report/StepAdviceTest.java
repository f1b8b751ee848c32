package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StepAdviceTest {
  private static final StepAdvice BIG_SHARDS = new StepAdvice(128, 2, null);

  /** So many steps of the same times, in milliseconds, after a slow first one. */
  private static PhaseTimes times(
      int steps, double compute, double aggregate, double update, double broadcast) {
    PhaseTimes times = new PhaseTimes();
    times.add(new StepTimes(1.0, 0.1, 0.1, 5.0, 6.2));
    double total = compute + aggregate + update + broadcast;
    for (int step = 1; step < steps; step++) {
      times.add(
          new StepTimes(
              1e-3 * compute, 1e-3 * aggregate, 1e-3 * update, 1e-3 * broadcast, 1e-3 * total));
    }
    return times;
  }

  @Test
  void stepsThatMostlyComputeNeedNone() {
    assertThat(BIG_SHARDS.on(times(100, 7.1, 2, 0.5, 0.4))).isEmpty();
  }

  @Test
  void shortRunsGetNone() {
    assertThat(BIG_SHARDS.on(times(49, 1, 8, 1, 1))).isEmpty();
    assertThat(BIG_SHARDS.on(times(50, 1, 8, 1, 1))).isPresent();
    assertThat(BIG_SHARDS.on(new PhaseTimes())).isEmpty();
  }

  @Test
  void aggregateCallsForAnotherSynchronizerOrABiggerBatch() {
    assertThat(new StepAdvice(128, 2, "barrier").on(times(100, 2, 6, 0.5, 1.5)))
        .contains(
            "80% of a step's time (10.0 ms) is not compute; the largest part of that is starting the"
                + " work and adding up the gradients (aggregate), 6.00 ms. What helps: training.synchronizer:"
                + " barrier; or a bigger training.batchSize, so that there are fewer steps for the"
                + " same examples.");
  }

  @Test
  void broadcastIsNamedWhereItTakesMost() {
    assertThat(BIG_SHARDS.on(times(100, 2, 1, 0.5, 1.5)))
        .hasValueSatisfying(
            text -> assertThat(text).contains("handing out the parameters (broadcast), 1.50 ms"));
  }

  @Test
  void anUpdateIsNoFasterOnFewerCores() {
    assertThat(new StepAdvice(8, 4, "barrier").on(times(100, 2, 1, 6, 1)))
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .contains("the optimizer's update, 6.00 ms", "a bigger training.batchSize")
                    .doesNotContain("barrier")
                    .doesNotContain("cores"));
  }

  @Test
  void tinyShardsCallForFewerOfThem() {
    assertThat(new StepAdvice(40, 8, null).on(times(100, 2, 6, 0.5, 1.5)))
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .endsWith(
                        "; or fewer cores and training.shards: now each of 8 shards has 5 examples"
                            + " of a mini-batch."));
    assertThat(new StepAdvice(40, 1, null).on(times(100, 2, 6, 0.5, 1.5)))
        .hasValueSatisfying(text -> assertThat(text).doesNotContain("cores"));
  }
}
