package dev.lockstep.driver.tuning;

import dev.lockstep.driver.config.RunConfiguration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trial of a search before it runs.
 *
 * @param number counted from 1
 * @param parameters what varies, by key path, as JSON texts
 * @param configuration all that the trial is, without a search
 */
public record Trial(int number, Map<String, String> parameters, RunConfiguration configuration) {
  /** Keeps the order of {@code parameters}. */
  public Trial {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }
}
