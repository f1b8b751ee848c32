package dev.lockstep.driver.config;

import java.io.Serializable;

/**
 * What to do when training diverges, instead of ending the run.
 *
 * @param reduceRate factor on the learning rate at every return to the last good state, between 0
 *     and 1
 * @param retries how often to return before the run ends as diverged, at least 1
 */
public record DivergenceSettings(double reduceRate, int retries) implements Serializable {
  /** The factor where the block names none. */
  public static final double DEFAULT_REDUCE_RATE = 0.5;

  /** The number of returns where the block names none. */
  public static final int DEFAULT_RETRIES = 3;
}
