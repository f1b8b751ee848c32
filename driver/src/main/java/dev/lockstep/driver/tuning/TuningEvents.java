package dev.lockstep.driver.tuning;

import dev.lockstep.driver.config.TuningSettings;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.driver.report.TuningSummary;
import dev.lockstep.driver.telemetry.Event;
import dev.lockstep.driver.telemetry.EventKind;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.RunContext;
import dev.lockstep.driver.telemetry.Shutdown;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Tells operators how a search goes: that it starts, how each trial ends, and how the search does.
 * Has no influence on it. Safe on several threads.
 */
final class TuningEvents {
  private static final double NANO = 1e-9;

  private final JavaSparkContext spark;
  private final EventLog events;
  private final RunContext run;
  private final long start = System.nanoTime();
  private final AtomicBoolean ended = new AtomicBoolean();

  /**
   * A search has taken its folder.
   *
   * @param folder name of the folder
   */
  TuningEvents(JavaSparkContext spark, EventLog events, String folder) {
    this.spark = spark;
    this.events = events;
    this.run = new RunContext(spark.sc().applicationId(), folder, 1);
  }

  /**
   * Performs the search, and tells how it ended.
   *
   * @return what {@code search} returns; its exceptions pass
   */
  TuningSummary watch(Supplier<TuningSummary> search) {
    try {
      TuningSummary summary = search.get();
      completed(summary);
      return summary;
    } catch (CancellationException stopped) {
      interrupted();
      throw stopped;
    } catch (Exception | Error failure) {
      failed(failure);
      throw failure;
    }
  }

  /**
   * The search begins.
   *
   * @param goesOn whether an earlier attempt left some of its trials
   */
  void started(TuningPlan plan, boolean goesOn) {
    TuningSettings tuning = plan.base().tuning();
    events.tell(
        Event.of(EventKind.SEARCH_STARTED, run)
            .with("name", plan.base().name())
            .with("mode", goesOn ? "resume" : "new")
            .with("trials", plan.trials().size())
            .with("parallel", tuning.parallel())
            .with("master", spark.master())
            .with("spark", spark.version()));
  }

  /** A trial has come to the end of a rung, or of all its steps. */
  void trialEnded(TrialRecord record) {
    events.tell(
        Event.of(EventKind.TRIAL_ENDED, run)
            .with("trial", record.trial())
            .with("rung", record.rung())
            .with("status", record.status())
            .with("epoch", record.epochs())
            .with("step", record.steps())
            .with("score", record.value())
            .with("trialSeconds", rounded(record.seconds())));
  }

  /** The search ends before its last trial, by a signal; on any thread. */
  void interrupted() {
    end(Event.of(EventKind.INTERRUPTED, run));
  }

  private void completed(TuningSummary summary) {
    Event event = Event.of(EventKind.SEARCH_COMPLETED, run);
    Optional<TrialRecord> best = summary.best();
    if (best.isPresent()) {
      event = event.with("bestTrial", best.get().trial()).with("score", best.get().value());
    }
    end(event.with("metric", summary.metric().toString()).with("trials", summary.ranking().size()));
  }

  private void failed(Throwable failure) {
    if (Shutdown.isUnderWay()) {
      interrupted();
      return;
    }
    Optional<LockstepException> known = LockstepException.in(failure);
    ErrorKind kind = known.map(LockstepException::kind).orElse(ErrorKind.INTERNAL);
    end(
        Event.of(EventKind.FAILED, run)
            .with("kind", kind.name().toLowerCase(Locale.ROOT))
            .saying(
                known.map(LockstepException::getMessage).orElseGet(() -> String.valueOf(failure))));
  }

  private void end(Event event) {
    if (ended.compareAndSet(false, true)) {
      events.tell(event.with("seconds", rounded((System.nanoTime() - start) * NANO)));
    }
  }

  /** To milliseconds. */
  private static double rounded(double seconds) {
    return Math.round(seconds * 1e3) / 1e3;
  }
}
