package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Candidates whose steps take what the test says, by a clock that only they move. */
final class AutoReplicasTest {
  private static final double MILLI = 1e6;
  private static final long MANY_STEPS = 100_000;

  private final List<String> told = new ArrayList<>();

  /** Names of those that started and of those that were closed, in order. */
  private final List<String> events = new ArrayList<>();

  private long nanos;
  private long step;

  /** A kind whose steps take so many milliseconds. */
  private final class Fake implements Replicas {
    private final String name;
    private final double compute;
    private final double rest;
    private final List<Long> steps = new ArrayList<>();
    private int startsThatFail;
    private int stepsThatWork = Integer.MAX_VALUE;
    private boolean losesItsPlace;
    private boolean canceled;

    Fake(String name, double compute, double rest) {
      this.name = name;
      this.compute = compute;
      this.rest = rest;
    }

    AutoReplicas.Candidate candidate() {
      return new AutoReplicas.Candidate(
          name,
          () -> {
            if (startsThatFail-- > 0) {
              throw new IllegalStateException("no room for " + name + ".\nDetails follow.");
            }
            events.add("+" + name);
            return this;
          });
    }

    @Override
    public Contribution compute(ParameterVector parameters, StepPlan plan) {
      if (steps.size() == stepsThatWork && losesItsPlace) {
        throw new LockstepException(
            ErrorKind.RESOURCE, name + " has no room any more.", new ShrunkCluster(1, 2));
      }
      if (steps.size() == stepsThatWork) {
        throw new IllegalStateException(name + " broke");
      }
      steps.add(plan.step());
      nanos += Math.round((compute + rest) * MILLI);
      Contribution contribution = new Contribution(1, new int[0]);
      contribution.addComputeNanos(Math.round(compute * MILLI));
      return contribution;
    }

    @Override
    public double broadcastSeconds() {
      return compute;
    }

    @Override
    public MetricSums evaluate(ParameterVector parameters, Split split) {
      return MetricSums.forSplit(2);
    }

    @Override
    public void cancel() {
      canceled = true;
    }

    @Override
    public void close() {
      events.add("-" + name);
    }
  }

  private AutoReplicas auto(long totalSteps, Fake... fakes) {
    AutoReplicas auto =
        new AutoReplicas(
            Arrays.stream(fakes).map(Fake::candidate).toList(), Map.of(), totalSteps, () -> nanos);
    auto.onChoice(told::add);
    return auto;
  }

  private void take(AutoReplicas auto, long steps) {
    for (long i = 0; i < steps; i++) {
      auto.compute(null, StepPlan.of(++step, 100));
    }
  }

