package dev.lockstep.trainer.schedule;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.io.Serializable;

/**
 * A learning rate that a run can be configured with: α = α₀ · factor · min(1, t/w), where α₀ is the
 * optimizer's rate and w the number of warm-up steps (0 for none).
 *
 * <p>{@link StrictMath} gives the same rate on every machine.
 */
public sealed interface Schedule extends LearningRate, Serializable {
  /** w, at least 0: the rate rises in proportion to t until step w. */
  long warmupSteps();

  /** What α₀ is multiplied with at {@code position}, warm-up aside. */
  double factor(Position position);

  @Override
  default double rate(double initialRate, Position position) {
    double rate = initialRate * factor(position);
    return position.step() < warmupSteps() ? rate * position.step() / warmupSteps() : rate;
  }

  /**
   * A place in a run.
   *
   * @param step t, counted from 1
   * @param totalSteps T, steps of the whole run
   * @param finishedEpochs e, from 0
   * @param reductions how often a {@link Plateau} has lowered the rate so far
   */
  record Position(long step, long totalSteps, int finishedEpochs, int reductions) {
    /** A place where no plateau has been met. */
    public Position(long step, long totalSteps, int finishedEpochs) {
      this(step, totalSteps, finishedEpochs, 0);
    }

    /** The share of the run that lies behind, (t-1)/T. */
    double progress() {
      return (double) (step - 1) / totalSteps;
    }
  }

  /** α₀ all along. */
  record Constant(long warmupSteps) implements Schedule {
    /** Without warm-up. */
    public Constant() {
      this(0);
    }

    @Override
    public double factor(Position position) {
      return 1.0;
    }
  }

  /** α₀/(1 + decay·e). */
  record InverseTime(double decay, long warmupSteps) implements Schedule {
    @Override
    public double factor(Position position) {
      return 1.0 / (1.0 + decay * position.finishedEpochs());
    }
  }

  /** α₀·base^e. */
  record Exponential(double base, long warmupSteps) implements Schedule {
    /** The base where the configuration names none. */
    public static final double DEFAULT_BASE = 0.95;

    @Override
    public double factor(Position position) {
      return StrictMath.pow(base, position.finishedEpochs());
    }
  }

  /** α₀·k/√(e + 1). */
  record InverseSqrt(double k, long warmupSteps) implements Schedule {
    /** k where the configuration names none. */
    public static final double DEFAULT_K = 1.0;

    @Override
    public double factor(Position position) {
      return k / Math.sqrt(position.finishedEpochs() + 1.0);
    }
  }

  /** α₀·factor^⌊e/every⌋: a drop after every {@code every} epochs. */
  record Step(int every, double drop, long warmupSteps) implements Schedule {
    @Override
    public double factor(Position position) {
      int drops = position.finishedEpochs() / every;
      return StrictMath.pow(drop, drops);
    }
  }

  /**
   * α₀·(f + (1-f)·(1 + cos(π(t-1)/T))/2), from α₀ to f·α₀ over the run. Source: Loshchilov and
   * Hutter, "SGDR" (2017), eq. 5, without restarts.
   */
  record Cosine(double finalFraction, long warmupSteps) implements Schedule {
    @Override
    public double factor(Position position) {
      double cosine = StrictMath.cos(Math.PI * position.progress());
      return finalFraction + (1.0 - finalFraction) * 0.5 * (1.0 + cosine);
    }
  }

  /** α₀·(f + (1-f)·(1 - (t-1)/T)), straight from α₀ to f·α₀ over the run. */
  record Linear(double finalFraction, long warmupSteps) implements Schedule {
    @Override
    public double factor(Position position) {
      return finalFraction + (1.0 - finalFraction) * (1.0 - position.progress());
    }
  }

  /**
   * α₀·factor^r, where r counts how often {@code metric} had not improved for {@code patience}
   * values in a row. The counting is the run's, since it depends on what the run finds; the rate is
   * a function of the count.
   */
  record Plateau(WatchedMetric metric, double reduction, int patience, long warmupSteps)
      implements Schedule {
    /** The factor where the configuration names none. */
    public static final double DEFAULT_FACTOR = 0.1;

    /** The patience where the configuration names none. */
    public static final int DEFAULT_PATIENCE = 10;

    @Override
    public double factor(Position position) {
      return StrictMath.pow(reduction, position.reductions());
    }
  }
}
