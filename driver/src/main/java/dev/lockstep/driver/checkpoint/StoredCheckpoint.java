package dev.lockstep.driver.checkpoint;

import dev.lockstep.driver.loop.TrainingState;

/**
 * A checkpoint that was found intact and read whole.
 *
 * @param name of its folder
 * @param state continues to the same bits; belongs to whoever asked
 * @param identity of the run that wrote it
 * @param position where that run was
 */
public record StoredCheckpoint(
    String name, TrainingState state, RunIdentity identity, RunPosition position) {
  /** Steps taken. */
  public long step() {
    return state.step();
  }
}
