package dev.lockstep.driver.report;

import java.util.Arrays;
import java.util.Locale;

/**
 * The times of a run's steps, phase by phase. The first steps, in which the JVM compiles, are left
 * out of percentiles and the usual step where enough others are left.
 */
public final class PhaseTimes {
  private static final int WARM_UP_STEPS = 20;

  /** What a step's time is made of, and the whole. */
  private enum Phase {
    COMPUTE,
    AGGREGATE,
    UPDATE,
    BROADCAST,
    TOTAL
  }

  private final double[][] seconds = new double[Phase.values().length][1024];
  private int steps;

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
    if (steps == seconds[0].length) {
      for (int phase = 0; phase < seconds.length; phase++) {
        seconds[phase] = Arrays.copyOf(seconds[phase], 2 * steps);
      }
    }
    put(Phase.COMPUTE, step.compute());
    put(Phase.AGGREGATE, step.aggregate());
    put(Phase.UPDATE, step.update());
    put(Phase.BROADCAST, step.broadcast());
    put(Phase.TOTAL, step.total());
    steps++;
  }

  private void put(Phase phase, double value) {
    seconds[phase.ordinal()][steps] = Double.isFinite(value) ? value : 0.0;
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
    double[] sums = new double[seconds.length];
    if (sorted.length == 0) {
      return means(sums, 0);
    }
    int quarter = sorted.length / 4;
    double least = sorted[quarter];
    double most = sorted[sorted.length - 1 - quarter];
    int count = 0;
    for (int step = firstCounted(); step < steps; step++) {
      double total = seconds[Phase.TOTAL.ordinal()][step];
      if (total >= least && total <= most) {
        count++;
        for (int phase = 0; phase < sums.length; phase++) {
          sums[phase] += seconds[phase][step];
        }
      }
    }
    return means(sums, count);
  }

  /** The median of each time; 0 without steps. */
  StepTimes medians() {
    return new StepTimes(
        percentile(Phase.COMPUTE, 0.5),
        percentile(Phase.AGGREGATE, 0.5),
        percentile(Phase.UPDATE, 0.5),
        percentile(Phase.BROADCAST, 0.5),
        percentile(Phase.TOTAL, 0.5));
  }

  /** The mean of each time over all steps, the first ones too; 0 without steps. */
  StepTimes means() {
    double[] sums = new double[seconds.length];
    for (int phase = 0; phase < sums.length; phase++) {
      for (int step = 0; step < steps; step++) {
        sums[phase] += seconds[phase][step];
      }
    }
    return means(sums, steps);
  }

  private static StepTimes means(double[] sums, int count) {
    int divisor = Math.max(1, count);
    return new StepTimes(
        sums[Phase.COMPUTE.ordinal()] / divisor,
        sums[Phase.AGGREGATE.ordinal()] / divisor,
        sums[Phase.UPDATE.ordinal()] / divisor,
        sums[Phase.BROADCAST.ordinal()] / divisor,
        sums[Phase.TOTAL.ordinal()] / divisor);
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

  /** A percentile of the whole step's time, in seconds, by the nearest rank. */
  public double percentile(double share) {
    return percentile(Phase.TOTAL, share);
  }

  private double percentile(Phase phase, double share) {
    double[] sorted = sorted(phase);
    return sorted.length == 0
        ? 0.0
        : sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
  }

  private double[] sorted(Phase phase) {
    double[] sorted = Arrays.copyOfRange(seconds[phase.ordinal()], firstCounted(), steps);
    Arrays.sort(sorted);
    return sorted;
  }
}
