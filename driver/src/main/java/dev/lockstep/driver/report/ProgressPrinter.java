package dev.lockstep.driver.report;

import dev.lockstep.trainer.metric.ExponentialAverage;
import java.io.PrintStream;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Progress of a run, for a person.
 *
 * <p>On a terminal one line is redrawn in place, at most ten times a second and never wider than
 * the terminal, with messages above it. Anywhere else, as in a log file, there is a line an epoch,
 * and in long epochs one every ten seconds.
 *
 * <p>Time left is estimated from the mean over all steps since this printer was made, so that a
 * resumed run does not count the steps it did not do and validation counts as the time it takes.
 */
public final class ProgressPrinter {
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;
  private static final int WIDEST_BAR = 24;
  private static final int NARROWEST_BAR = 8;

  /** Of the line's parts bar, loss, validation, rate, overhead and time. */
  private static final int[] PARTS_BY_IMPORTANCE = {1, 5, 2, 0, 3, 4};

  /** The same where so much of a step is not compute that something should be done. */
  private static final int[] PARTS_WHERE_OVERHEAD_MATTERS = {1, 5, 2, 4, 0, 3};

  private static final String ERASE_TO_END = "\u001B[K";

  private enum Mode {
    TERMINAL,
    PLAIN,
    NOTES_ONLY,
    SILENT
  }

  private final PrintStream out;
  private final Mode mode;
  private final int width;
  private final long totalSteps;
  private final int totalEpochs;
  private final LongSupplier nanoClock;
  private final long started;

  private final ExponentialAverage loss = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
  private final RecentSteps recent = new RecentSteps();
  private long stepsSeen;
  private StepRecord lastStep;
  private EpochRecord lastEpoch;
  private String lastValidation = "";
  private long lastPrinted;
  private boolean drawn;
  private boolean finished;

  /**
   * A printer whose clock starts now.
   *
   * @param out usually stderr
   * @param terminal whether {@code out} is a terminal that moves its cursor
   * @param width columns of the terminal
   * @param totalSteps of the whole run, 0 if not known
   * @param totalEpochs of the whole run, 0 if not known
   * @param quiet prints nothing at all
   * @param nanoClock as {@link System#nanoTime}
   */
  public ProgressPrinter(
      PrintStream out,
      boolean terminal,
      int width,
      long totalSteps,
      int totalEpochs,
      boolean quiet,
      LongSupplier nanoClock) {
    this(
        out,
        quiet ? Mode.SILENT : terminal ? Mode.TERMINAL : Mode.PLAIN,
        width,
        totalSteps,
        totalEpochs,
        nanoClock);
  }

  private ProgressPrinter(
      PrintStream out,
      Mode mode,
      int width,
      long totalSteps,
      int totalEpochs,
      LongSupplier nanoClock) {
    this.out = Objects.requireNonNull(out);
    this.mode = mode;
    this.width = width;
    this.totalSteps = totalSteps;
    this.totalEpochs = totalEpochs;
    this.nanoClock = nanoClock;
    this.started = nanoClock.getAsLong();
    this.lastPrinted = started;
  }

  /** Prints messages and no progress, for {@code --no-progress}. */
  public static ProgressPrinter notesOnly(PrintStream out) {
    return new ProgressPrinter(out, Mode.NOTES_ONLY, 0, 0, 0, System::nanoTime);
  }

  /** Takes note of a step, and shows it if it is time to. */
  public synchronized void step(StepRecord record) {
    if (mode != Mode.TERMINAL && mode != Mode.PLAIN) {
      return;
    }
    lastStep = record;
    stepsSeen++;
    if (Double.isFinite(record.loss())) {
      loss.add(record.loss());
    }
    recent.add(record);

    long now = nanoClock.getAsLong();
    if (mode == Mode.TERMINAL) {
      if (!drawn || now - lastPrinted >= REDRAW_NANOS) {
        redraw(now);
      }
    } else if (now - lastPrinted >= PLAIN_NANOS) {
      out.println(plainStepLine(now));
      lastPrinted = now;
    }
  }

  /** Shows the end of an epoch. */
  public synchronized void epoch(EpochRecord record) {
    if (mode != Mode.TERMINAL && mode != Mode.PLAIN) {
      return;
    }
    lastEpoch = record;
    if (record.validation() != null) {
      lastValidation = "validation " + headline(record.validation());
    }
    long now = nanoClock.getAsLong();
    if (mode == Mode.TERMINAL) {
      redraw(now);
    } else {
      out.println(plainEpochLine(record, now));
      lastPrinted = now;
    }
  }

  /** Shows at the end where the steps' time went, if there were enough of them to tell. */
  public synchronized void times(PhaseTimes times) {
    if ((mode == Mode.TERMINAL || mode == Mode.PLAIN) && times.steps() >= StepAdvice.FEWEST_STEPS) {
      note(times.toString());
    }
  }

  /** Prints a message, above the progress line on a terminal. */
  public synchronized void note(String message) {
    if (mode == Mode.SILENT) {
      return;
    }
    if (drawn) {
      out.print("\r" + ERASE_TO_END);
    }
    out.println(printable(message));
    if (drawn) {
      redraw(nanoClock.getAsLong());
    }
  }

