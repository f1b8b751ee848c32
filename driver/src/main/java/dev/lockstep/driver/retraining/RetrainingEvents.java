package dev.lockstep.driver.retraining;

import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.telemetry.ChampionMetrics;
import dev.lockstep.driver.telemetry.Event;
import dev.lockstep.driver.telemetry.EventKind;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.RunContext;
import dev.lockstep.trainer.error.LockstepException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Tells operators what a retraining finds and decides: by events, and by metrics of the champion
 * that Spark's sinks take. Has no influence on the retraining: where the registry cannot be read,
 * less is told.
 */
final class RetrainingEvents implements AutoCloseable {
  private final EventLog events;
  private final RunContext run;
  private final String runDate;
  private final ChampionMetrics metrics = ChampionMetrics.show();

  /**
   * A retraining begins.
   *
   * @param folder name of the run folder
   * @param runDate may be null
   */
  RetrainingEvents(JavaSparkContext spark, EventLog events, String folder, String runDate) {
    this.events = events;
    this.run = new RunContext(spark.sc().applicationId(), folder, 1);
    this.runDate = runDate;
  }

  /** Shows which version of a registry serves now, if any does. */
  void show(ModelRegistry registry) {
    show(registry, champion(registry));
  }

  private void show(ModelRegistry registry, Optional<Champion> champion) {
    if (champion.isPresent()) {
      int version = champion.get().version();
      metrics.championIs(version, published(registry, version));
    }
  }

  /** Which version serves; empty where that cannot be read, too. */
  private static Optional<Champion> champion(ModelRegistry registry) {
    try {
      return registry.champion();
    } catch (LockstepException unreadable) {
      return Optional.empty();
    }
  }

  /** When a version was published; null where that cannot be read. */
  private static Instant published(ModelRegistry registry, int version) {
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
  void decided(Decision decision, ModelRegistry registry) {
    Optional<Champion> champion = champion(registry);
    show(registry, champion);
    Event event = event(EventKind.DECIDED).with("decision", decision.kind().key());
    if (champion.isPresent()) {
      event = event.with("champion", champion.get().version());
    }
    if (decision.improvement().isPresent()) {
      event = event.with("improvement", decision.improvement().getAsDouble());
    }
    events.tell(event.saying(decision.reason()));
  }

  private Event event(EventKind kind) {
    return Event.of(kind, run).with("runDate", runDate);
  }

  @Override
  public void close() {
    metrics.close();
  }
}
