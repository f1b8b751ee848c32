package dev.lockstep.driver.telemetry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One step in the life of a run or of a registry, as a line of the log tells it.
 *
 * @param kind which step
 * @param run whose; null where it belongs to none
 * @param message a sentence for people
 * @param fields what else is known, in this order: texts, numbers and truth values
 */
public record Event(EventKind kind, RunContext run, String message, Map<String, Object> fields) {
  /** Keeps the order of the fields. */
  public Event {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(message, "message");
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** An event that has no more to say than what it is; {@code run} may be null. */
  public static Event of(EventKind kind, RunContext run) {
    return new Event(kind, run, kind.sentence(), Map.of());
  }

  /** The same with another sentence. */
  public Event saying(String sentence) {
    return new Event(kind, run, sentence, fields);
  }

  /** The same with a number more; one that is not finite is left out. */
  public Event with(String name, double value) {
    return Double.isFinite(value) ? added(name, value) : this;
  }

  /** The same with a count more. */
  public Event with(String name, long value) {
    return added(name, value);
  }

  /** The same with a text more; null is left out. */
  public Event with(String name, String value) {
    return value == null ? this : added(name, value);
  }

  private Event added(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(fields);
    more.put(name, value);
    return new Event(kind, run, message, more);
  }
}
