package dev.lockstep.driver.telemetry;

/** How far a run is, as the number that the gauge {@code outcome} shows. */
enum RunOutcome {
  RUNNING,
  COMPLETED,
  STOPPED_EARLY,
  INTERRUPTED,
  DIVERGED,
  FAILED
}
