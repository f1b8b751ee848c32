package dev.lockstep.driver.container;

import java.util.List;
import java.util.Map;

/**
 * A process to start.
 *
 * @param command program and arguments
 * @param environment variables to set beside those that this process has
 */
record ProcessPlan(List<String> command, Map<String, String> environment) {
  ProcessPlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }
}
