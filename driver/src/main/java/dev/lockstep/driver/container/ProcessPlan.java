package dev.lockstep.driver.container;

import java.util.ArrayList;
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

  /**
   * The same Java program with a log whose lines are JSON. Log4j reads its settings before the
   * program begins, so they must be an option of the JVM; it stands first, so that a user's own
   * counts.
   */
  ProcessPlan withJsonLog(Image image) {
    List<String> words = new ArrayList<>(command);
    words.add(1, "-Dlog4j2.configurationFile=" + image.jsonLog());
    return new ProcessPlan(words, environment);
  }
}
