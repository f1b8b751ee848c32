package dev.lockstep.trainer.error;

/** What went wrong, seen from the person who has to act on it. */
public enum ErrorKind {
  /** The command line or the configuration is wrong: change it and run again. */
  USAGE,
  /** The data cannot be used as they are: mend the named file, row or column. */
  DATA,
  /** The arithmetic left the finite numbers: training diverged. */
  NUMERIC,
  /** A machine, file system or memory limit is in the way. */
  RESOURCE,
  /** A defect in Lockstep or an unexpected failure of the cluster. */
  INTERNAL
}
