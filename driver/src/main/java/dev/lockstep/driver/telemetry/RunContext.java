package dev.lockstep.driver.telemetry;

import java.util.Objects;

/**
 * Which run, by whom, an event belongs to.
 *
 * @param application Spark's application id
 * @param run name of the run's folder
 * @param attempt of the run, counted from 1, as {@code summary.json} counts them
 */
public record RunContext(String application, String run, int attempt) {
  /** Checks that both names are there. */
  public RunContext {
    Objects.requireNonNull(application, "application");
    Objects.requireNonNull(run, "run");
  }

  /** The same for another attempt. */
  public RunContext withAttempt(int number) {
    return new RunContext(application, run, number);
  }
}
