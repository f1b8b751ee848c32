package dev.lockstep.driver.report;

import java.util.Arrays;
import java.util.Locale;

/**
 * The times of a run's steps, phase by phase. The first steps, in which the JVM compiles, are left
 * out of the percentiles where enough others are left.
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

  /** The median of each time; 0 without steps. */
  public StepTimes medians() {
    return new StepTimes(
        percentile(Phase.COMPUTE, 0.5),
        percentile(Phase.AGGREGATE, 0.5),
        percentile(Phase.UPDATE, 0.5),
        percentile(Phase.BROADCAST, 0.5),
        percentile(Phase.TOTAL, 0.5));
  }

  /** The mean of each time over all steps, the first ones too; 0 without steps. */
  StepTimes means() {
    return new StepTimes(
        mean(Phase.COMPUTE),
        mean(Phase.AGGREGATE),
        mean(Phase.UPDATE),
        mean(Phase.BROADCAST),
        mean(Phase.TOTAL));
  }

  /** The medians, for a person. */
  @Override
  public String toString() {
    StepTimes step = medians();
    StepShares shares = StepShares.of(step);
    return shares == null
        ? "no step was measured"
        : String.format(
            Locale.ROOT,
            "a step took %s ms (compute %s, aggregate %s, update %s, broadcast %s); %s is not"
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
    int from = steps > 2 * WARM_UP_STEPS ? WARM_UP_STEPS : 0;
    double[] sorted = Arrays.copyOfRange(seconds[phase.ordinal()], from, steps);
    if (sorted.length == 0) {
      return 0.0;
    }
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
  }

  private double mean(Phase phase) {
    double sum = 0;
    for (int step = 0; step < steps; step++) {
      sum += seconds[phase.ordinal()][step];
    }
    return steps == 0 ? 0.0 : sum / steps;
  }
}
