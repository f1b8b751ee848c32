package dev.lockstep.driver.loop;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.report.StepTimes;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.optimizer.UpdateWorkspace;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.reduce.Contribution;

/**
 * Synchronous data-parallel gradient descent: hand out parameters, add up contributions, update,
 * tell. The same for threads of one machine and for a cluster.
 */
public final class TrainingLoop {
  private static final double NANO = 1e-9;

  private final Replicas replicas;
  private final TrainingPlan plan;
  private final boolean classification;
  private final TrainingListener listener;
  private final Supervision supervision;
  private final UpdateWorkspace workspace;

  /**
   * A loop over the given replicas.
   *
   * @param classification decides which metrics are told
   * @param team shares out the update; stays the caller's. Replicas on this machine may work on the
   *     same one, since they rest during the update
   */
  public TrainingLoop(
      Replicas replicas,
      TrainingPlan plan,
      boolean classification,
      TrainingListener listener,
      ThreadTeam team) {
    this.replicas = replicas;
    this.plan = plan;
    this.classification = classification;
    this.listener = listener;
    this.supervision = new Supervision(plan.schedule(), plan.earlyStopping());
    this.workspace = new UpdateWorkspace(plan.update().layout(), team);
  }

  /** Takes all steps that are left, unless early stopping or the listener ends it before. */
  public void run(TrainingState state) {
    run(state, plan.totalSteps());
  }

  /** As {@link #run(TrainingState)}, at most to the end of step {@code lastStep}. */
  public void run(TrainingState state, long lastStep) {
    if (plan.leavesEpochOpen(state) && !listener.wantsToStop()) {
      endEpoch(state, StepPlan.of(state.step(), plan.stepsPerEpoch()));
      listener.settled(state);
    }
    while (state.step() < lastStep && !state.stoppedEarly() && !listener.wantsToStop()) {
      StepPlan step = StepPlan.of(state.step() + 1, plan.stepsPerEpoch());
      listener.stepFinished(takeStep(state, step));
      if (plan.endsEpoch(step.step())) {
        endEpoch(state, step);
      }
      listener.settled(state);
    }
  }

  private StepRecord takeStep(TrainingState state, StepPlan step) {
    long start = System.nanoTime();
    Contribution total = replicas.compute(state.parameters(), step);
    long computed = System.nanoTime();
    UpdateStep.Report report = plan.update().prepare(total, state.parameters(), workspace);
    if (!plan.update().accepts(report)) {
      throw diverged(step, report);
    }
    listener.beforeUpdate(step.step());
    double rate = plan.rate(step.step(), state.rateReductions()) * state.rateFactor();
    plan.update()
        .apply(total, report, state.parameters(), state.optimizer(), rate, step.step(), workspace);
    state.statistics().move(total.moments(), state.parameters());
    state.finishStep();
    state.epochSums().merge(total.metrics());
    long updated = System.nanoTime();
    double compute = total.computeNanos() * NANO;
    double broadcast = replicas.broadcastSeconds();
    double aggregate = Math.max(0.0, (computed - start) * NANO - compute - broadcast);
    return new StepRecord(
        step.step(),
        step.epoch(),
        report.loss(),
        report.penalty(),
        rate,
        total.metrics().examples(),
        report.gradientNorm(),
        new StepTimes(
            compute, aggregate, (updated - computed) * NANO, broadcast, (updated - start) * NANO));
  }

  /**
   * Until the validation is there, the state stays that of the step: a run that breaks off in it
   * can go on here.
   */
  private void endEpoch(TrainingState state, StepPlan step) {
    SplitMetrics validation =
        plan.validatesAfter(step.epoch(), step.step())
            ? Metrics.of(replicas.evaluate(state.parameters(), Split.VALIDATION), classification)
            : null;
    listener.beforeEpochEnd();
    EpochRecord epoch =
        new EpochRecord(step.epoch(), Metrics.of(state.epochSums(), classification), validation);
    state.epochSums().clear();
    supervision.after(epoch, state);
    listener.epochFinished(epoch);
  }

  private static LockstepException diverged(StepPlan step, UpdateStep.Report report) {
    return new LockstepException(
        ErrorKind.NUMERIC,
        "training diverged at step "
            + step.step()
            + " (epoch "
            + step.epoch()
            + "): loss "
            + report.loss()
            + ", gradient norm "
            + report.gradientNorm()
            + ". Try a smaller optimizer.learningRate, training.gradientClip,"
            + " or data.normalize: standard.");
  }
}
