package dev.lockstep.driver.cluster.barrier;

/** A barrier stage was lost, with what its tasks were at work on. Another start may go well. */
final class StageFailure extends Exception {
  private static final long serialVersionUID = 1L;

  StageFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
