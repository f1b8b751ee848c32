package dev.lockstep.driver.run;

/**
 * Whether somebody wants a run to end before its last step. A run tells when its steps begin and
 * when they are over, so that whoever asks knows what there is to end.
 */
@FunctionalInterface
public interface StopRequest {
  /** Of a run that nobody interrupts. */
  StopRequest NEVER = () -> false;

  /** Asked before each step; once true, it stays so. */
  boolean isMade();

  /**
   * Preparation begins.
   *
   * @param undo takes back its traces; safe on any thread, and more than once
   */
  default void preparing(Runnable undo) {}

  /**
   * Data and network are ready and the folder is about to be written to. From now on the run ends
   * in good order when asked to. Does not return where the run was asked to end before.
   */
  default void stepsBegin() {}

  /**
   * The run computes, and waits for what is being computed.
   *
   * @param giveUp has that fail soon; safe on any thread, and more than once, also when the run is
   *     over. For a run that was asked to stop and does not come to an end by itself
   */
  default void computing(Runnable giveUp) {}

  /** The run computes nothing for the moment. */
  default void computed() {}

  /** No step is left: what follows is the end anyway. */
  default void stepsEnd() {}
}
