package dev.lockstep.driver.cli;

import dev.lockstep.trainer.error.ErrorKind;

/** What a pipeline reads when a command ends. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int DATA = 3;
  static final int DIVERGED = 4;
  static final int KEPT = 5;
  static final int GRADIENT = 6;

  private ExitCode() {}

  /** The code of an error that a user can act on. */
  static int of(ErrorKind kind) {
    return switch (kind) {
      case USAGE -> USAGE;
      case DATA -> DATA;
      case NUMERIC -> DIVERGED;
      case RESOURCE, INTERNAL -> FAILED;
    };
  }
}
