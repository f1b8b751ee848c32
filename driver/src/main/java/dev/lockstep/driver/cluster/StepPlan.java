package dev.lockstep.driver.cluster;

import java.io.Serializable;

/**
 * Which mini-batch a step works on.
 *
 * @param step t over the whole run, from 1
 * @param epoch from 1
 * @param stepInEpoch from 0
 */
public record StepPlan(long step, int epoch, int stepInEpoch) implements Serializable {
  /** The plan of step {@code step} where each epoch has {@code stepsPerEpoch} steps. */
  public static StepPlan of(long step, int stepsPerEpoch) {
    long before = step - 1;
    return new StepPlan(
        step, Math.toIntExact(before / stepsPerEpoch) + 1, (int) (before % stepsPerEpoch));
  }
}
