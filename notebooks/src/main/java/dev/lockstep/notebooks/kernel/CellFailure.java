package dev.lockstep.notebooks.kernel;

import java.util.List;

/** A cell that does not compile or that threw; says so in the words of the compiler or thrower. */
public final class CellFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final List<String> trace;

  /**
   * A failure.
   *
   * @param message what went wrong
   * @param trace where in the cells and in what they called, the innermost place first
   * @param cause what JShell reported, or null for a cell that does not compile
   */
  CellFailure(String message, List<String> trace, Throwable cause) {
    super(message, cause);
    this.trace = List.copyOf(trace);
  }

  /** Where in the cells and in what they called, the innermost place first. */
  public List<String> trace() {
    return trace;
  }
}
