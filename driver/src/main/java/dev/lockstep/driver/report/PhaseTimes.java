package dev.lockstep.driver.report;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * The times of a run's steps, phase by phase. The first steps, in which the JVM compiles, are left
 * out of percentiles and the usual step where enough others are left.
 */
public final class PhaseTimes {
  private static final int WARM_UP_STEPS = 20;

  /** What a step's time is made of, and the whole. */
  enum Phase {
    COMPUTE,
    AGGREGATE,
    UPDATE,
    BROADCAST,
    OTHER,
    TOTAL;

    private double of(StepTimes step) {
      return switch (this) {
        case COMPUTE -> step.compute();
        case AGGREGATE -> step.aggregate();
        case UPDATE -> step.update();
        case BROADCAST -> step.broadcast();
        case OTHER -> step.other();
        case TOTAL -> step.total();
      };
    }
  }

  private final Map<Phase, double[]> seconds = new EnumMap<>(Phase.class);
  private int steps;

  /** No steps yet. */
  public PhaseTimes() {
    for (Phase phase : Phase.values()) {
      seconds.put(phase, new double[1024]);
    }
  }

  /** The times of these steps. */
  static PhaseTimes of(RunMetrics metrics) {
    PhaseTimes times = new PhaseTimes();
    for (StepRecord record : metrics.steps()) {
      times.add(record.seconds());
    }
    return times;
  }

  /** Takes note of a step; a time that is not finite counts as 0. */
  public void add(StepTimes step) {
    for (Phase phase : Phase.values()) {
      double[] known = seconds.get(phase);
      if (steps == known.length) {
        known = Arrays.copyOf(known, 2 * steps);
        seconds.put(phase, known);
      }
      double value = phase.of(step);
      known[steps] = Double.isFinite(value) ? value : 0.0;
    }
    steps++;
  }

  /** Steps that were taken note of. */
  public int steps() {
    return steps;
  }

  /**
   * The mean of the steps whose whole time is in the middle half: unlike medians of each part, its
   * parts add up. 0 without steps.
   */
  public StepTimes usual() {
    double[] sorted = sorted(Phase.TOTAL);
    if (sorted.length == 0) {
      return new StepTimes(0.0, 0.0, 0.0, 0.0, 0.0);
    }
    int quarter = sorted.length / 4;
    double least = sorted[quarter];
    double most = sorted[sorted.length - 1 - quarter];
    return new StepTimes(
        mean(Phase.COMPUTE, least, most),
        mean(Phase.AGGREGATE, least, most),
        mean(Phase.UPDATE, least, most),
        mean(Phase.BROADCAST, least, most),
        mean(Phase.TOTAL, least, most));
  }

  /** The mean over all steps, the first ones too, in seconds; 0 without steps. */
  double mean(Phase phase) {
    double sum = 0;
    for (int step = 0; step < steps; step++) {
      sum += seconds.get(phase)[step];
    }
    return steps == 0 ? 0.0 : sum / steps;
  }

  /** The mean over the steps that took at least and at most so long. */
  private double mean(Phase phase, double least, double most) {
    double[] values = seconds.get(phase);
    double[] totals = seconds.get(Phase.TOTAL);
    double sum = 0;
    int count = 0;
    for (int step = firstCounted(); step < steps; step++) {
      if (totals[step] >= least && totals[step] <= most) {
        sum += values[step];
        count++;
      }
    }
    return sum / count;
  }

  private int firstCounted() {
    return steps > 2 * WARM_UP_STEPS ? WARM_UP_STEPS : 0;
  }

  /** The usual step, for a person. */
  @Override
  public String toString() {
    StepTimes step = usual();
    StepShares shares = StepShares.of(step);
    return shares == null
        ? "no step was measured"
        : String.format(
            Locale.ROOT,
            "a usual step took %s ms (compute %s, aggregate %s, update %s, broadcast %s); %s is not"
                + " compute",
            milliseconds(step.total()),
            milliseconds(step.compute()),
            milliseconds(step.aggregate()),
            milliseconds(step.update()),
            milliseconds(step.broadcast()),
            Numbers.wholePercent(shares.notCompute()));
  }

  private static String milliseconds(double seconds) {
    return Numbers.significant(1e3 * seconds, 3);
  }

  /** A percentile of the whole step's time, in seconds, by the nearest rank; 0 without steps. */
  public double percentile(double share) {
    return percentile(Phase.TOTAL, share);
  }

  /** A percentile of one phase's time, in seconds, by the nearest rank; 0 without steps. */
  double percentile(Phase phase, double share) {
    double[] sorted = sorted(phase);
    return sorted.length == 0
        ? 0.0
        : sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
  }

  private double[] sorted(Phase phase) {
    double[] sorted = Arrays.copyOfRange(seconds.get(phase), firstCounted(), steps);
    Arrays.sort(sorted);
    return sorted;
  }
}
