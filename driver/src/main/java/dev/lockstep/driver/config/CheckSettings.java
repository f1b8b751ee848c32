package dev.lockstep.driver.config;

import java.io.Serializable;

/** The {@code retraining.checks} block of a run configuration: what new data must be like. */
public record CheckSettings() implements Serializable {
  /** Nothing is checked. */
  public static final CheckSettings NONE = new CheckSettings();
}
