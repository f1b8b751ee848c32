/**
 * Errors that a user can act on, told apart by {@link dev.lockstep.trainer.error.ErrorKind}.
 *
 * <p>Used by every stage of the flow; imports the JDK only. Immutable, so safe on any thread.
 */
package dev.lockstep.trainer.error;
