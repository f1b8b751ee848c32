package dev.lockstep.driver.bench;

import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingLoop;
import dev.lockstep.driver.loop.TrainingPlan;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;

/**
 * A training run that is taken some steps further at a time, by whatever replicas, and tells how
 * long each took: the same loop as any other run, without validation.
 */
final class MeasuredRun implements AutoCloseable {
  private static final double NANO = 1e-9;

  private final ThreadTeam team;
  private final Network network;
  private final TrainingState state;
  private final TrainingPlan plan;
  private final List<StepRecord> records = new ArrayList<>();
  private double[] wall = new double[0];

  /**
   * A run of {@code workload} from its initial weights.
   *
   * @param threads of the driver, which make the update
   */
  MeasuredRun(Workload workload, int threads) {
    this.team = new ThreadTeam("lockstep-driver", threads);
    this.network = workload.network();
    Optimizer optimizer = workload.optimizer();
    this.state =
        new TrainingState(
            network.initialParameters(Workload.SEED),
            optimizer.newState(network.layout().trainableLength()),
            new RunningStatistics(network.layout(), new long[network.batchNormColumns().length]),
            0);
    int stepsPerEpoch = workload.blueprint(1).plan().stepsPerEpoch();
    this.plan =
        new TrainingPlan(
            new UpdateStep(
                network.layout(), Regularization.NONE, Double.POSITIVE_INFINITY, optimizer),
            new Schedule.Constant(),
            Long.MAX_VALUE,
            stepsPerEpoch,
            0);
  }

  private final class Clock implements TrainingListener {
    private long before;
    private int count;

    @Override
    public boolean wantsToStop() {
      if (count == 0) {
        before = System.nanoTime();
      }
      return false;
    }

    @Override
    public void stepFinished(StepRecord record) {
      long now = System.nanoTime();
      wall[count++] = (now - before) * NANO;
      before = now;
      records.add(record);
      if (count == wall.length) {
        count = 0;
      }
    }

    @Override
    public void epochFinished(EpochRecord record) {}
  }

  /**
   * Takes {@code count} more steps.
   *
   * @param replicas of the same workload; they stay the caller's
   * @return wall-clock seconds from the end of one step to the end of the next
   */
  double[] steps(Replicas replicas, int count) {
    wall = new double[count];
    records.clear();
    new TrainingLoop(replicas, plan, true, new Clock(), team).run(state, state.step() + count);
    return wall;
  }

  /** What the loop told of the steps of the last call of {@link #steps}. */
  List<StepRecord> records() {
    return records;
  }

  /** The driver's threads, idle between updates: for replicas of this JVM. */
  ThreadTeam team() {
    return team;
  }

  /** Steps taken. */
  long step() {
    return state.step();
  }

  /** SHA-256 of all parameters. */
  String parametersSha256() {
    return ModelTensors.sha256(network.layout(), state.parameters());
  }

  @Override
  public void close() {
    team.close();
  }
}
