package dev.lockstep.driver.run;

/** What a command tells its user to do about a run that cannot go on as it is. */
public enum WayOut {
  /** Of a command that can insist. */
  FORCE(
      "; --resume --force with another optimizer.learningRate goes on from there.",
      " Restore what is damaged, or start over with --resume --force."),
  /** Of a command that can only begin anew. */
  ANEW(
      ". " + WayOut.CHANGE,
      " Restore what is damaged, or remove the folder or give another --output to train anew.");

  /** What to do about a training that diverged and would again. */
  public static final String CHANGE =
      "Change the configuration or the data, and remove the folder or give another --output to train"
          + " anew.";

  private final String afterDivergence;
  private final String withoutCheckpoint;

  WayOut(String afterDivergence, String withoutCheckpoint) {
    this.afterDivergence = afterDivergence;
    this.withoutCheckpoint = withoutCheckpoint;
  }

  /** Ends a sentence that names the last good checkpoint. */
  String afterDivergence() {
    return afterDivergence;
  }

  /** Follows sentences that say what is wrong with every checkpoint. */
  String withoutCheckpoint() {
    return withoutCheckpoint;
  }
}
