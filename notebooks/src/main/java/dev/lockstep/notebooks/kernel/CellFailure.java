package dev.lockstep.notebooks.kernel;

/**
 * A cell that does not compile or that threw; says so in the words of the compiler or thrower. Its
 * stack trace is that of the cell, without the frames of the kernel.
 */
public final class CellFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A failure that happened nowhere in particular, such as a cell that does not compile.
   *
   * @param message what went wrong
   */
  CellFailure(String message) {
    super(message);
    setStackTrace(new StackTraceElement[0]);
  }

  /**
   * A failure of running code.
   *
   * @param message what went wrong
   * @param cause what JShell reported, whose trace ends where the cell begins
   */
  CellFailure(String message, Throwable cause) {
    super(message, cause);
    setStackTrace(cause.getStackTrace());
  }
}
