package dev.lockstep.driver.config;

import java.io.Serializable;

/**
 * How often a run keeps what it needs to continue, and how long.
 *
 * @param everySteps steps between two checkpoints, so that a run that is killed loses at most so
 *     many; 0 for none but the one an interruption leaves
 * @param keep how many of the newest stay, at least 1
 */
public record CheckpointSettings(int everySteps, int keep) implements Serializable {
  /** What a run does where the configuration says nothing. */
  public static final CheckpointSettings DEFAULT = new CheckpointSettings(500, 3);

  /** Whether a checkpoint is to be kept after so many steps. */
  public boolean isDue(long step) {
    return everySteps > 0 && step % everySteps == 0;
  }
}
