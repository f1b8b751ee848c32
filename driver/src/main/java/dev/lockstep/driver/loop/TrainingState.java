package dev.lockstep.driver.loop;

import dev.lockstep.trainer.metric.BestSoFar;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.Optional;

/**
 * The whole truth of a run between two steps. Whoever holds it can continue to the same bits.
 * Mutable; belongs to the driver's thread.
 */
public final class TrainingState {
  private final ParameterVector parameters;
  private final OptimizerState optimizer;
  private final RunningStatistics statistics;
  private final MetricSums epochSums;
  private BestSoFar plateau;
  private BestSoFar stopping;
  private long step;
  private int rateReductions;
  private BestWeights bestWeights;
  private boolean stoppedEarly;
  private double rateFactor;
  private int returns;

  /**
   * State after {@code step} steps, with nothing to remember of them but what the arrays hold.
   *
   * @param step 0 before the first step
   */
  public TrainingState(
      ParameterVector parameters,
      OptimizerState optimizer,
      RunningStatistics statistics,
      long step) {
    this(parameters, optimizer, statistics, step, TrainingMemory.atStart());
  }

  /**
   * State in the middle of a run, as it was kept.
   *
   * @param step steps taken
   * @param memory what the steps left beside the arrays; its parts are kept, not copied
   */
  public TrainingState(
      ParameterVector parameters,
      OptimizerState optimizer,
      RunningStatistics statistics,
      long step,
      TrainingMemory memory) {
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.statistics = statistics;
    this.step = step;
    this.epochSums = memory.epochSums();
    this.plateau = memory.plateau();
    this.stopping = memory.stopping();
    this.rateReductions = memory.rateReductions();
    this.rateFactor = memory.rateFactor();
    this.returns = memory.returns();
    this.stoppedEarly = memory.stoppedEarly();
    this.bestWeights = memory.bestWeights();
  }

  /** θ and the running statistics in float32. */
  public ParameterVector parameters() {
    return parameters;
  }

  /** What the optimizer remembers. */
  public OptimizerState optimizer() {
    return optimizer;
  }

  /** What moves the running statistics, which are part of the parameters. */
  public RunningStatistics statistics() {
    return statistics;
  }

  /** Steps taken. */
  public long step() {
    return step;
  }

  /** All that is small: what the steps left beside the arrays. A view, not a copy. */
  public TrainingMemory memory() {
    return new TrainingMemory(
        epochSums,
        plateau,
        stopping,
        rateReductions,
        rateFactor,
        returns,
        stoppedEarly,
        bestWeights);
  }

  /** Sums over the mini-batches of the epoch that is going on. */
  public MetricSums epochSums() {
    return epochSums;
  }

  /** What a plateau schedule remembers. */
  public BestSoFar plateau() {
    return plateau;
  }

  /** What early stopping remembers. */
  public BestSoFar stopping() {
    return stopping;
  }

  /** How often a plateau has lowered the learning rate. */
  public int rateReductions() {
    return rateReductions;
  }

  /** Factor on the scheduled learning rate: 1, and less after returns from a divergence. */
  public double rateFactor() {
    return rateFactor;
  }

  /** How often training has returned to an earlier state because it diverged. */
  public int returns() {
    return returns;
  }

  /** Whether early stopping has ended the run. */
  public boolean stoppedEarly() {
    return stoppedEarly;
  }

  /** The weights of the best epoch; empty without early stopping and before its first epoch. */
  public Optional<BestWeights> bestWeights() {
    return Optional.ofNullable(bestWeights);
  }

  /** Puts the weights of the best epoch back, where early stopping has kept them. */
  public void restoreBest() {
    if (bestWeights != null) {
      float[] best = bestWeights.parameters().values();
      System.arraycopy(best, 0, parameters.values(), 0, best.length);
      statistics.setBatchesTracked(bestWeights.batchesTracked());
    }
  }

  /**
   * Makes this, an earlier state of a run, the one that it has returned to.
   *
   * @param diverged where the run was before; tells how often it had returned already
   * @param reduceRate factor on the learning rate, beside those of earlier returns
   */
  public void returnedFrom(TrainingState diverged, double reduceRate) {
    rateFactor = diverged.rateFactor * reduceRate;
    returns = diverged.returns + 1;
  }

  /** Forgets earlier returns, as for a run whose user has chosen another learning rate. */
  public void forgetReturns() {
    rateFactor = 1.0;
    returns = 0;
  }

  /** Forgets what a plateau schedule remembers, as for a run whose user has chosen another one. */
  public void forgetPlateau() {
    plateau = new BestSoFar();
    rateReductions = 0;
  }

  /**
   * Forgets what early stopping remembers, the best weights included, as for a run whose user has
   * switched it off or has it watch another metric.
   */
  public void forgetStopping() {
    stopping = new BestSoFar();
    bestWeights = null;
    stoppedEarly = false;
  }

  /** Takes back that early stopping has ended the run, as for a run whose user is more patient. */
  public void takeBackStop() {
    stoppedEarly = false;
  }

  void finishStep() {
    step++;
  }

  void reduceRate() {
    rateReductions++;
    plateau.restartCount();
  }

  void keepAsBest(int epoch, double value) {
    bestWeights = new BestWeights(epoch, value, parameters.copy(), statistics.batchesTracked());
  }

  void stopEarly() {
    stoppedEarly = true;
  }
}