  /** Leaves the last state of the line standing; nothing but notes is printed afterwards. */
  public synchronized void finish() {
    if (!finished && drawn) {
      redraw(nanoClock.getAsLong());
      out.println();
      out.flush();
    }
    finished = true;
    drawn = false;
  }

  private void redraw(long now) {
    if (finished) {
      return;
    }
    out.print("\r" + terminalLine(now) + ERASE_TO_END);
    out.flush();
    drawn = true;
    lastPrinted = now;
  }

  /** As much as fits in {@code width - 1} columns, what matters least left out first. */
  private String terminalLine(long now) {
    int room = Math.max(0, width - 1);
    String epoch = "epoch " + counted(currentEpoch(), totalEpochs);
    String shortestBar = totalSteps > 0 ? bar(NARROWEST_BAR) : "";
    String[] parts = {
      shortestBar, lossText(), lastValidation, rateText(), overheadText(), timeText(now)
    };
    boolean[] fits = new boolean[parts.length];
    int used = epoch.length();
    for (int part :
        recent.overhead() > StepAdvice.TOLERANCE
            ? PARTS_WHERE_OVERHEAD_MATTERS
            : PARTS_BY_IMPORTANCE) {
      int columns = 2 + parts[part].length();
      fits[part] = !parts[part].isEmpty() && used + columns <= room;
      used += fits[part] ? columns : 0;
    }
    if (fits[0]) {
      parts[0] = bar(Math.min(WIDEST_BAR, NARROWEST_BAR + room - used));
    }
    StringBuilder line = new StringBuilder(epoch);
    for (int part = 0; part < parts.length; part++) {
      if (fits[part]) {
        line.append("  ").append(parts[part]);
      }
    }
    return line.length() <= room ? line.toString() : line.substring(0, room);
  }

  private String bar(int cells) {
    int filled = (int) (cells * Math.min(1, (double) currentStep() / totalSteps));
    String head = filled > 0 && filled < cells ? ">" : "";
    String done = "=".repeat(filled - head.length()) + head;
    return "[" + done + " ".repeat(cells - done.length()) + "]";
  }

  private String plainStepLine(long now) {
    StringBuilder line = new StringBuilder("epoch ").append(counted(currentEpoch(), totalEpochs));
    line.append(", step ").append(counted(currentStep(), totalSteps)).append(": ");
    line.append(lossText());
    appendIfAny(line, rateText());
    appendIfAny(line, overheadText());
    appendIfAny(line, timeText(now));
    return line.toString();
  }

  private String plainEpochLine(EpochRecord record, long now) {
    StringBuilder line = new StringBuilder("epoch ").append(counted(record.epoch(), totalEpochs));
    line.append(": train ").append(lossAndHeadline(record.train()));
    if (record.validation() != null) {
      line.append(", validation ").append(lossAndHeadline(record.validation()));
    }
    appendIfAny(line, rateText());
    appendIfAny(line, overheadText());
    appendIfAny(line, timeText(now));
    return line.toString();
  }

  private static void appendIfAny(StringBuilder line, String part) {
    if (!part.isEmpty()) {
      line.append(", ").append(part);
    }
  }

  private static String lossAndHeadline(SplitMetrics split) {
    String loss = "loss " + Numbers.significant(split.loss(), 4);
    return split.values().isEmpty() ? loss : loss + " " + headline(split);
  }

  private static String headline(SplitMetrics split) {
    if (split.values().isEmpty()) {
      return "loss " + Numbers.significant(split.loss(), 4);
    }
    Map.Entry<String, Double> metric = split.values().entrySet().iterator().next();
    return metric.getKey() + " " + Numbers.metric(metric.getKey(), metric.getValue());
  }

  private String lossText() {
    return loss.count() == 0 ? "" : "loss " + Numbers.significant(loss.value(), 4);
  }

  private String rateText() {
    return recent.areKnown() ? Numbers.compact(recent.examplesPerSecond()) + " examples/s" : "";
  }

  private String overheadText() {
    return recent.areKnown() ? "not compute " + Numbers.wholePercent(recent.overhead()) : "";
  }

  /** Time left, or time taken when nothing is left or the end is not known. */
  private String timeText(long now) {
    double elapsed = (now - started) / 1e9;
    long left = totalSteps - currentStep();
    if (finished || left <= 0 || stepsSeen == 0) {
      return Numbers.clock(elapsed) + " elapsed";
    }
    return Numbers.clock(elapsed / stepsSeen * left) + " left";
  }

  private int currentEpoch() {
    int fromSteps = lastStep == null ? 0 : lastStep.epoch();
    int fromEpochs = lastEpoch == null ? 0 : lastEpoch.epoch();
    return Math.max(fromSteps, fromEpochs);
  }

  private long currentStep() {
    return lastStep == null ? 0 : lastStep.step();
  }

  private static String counted(long number, long total) {
    return total > 0 ? number + "/" + total : Long.toString(number);
  }

  /** Keeps a label or a path from moving the cursor. */
  private static String printable(String message) {
    StringBuilder text = new StringBuilder(message.length());
    for (int i = 0; i < message.length(); i++) {
      char c = message.charAt(i);
      text.append(Character.isISOControl(c) && c != '\n' && c != '\t' ? '?' : c);
    }
    return text.toString();
  }
}
