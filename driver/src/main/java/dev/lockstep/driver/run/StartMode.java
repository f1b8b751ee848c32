package dev.lockstep.driver.run;

/** What a run may find in its folder. */
public enum StartMode {
  /** Nothing: a folder in use is refused. */
  NEW("new"),
  /** What an earlier attempt at the same run left: it goes on from there. */
  RESUME("resume"),
  /** The same, with other values of some keys, or from what is left of a run that went wrong. */
  RESUME_FORCED("resumeForced");

  private final String key;

  StartMode(String key) {
    this.key = key;
  }

  /** Its name in events. */
  String key() {
    return key;
  }
}
