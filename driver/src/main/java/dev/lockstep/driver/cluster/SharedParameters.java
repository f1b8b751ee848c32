package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.parameter.ParameterVector;

/**
 * The driver's own parameters, for tasks in its JVM.
 *
 * @param exchange number of the exchange
 * @param round number of the round, which may be over
 */
record SharedParameters(long exchange, long round) implements ParameterSource {
  @Override
  public ParameterVector parameters() {
    return SharedMemoryExchange.round(exchange, round).parameters();
  }
}
