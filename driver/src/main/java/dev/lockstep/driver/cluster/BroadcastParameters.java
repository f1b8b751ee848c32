package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.parameter.ParameterVector;
import org.apache.spark.broadcast.Broadcast;

/**
 * Parameters that executors fetch from the driver and from each other, in blocks of 4 MB.
 *
 * @param broadcast the driver's, destroyed after the job
 */
record BroadcastParameters(Broadcast<ParameterVector> broadcast) implements ParameterSource {
  @Override
  public ParameterVector parameters() {
    return broadcast.value();
  }
}
