package dev.lockstep.driver.telemetry;

/** Where events go. Safe on several threads. */
@FunctionalInterface
public interface EventLog {
  /** Of a program that wants none. */
  EventLog NONE = event -> {};

  /** Tells of an event, in one line. */
  void tell(Event event);
}