  @Test
  void theFirstIsTakenWhereHardlyAnythingButComputeIsLeft() {
    Fake local = new Fake("local", 2.0, 0.1);
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto = auto(MANY_STEPS, local, tree);
    take(auto, 2000);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took local: 2.1 ms a step before its update, 5% of it not"
                + " compute, so no other could save much.");
    assertThat(auto.taken()).isEqualTo("local");
    assertThat(local.steps).hasSize(2000);
    assertThat(events).containsExactly("+local");
  }

  @Test
  void theFastestOfAllIsTakenAndOnlyOneAtATimeIsOpen() {
    Fake local = new Fake("local", 2.0, 3.0);
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto = auto(MANY_STEPS, local, barrier, tree);
    take(auto, 1000);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took barrier: 3.0 ms a step before its update, 33% of it not"
                + " compute; local 5.0 ms, tree 10.0 ms.");
    assertThat(events)
        .containsExactly("+local", "-local", "+barrier", "-barrier", "+tree", "-tree", "+barrier");
    assertThat(tree.steps).hasSize(15);
    assertThat(auto.broadcastSeconds()).isEqualTo(2.0);
    auto.close();
    assertThat(events).endsWith("-barrier");
  }

  @Test
  void everyStepIsTakenOnceAndInOrder() {
    Fake local = new Fake("local", 2.0, 3.0);
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto = auto(2000, local, barrier, tree);
    take(auto, 2000);
    List<Long> all = new ArrayList<>(local.steps);
    all.addAll(barrier.steps.subList(0, 15));
    all.addAll(tree.steps);
    all.addAll(barrier.steps.subList(15, barrier.steps.size()));
    assertThat(all).hasSize(2000).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aFasterOneThatComputesMostOfTheTimeEndsTheTrials() {
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    Fake tree = new Fake("tree", 2.0, 0.1);
    Fake third = new Fake("third", 1.0, 0.0);
    take(auto(MANY_STEPS, barrier, tree, third), 2000);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took tree: 2.1 ms a step before its update, 5% of it not"
                + " compute, so no other could save much; barrier 3.0 ms.");
    assertThat(third.steps).isEmpty();
  }

  @Test
  void theFirstWarmsUpForATimeAndTheMedianForgivesAnOutlier() {
    Fake local = new Fake("local", 2.0, 1.0);
    AutoReplicas auto = auto(MANY_STEPS, local, new Fake("tree", 2.0, 8.0));
    // 2 seconds of steps of 3 ms.
    take(auto, 670);
    nanos += 1_000_000_000;
    take(auto, 8);
    assertThat(told).isEmpty();
    take(auto, 40);
    assertThat(told.get(0)).contains("took local: 3.0 ms", "; tree 10.0 ms.");
  }

  @Test
  void whatIsSlowIsGivenUpBeforeItHasTakenMuchOfTheTime() {
    Fake local = new Fake("local", 2.0, 3.0);
    Fake tree = new Fake("tree", 2.0, 198.0);
    take(auto(2000, local, tree), 2000);
    assertThat(told.get(0)).contains("took local: 5.0 ms", "; tree 200.0 ms.");
    // A tenth of the 1790 steps left, of 5 ms each.
    assertThat(tree.steps).hasSize(5);
  }

  @Test
  void nothingIsTriedForAFewSecondsInAllThatIsLeft() {
    Fake local = new Fake("local", 0.2, 0.05);
    Fake tree = new Fake("tree", 2.0, 8.0);
    take(auto(5000, local, tree), 5000);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took local: 0.25 ms a step before its update, 20% of it not"
                + " compute, and in the steps left no other could save 5 seconds.");
    assertThat(tree.steps).isEmpty();
  }

  @Test
  void trialsTakeAModestShareOfTheRun() {
    for (int steps : new int[] {60, 100, 300, 1000}) {
      Fake local = new Fake("local", 200.0, 300.0);
      Fake barrier = new Fake("barrier", 200.0, 800.0);
      Fake tree = new Fake("tree", 200.0, 900.0);
      step = 0;
      take(auto(steps, local, barrier, tree), steps);
      assertThat(told.get(told.size() - 1)).contains("took local: 500.0 ms");
      assertThat(barrier.steps.size() + tree.steps.size())
          .as("of %d steps", steps)
          .isBetween(6, steps / 10);
    }
  }

  @Test
  void aShortRunComparesNothing() {
    Fake local = new Fake("local", 2.0, 300.0);
    take(auto(59, local, new Fake("barrier", 2, 1), new Fake("tree", 2, 8)), 59);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took local; the run is too short to compare it with barrier and"
                + " tree.");
    assertThat(events).containsExactly("+local");
  }

  @Test
  void aRunThatGoesOnJudgesByTheStepsThatAreLeft() {
    Fake local = new Fake("local", 2.0, 300.0);
    step = 9_990;
    take(auto(10_000, local, new Fake("tree", 2, 8)), 10);
    assertThat(told.get(0)).contains("took local; the run is too short");
  }

  @Test
  void whatDoesNotStartIsLeftOutWithItsReason() {
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    barrier.startsThatFail = 1;
    Fake tree = new Fake("tree", 2.0, 8.0);
    take(auto(MANY_STEPS, barrier, tree), 100);
    assertThat(told)
        .containsExactly("synchronizer auto: took tree. barrier is left out: no room for barrier.");
    assertThat(tree.steps).hasSize(100);
  }

  @Test
  void whatFailsInItsFirstStepIsLeftOutAndTheStepIsTakenByAnother() {
    Fake local = new Fake("local", 2.0, 3.0);
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    barrier.stepsThatWork = 0;
    Fake tree = new Fake("tree", 2.0, 8.0);
    take(auto(MANY_STEPS, local, barrier, tree), 1000);
    assertThat(told)
        .containsExactly(
            "synchronizer auto: took local: 5.0 ms a step before its update, 60% of it not"
                + " compute; tree 10.0 ms. barrier is left out: barrier broke.");
    assertThat(events)
        .containsExactly("+local", "-local", "+barrier", "-barrier", "+tree", "-tree", "+local");
    assertThat(local.steps.size() + tree.steps.size()).isEqualTo(1000);
  }

  @Test
  void aWinnerThatCannotStartAgainGivesWayToTheNextBest() {
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto = auto(MANY_STEPS, barrier, tree);
    while (told.isEmpty()) {
      take(auto, 1);
    }
    assertThat(auto.taken()).isEqualTo("barrier");
    barrier.startsThatFail = 1;
    take(auto, 10);
    assertThat(auto.taken()).isEqualTo("tree");
    assertThat(told).hasSize(2);
    assertThat(told.get(1)).contains("took tree: 10.0 ms", "barrier is left out: no room");
  }

  @Test
  void aFailureLaterOnIsTheRuns() {
    Fake local = new Fake("local", 2.0, 3.0);
    local.stepsThatWork = 3;
    AutoReplicas auto = auto(MANY_STEPS, local, new Fake("tree", 2.0, 8.0));
    assertThatThrownBy(() -> take(auto, 4)).hasMessage("local broke");
  }

  @Test
  void whatHasNoRoomAnyMoreGivesWayAndTheStepIsRepeated() {
    for (int stepsThatWork : new int[] {3, 2000}) {
      told.clear();
      events.clear();
      step = 0;
      Fake barrier = new Fake("barrier", 2.0, 0.1);
      barrier.stepsThatWork = stepsThatWork;
      barrier.losesItsPlace = true;
      Fake tree = new Fake("tree", 2.0, 8.0);
      AutoReplicas auto = auto(MANY_STEPS, barrier, tree);
      take(auto, stepsThatWork + 5L);
      assertThat(told)
          .last()
          .isEqualTo(
              "synchronizer auto: took tree. barrier is left out: barrier has no room any more.");
      assertThat(auto.taken()).isEqualTo("tree");
      assertThat(events).containsExactly("+barrier", "-barrier", "+tree");
      assertThat(tree.steps).startsWith(stepsThatWork + 1L).hasSize(5);
    }
  }

  @Test
  void whereNothingElseIsLeftThatThereIsNoRoomIsTheRunsFailure() {
    Fake barrier = new Fake("barrier", 2.0, 0.1);
    barrier.stepsThatWork = 3;
    barrier.losesItsPlace = true;
    AutoReplicas auto = auto(MANY_STEPS, barrier);
    assertThatThrownBy(() -> take(auto, 4)).hasMessage("barrier has no room any more.");
  }

  @Test
  void whatIsCanceledIsNotTakenByAnother() {
    Fake barrier = new Fake("barrier", 2.0, 1.0);
    barrier.stepsThatWork = 0;
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto = auto(MANY_STEPS, barrier, tree);
    auto.evaluate(null, Split.TRAIN);
    auto.cancel();
    assertThat(barrier.canceled).isTrue();
    assertThatThrownBy(() -> take(auto, 1)).hasMessage("barrier broke");
    assertThat(events).containsExactly("+barrier");
  }

  @Test
  void whereNoneStartsTheLastFailureNamesTheOthers() {
    Fake barrier = new Fake("barrier", 2.0, 3.0);
    barrier.startsThatFail = 1;
    Fake tree = new Fake("tree", 2.0, 8.0);
    tree.stepsThatWork = 0;
    AutoReplicas auto = auto(MANY_STEPS, barrier, tree);
    assertThatThrownBy(() -> take(auto, 1))
        .hasMessage("tree broke")
        .satisfies(
            failure ->
                assertThat(failure.getSuppressed()[0]).hasMessageContaining("no room for barrier"));
  }

  @Test
  void theOnlyOneIsTakenAtOnceAndObstaclesAreTold() {
    Fake tree = new Fake("tree", 2.0, 8.0);
    AutoReplicas auto =
        new AutoReplicas(
            List.of(tree.candidate()), Map.of("barrier", "executors come"), 10, () -> nanos);
    auto.onChoice(told::add);
    take(auto, 1);
    assertThat(told)
        .containsExactly("synchronizer auto: took tree. barrier is left out: executors come.");
  }

  @Test
  void evaluationIsDoneByWhoeverIsAtWork() {
    AutoReplicas auto = auto(MANY_STEPS, new Fake("local", 2.0, 3.0), new Fake("tree", 2.0, 8.0));
    assertThat(auto.evaluate(null, Split.TRAIN).isEmpty()).isTrue();
    assertThat(events).containsExactly("+local");
    auto.close();
    auto.close();
    assertThat(events).containsExactly("+local", "-local");
  }
}
