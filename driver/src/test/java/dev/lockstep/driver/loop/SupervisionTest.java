package dev.lockstep.driver.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.schedule.EarlyStopping;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the loop decides at the end of an epoch, on a run whose validation losses are given. */
final class SupervisionTest {
  private static final int STEPS_PER_EPOCH = 2;
  private static final double RATE = 0.5;

  /** Every gradient is 1; validation losses come from a list. */
  private static final class ScriptedReplicas implements Replicas {
    private final List<Double> validationLosses;
    private int evaluations;

    private ScriptedReplicas(List<Double> validationLosses) {
      this.validationLosses = validationLosses;
    }

    @Override
    public Contribution compute(ParameterVector parameters, StepPlan step) {
      MetricSums sums = new MetricSums(0);
      sums.addClass(0, 0, 1.0, 1.0);
      return new Contribution(sums, new float[] {1f}, new Moments[0]);
    }

    @Override
    public double broadcastSeconds() {
      return 0.0;
    }

    @Override
    public MetricSums evaluate(ParameterVector parameters, Split split) {
      MetricSums sums = new MetricSums(0);
      sums.addClass(0, 0, 1.0, validationLosses.get(evaluations++));
      return sums;
    }

    @Override
    public void close() {}
  }

  private static final class Records implements TrainingListener {
    private final List<StepRecord> steps = new ArrayList<>();
    private final List<EpochRecord> epochs = new ArrayList<>();
    private long stopAfter = Long.MAX_VALUE;

    @Override
    public void stepFinished(StepRecord record) {
      steps.add(record);
    }

    @Override
    public void epochFinished(EpochRecord record) {
      epochs.add(record);
    }

    @Override
    public boolean wantsToStop() {
      return steps.size() >= stopAfter;
    }
  }

  private final Records records = new Records();
  private TrainingState state;
  private TrainingLoop loop;

  private void prepare(Schedule schedule, EarlyStopping earlyStopping, Double... losses) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.WEIGHT, 1, 1);
    ParameterLayout layout = builder.build();
    Optimizer optimizer = new Optimizer.Sgd(RATE);
    state =
        new TrainingState(
            new ParameterVector(new float[1]),
            optimizer.newState(1),
            new RunningStatistics(layout, new long[0]),
            0);
    TrainingPlan plan =
        new TrainingPlan(
            new UpdateStep(layout, Regularization.NONE, Double.POSITIVE_INFINITY, optimizer),
            schedule,
            (long) losses.length * STEPS_PER_EPOCH,
            STEPS_PER_EPOCH,
            1,
            earlyStopping);
    loop =
        new TrainingLoop(
            new ScriptedReplicas(List.of(losses)), plan, true, records, ThreadTeam.ofCaller());
  }

  private static EarlyStopping stopAfter(int patience, double minDelta) {
    return new EarlyStopping(WatchedMetric.VALIDATION_LOSS, patience, minDelta);
  }

  @Test
  void trainingStopsWhenPatienceIsExhaustedAndTheBestWeightsComeBack() {
    prepare(new Schedule.Constant(), stopAfter(2, 0), 3.0, 1.0, 2.0, 1.0, 0.5);
    loop.run(state);

    assertThat(records.epochs).hasSize(4);
    assertThat(state.stoppedEarly()).isTrue();
    assertThat(state.parameters().values()[0]).isEqualTo((float) (-RATE * 4 * STEPS_PER_EPOCH));
    assertThat(state.bestWeights().orElseThrow().epoch()).isEqualTo(2);
    assertThat(state.bestWeights().orElseThrow().value()).isEqualTo(1.0);
    state.restoreBest();
    assertThat(state.parameters().values()[0]).isEqualTo((float) (-RATE * 2 * STEPS_PER_EPOCH));
  }

  @Test
  void anImprovementBelowMinDeltaDoesNotCount() {
    prepare(
        new Schedule.Constant(), stopAfter(3, 0.25), 1.0, 0.875, 0.75, 0.625, 0.5, 0.5, 0.4, 0.1);
    loop.run(state);
    // 0.625 beats 1 by more than 0.25; what comes after does not beat 0.625 by as much.
    assertThat(records.epochs).hasSize(7);
    assertThat(state.bestWeights().orElseThrow().epoch()).isEqualTo(4);
    assertThat(state.bestWeights().orElseThrow().value()).isEqualTo(0.625);
  }

  @Test
  void withoutEarlyStoppingAllStepsAreTakenAndNothingIsKept() {
    prepare(new Schedule.Constant(), null, 1.0, 2.0, 3.0, 4.0);
    loop.run(state);
    assertThat(records.epochs).hasSize(4);
    assertThat(state.stoppedEarly()).isFalse();
    assertThat(state.bestWeights()).isEmpty();
  }

  @Test
  void theRateFallsWhenTheMetricHasNotImprovedForPatienceValidations() {
    prepare(
        new Schedule.Plateau(WatchedMetric.VALIDATION_LOSS, 0.1, 2, 0),
        null,
        3.0,
        3.0,
        3.0,
        2.0,
        2.0,
        2.0,
        2.0);
    loop.run(state);
    List<Double> rates = new ArrayList<>();
    for (int epoch = 0; epoch < records.epochs.size(); epoch++) {
      rates.add(records.steps.get(epoch * STEPS_PER_EPOCH).learningRate());
    }
    assertThat(rates)
        .containsExactly(
            RATE, RATE, RATE, RATE * 0.1, RATE * 0.1, RATE * 0.1, RATE * StrictMath.pow(0.1, 2));
    assertThat(state.rateReductions()).isEqualTo(2);
  }

  @Test
  void aLoopThatPausesContinuesWhereItWas() {
    prepare(new Schedule.Constant(), stopAfter(2, 0), 3.0, 1.0, 2.0, 1.0, 0.5);
    loop.run(state, 3);
    assertThat(state.step()).isEqualTo(3);
    loop.run(state, 4);
    records.stopAfter = 7;
    loop.run(state);
    assertThat(state.step()).isEqualTo(7);
    records.stopAfter = Long.MAX_VALUE;
    loop.run(state);
    assertThat(state.stoppedEarly()).isTrue();
    assertThat(records.steps.stream().map(StepRecord::step))
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    assertThat(records.epochs.stream().map(epoch -> epoch.train().examples()))
        .containsExactly(2L, 2L, 2L, 2L);
  }
}
