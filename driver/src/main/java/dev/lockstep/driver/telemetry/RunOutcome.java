package dev.lockstep.driver.telemetry;

/** How far a run is, as the number that the gauge {@code outcome} shows. */
enum RunOutcome {
  RUNNING(0),
  COMPLETED(1),
  STOPPED_EARLY(2),
  INTERRUPTED(3),
  DIVERGED(4),
  FAILED(5);

  private final int number;

  RunOutcome(int number) {
    this.number = number;
  }

  /** What the gauge shows; dashboards and alerts know it. */
  int number() {
    return number;
  }
}
