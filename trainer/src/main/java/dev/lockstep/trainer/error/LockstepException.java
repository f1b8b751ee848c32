package dev.lockstep.trainer.error;

import java.util.Objects;
import java.util.Optional;

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

  /** The one that a failure is or was caused by: Spark and the JVM wrap what passes them. */
  public static Optional<LockstepException> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LockstepException known) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  /** The kind, which decides the exit code. */
  public ErrorKind kind() {
    return kind;
  }
}
