package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.parameter.ParameterVector;
import java.io.Serializable;

/** Where a task finds the parameters that the driver handed out: a handle, small on the wire. */
interface ParameterSource extends Serializable {
  /** The parameters, read only. */
  ParameterVector parameters();
}
