package dev.lockstep.driver.tuning;

import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.trainer.metric.WatchedMetric;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.LongSupplier;

/**
 * Progress of a search, for a person: a line for each trial that ends or waits, and every few
 * seconds one for an epoch. Safe on several threads.
 */
public final class TuningProgress {
  private static final long EPOCH_NANOS = 5_000_000_000L;

  private final PrintStream out;
  private final boolean notes;
  private final boolean progress;
  private final LongSupplier nanoClock;
  private int trials;
  private WatchedMetric metric = WatchedMetric.VALIDATION_LOSS;
  private TrialRecord best;
  private long lastPrinted;

  /**
   * A printer.
   *
   * @param out usually stderr
   * @param notes whether messages are printed
   * @param progress whether progress is
   * @param nanoClock as {@link System#nanoTime}
   */
  public TuningProgress(PrintStream out, boolean notes, boolean progress, LongSupplier nanoClock) {
    this.out = out;
    this.notes = notes;
    this.progress = progress;
    this.nanoClock = nanoClock;
    this.lastPrinted = nanoClock.getAsLong();
  }

  /** Says how large the search is, and by what it is judged. */
  synchronized void begin(int allTrials, WatchedMetric rankedBy) {
    trials = allTrials;
    metric = rankedBy;
  }

  /** Takes note of a trial that an earlier attempt trained. */
  synchronized void known(TrialRecord record) {
    compare(record);
    note("trial " + record.trial() + "/" + trials + " is known: " + metricText(record.value()));
  }

  private boolean compare(TrialRecord record) {
    boolean better =
        record.score().isKnown() && (best == null || metric.isBetter(record.value(), best.value()));
    best = better ? record : best;
    return better;
  }

  /** Prints a message. */
  synchronized void note(String message) {
    if (notes) {
      out.println(message);
    }
  }

  /** Shows an epoch if it is time to. */
  synchronized void epoch(int trial, EpochRecord record, Integer epochs) {
    if (!progress || nanoClock.getAsLong() - lastPrinted < EPOCH_NANOS) {
      return;
    }
    lastPrinted = nanoClock.getAsLong();
    StringBuilder line = new StringBuilder("trial " + trial + "/" + trials);
    line.append(" epoch ").append(record.epoch()).append(epochs == null ? "" : "/" + epochs);
    record.valueOf(metric).ifPresent(value -> line.append(": ").append(metricText(value)));
    out.println(line);
  }

  /** Shows a trial at the end of a rung. */
  synchronized void trial(TrialRecord record) {
    boolean better = compare(record);
    if (!progress) {
      return;
    }
    lastPrinted = nanoClock.getAsLong();
    StringJoiner parameters = new StringJoiner(", ");
    for (Map.Entry<String, String> parameter : record.parameters().entrySet()) {
      parameters.add(parameter.getKey() + " " + parameter.getValue());
    }
    out.println(
        "trial "
            + record.trial()
            + "/"
            + trials
            + " "
            + record.status()
            + " after epoch "
            + record.epochs()
            + ": "
            + metricText(record.value())
            + (better
                ? " (best so far)"
                : best == null ? "" : " (best: trial " + best.trial() + ")")
            + String.format(Locale.ROOT, ", %.1f s; ", record.seconds())
            + parameters);
  }

  private String metricText(double value) {
    return metric + String.format(Locale.ROOT, Math.abs(value) < 1e4 ? " %.4f" : " %.4g", value);
  }
}
