package dev.lockstep.trainer.error;

import java.util.Objects;

/**
 * An error whose message is written for the user: one short paragraph that names what was expected,
 * what was found and what to do.
 */
public final class LockstepException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  /** Creates an error of the given kind; {@code message} is shown to the user as it is. */
  public LockstepException(ErrorKind kind, String message) {
    this(kind, message, null);
  }

  /** As above, keeping the technical {@code cause} for {@code --verbose} and the log. */
  public LockstepException(ErrorKind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind);
  }

  /** A wrong command line or configuration. */
  public static LockstepException usage(String message) {
    return new LockstepException(ErrorKind.USAGE, message);
  }

  /** Data that cannot be used. */
  public static LockstepException data(String message) {
    return new LockstepException(ErrorKind.DATA, message);
  }

  /** The kind, which decides the exit code. */
  public ErrorKind kind() {
    return kind;
  }
}
