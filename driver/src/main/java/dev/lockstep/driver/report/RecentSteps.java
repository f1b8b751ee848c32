package dev.lockstep.driver.report;

/**
 * What the steps of the last seconds came to. A step that is older by {@value #MEMORY_SECONDS}
 * seconds of work counts e times less. Not safe on several threads.
 */
public final class RecentSteps {
  private static final double MEMORY_SECONDS = 5;

  private double examples;
  private double seconds;
  private double compute;

  /** Takes in a step. */
  public void add(StepRecord record) {
    double total = record.seconds().total();
    double decay = Math.exp(-total / MEMORY_SECONDS);
    examples = examples * decay + record.examples();
    seconds = seconds * decay + total;
    compute = compute * decay + record.seconds().compute();
  }

  /** Whether there is anything to tell. */
  public boolean areKnown() {
    return seconds > 0;
  }

  /** Examples by the time of their steps; 0 where no time is known. */
  public double examplesPerSecond() {
    return seconds > 0 ? examples / seconds : 0.0;
  }

  /** The share of the steps' time that is not compute, 0 to 1. */
  public double overhead() {
    return seconds > 0 ? Math.max(0.0, 1.0 - compute / seconds) : 0.0;
  }
}
