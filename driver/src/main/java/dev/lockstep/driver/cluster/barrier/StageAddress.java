package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.MessageKind;
import java.io.Serializable;
import java.util.UUID;

/**
 * How the tasks of a barrier stage find the driver and prove that they belong to it.
 *
 * @param run a secret drawn at random for the run
 * @param generation which start of the stage, from 1
 * @param host the driver's
 * @param port the driver's
 */
record StageAddress(UUID run, int generation, String host, int port) implements Serializable {
  /** The envelope of a message within this stage. */
  Envelope envelope(MessageKind kind, long sequence) {
    return new Envelope(run, generation, kind, sequence);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
