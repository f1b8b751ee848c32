package dev.lockstep.driver.cluster;

/**
 * Why replicas that were at work cannot be started again: executors are gone for good, and what is
 * left of the cluster is too little for these, though not for every kind. The cause of the failure
 * that the user is told.
 */
public final class ShrunkCluster extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Of tasks that have no place.
   *
   * @param slots that are left, at least 1
   * @param tasks that must run at the same time
   */
  public ShrunkCluster(int slots, int tasks) {
    super(tasks + " tasks did not find their places on " + slots + " task slots");
  }

  /** Whether this is why something failed. */
  static boolean causes(RuntimeException failure) {
    return failure.getCause() instanceof ShrunkCluster;
  }
}
