package dev.lockstep.driver.retraining;

import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.telemetry.ChampionMetrics;
import dev.lockstep.driver.telemetry.Event;
import dev.lockstep.driver.telemetry.EventKind;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.RunContext;
import dev.lockstep.driver.telemetry.Shutdown;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Tells operators that a retraining begins, what it finds and how it ends: by events, and by
 * metrics of the champion that Spark's sinks take. Has no influence on the retraining: where the
 * registry cannot be read, less is told.
 */
final class RetrainingEvents implements AutoCloseable {
  private final EventLog events;
  private final RunContext run;
  private final String runDate;
  private final ModelRegistry registry;
  private final ChampionMetrics metrics;

  /** Whether it was told how the retraining ends. */
  private volatile boolean ended;

  /**
   * A retraining begins.
   *
   * @param folder name of the run folder
   * @param runDate may be null
   * @param registry whose champion is shown from the first moment on
   */
  RetrainingEvents(
      JavaSparkContext spark,
      EventLog events,
      String folder,
      String runDate,
      ModelRegistry registry) {
    this.events = events;
    this.run = new RunContext(spark.sc().applicationId(), folder, 1);
    this.runDate = runDate;
    this.registry = registry;
    this.metrics =
        champion()
            .map(Champion::version)
            .map(version -> ChampionMetrics.show(version, published(version)))
            .orElseGet(ChampionMetrics::show);
  }

  /**
   * The retraining begins, though it may have to wait for its turn.
   *
   * @param name of the model
   */
  void started(String name) {
    events.tell(
        event(EventKind.RETRAINING_STARTED).with("name", name).with("registry", registry.name()));
  }

  /** Where the training tells of itself; how it ends badly is how the retraining does. */
  EventLog ofTraining() {
    return event -> {
      boolean endsRetraining =
          switch (event.kind()) {
            case INTERRUPTED, DIVERGED, FAILED -> true;
            default -> false;
          };
      if (endsRetraining) {
        ended = true;
      }
      events.tell(endsRetraining ? event.with("runDate", runDate) : event);
    };
  }

  /** The retraining ends by an error, or because the program does. */
  void failed(Throwable failure) {
    if (ended) {
      return;
    }
    if (Shutdown.isUnderWay()) {
      end(event(EventKind.INTERRUPTED));
      return;
    }
    Optional<LockstepException> known = LockstepException.in(failure);
    ErrorKind kind = known.map(LockstepException::kind).orElse(ErrorKind.INTERNAL);
    String sentence = known.map(LockstepException::getMessage).orElseGet(failure::toString);
    Event event =
        kind == ErrorKind.NUMERIC
            ? event(EventKind.DIVERGED)
            : event(EventKind.FAILED).with("kind", kind.name().toLowerCase(Locale.ROOT));
    end(event.saying(sentence));
  }

  private void end(Event event) {
    ended = true;
    events.tell(event);
  }

  /** Shows which version of the registry serves now, if any does. */
  void show() {
    show(champion());
  }

  private void show(Optional<Champion> champion) {
    if (champion.isPresent()) {
      int version = champion.get().version();
      metrics.championIs(version, published(version));
    }
  }

  /** Which version serves; empty where that cannot be read, too. */
  private Optional<Champion> champion() {
    try {
      return registry.champion();
    } catch (LockstepException unreadable) {
      return Optional.empty();
    }
  }

  /** When a version was published; null where that cannot be read. */
  private Instant published(int version) {
    try {
      return Instant.parse(registry.lineage(version).createdAt());
    } catch (LockstepException | DateTimeParseException damaged) {
      return null;
    }
  }

  /** The new data are checked. */
  void checked(CheckReport report) {
    List<CheckResult> failed = report.results(Outcome.FAILED);
    List<CheckResult> warned = report.results(Outcome.WARNED);
    EventKind kind =
        report.outcome() == Outcome.PASSED ? EventKind.DATA_CHECKED : EventKind.DATA_SUSPICIOUS;
    Event event =
        event(kind)
            .with("outcome", report.outcome().key())
            .with("warned", warned.size())
            .with("failed", failed.size());
    List<CheckResult> worst = failed.isEmpty() ? warned : failed;
    events.tell(worst.isEmpty() ? event : event.saying(worst.get(0).sentence()));
  }

  /** It is decided. */
  void decided(Decision decision) {
    Optional<Champion> champion = champion();
    show(champion);
    Event event = event(EventKind.DECIDED).with("decision", decision.kind().key());
    if (champion.isPresent()) {
      event = event.with("champion", champion.get().version());
    }
    if (decision.improvement().isPresent()) {
      event = event.with("improvement", decision.improvement().getAsDouble());
    }
    end(event.saying(decision.reason()));
  }

  private Event event(EventKind kind) {
    return Event.of(kind, run).with("runDate", runDate);
  }

  @Override
  public void close() {
    metrics.close();
  }
}
