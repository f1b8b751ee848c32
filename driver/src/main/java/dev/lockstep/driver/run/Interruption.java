package dev.lockstep.driver.run;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.apache.hadoop.service.launcher.IrqHandler;

/**
 * What SIGINT (Ctrl-C) and SIGTERM (of a cluster manager, an operator, a shutdown) do while a
 * command trains. The first one ends the run after the step that is being taken, with a checkpoint;
 * before the first step there is nothing to keep, and the program ends at once.
 *
 * <p>A step that does not end within a grace period, since executors are gone or hang, is given up:
 * the checkpoint is then that of the step before. So is an evaluation behind the last step, with
 * which the resumed run goes on.
 *
 * <p>Ctrl-C once more ends the program whatever it does. Another SIGTERM changes nothing:
 * schedulers and containers send it to a whole process group and then to each process, which must
 * not cost the checkpoint; whoever has no more time sends SIGKILL.
 *
 * <p>In place of the JVM's own handlers, which would start the shutdown hooks: Spark and Hadoop
 * would be gone before the checkpoint is written.
 *
 * <p>For programs only: an application that embeds training has signals of its own.
 */
public final class Interruption implements StopRequest, AutoCloseable {
  private static final int SHELL_OFFSET = 128;
  private static final int SIGINT = 2;

  /** Docker and Spark's standalone workers send SIGKILL 10 s after SIGTERM, by default. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);

  private enum Phase {
    PREPARING,
    STEPS,
    END,
    CLOSED
  }

  private final String consequence;
  private final Consumer<String> notes;
  private final IntConsumer exit;
  private final IntConsumer halt;
  private final Duration grace;
  private final AtomicInteger signal = new AtomicInteger();
  private Phase phase = Phase.PREPARING;
  private Runnable undoPreparation = () -> {};

  /** Ends the wait for what is being computed; null where nothing is. */
  private Runnable giveUp;

  /**
   * Without handlers yet.
   *
   * @param consequence of a signal among the steps, said after "finishing the step"
   * @param notes is told, as a sentence, what a signal leads to
   * @param exit ends the program in good order with a code
   * @param halt ends it at once
   * @param grace how long what is being computed may take from the signal on
   */
  Interruption(
      String consequence,
      Consumer<String> notes,
      IntConsumer exit,
      IntConsumer halt,
      Duration grace) {
    this.consequence = consequence;
    this.notes = notes;
    this.exit = exit;
    this.halt = halt;
    this.grace = grace;
  }

  /**
   * Takes the signals.
   *
   * @param consequence of a signal among the steps, said after "finishing the step"
   * @param notes is told, as a sentence, what a signal leads to
   */
  public static Interruption install(String consequence, Consumer<String> notes) {
    Interruption interruption =
        new Interruption(
            consequence, notes, System::exit, code -> Runtime.getRuntime().halt(code), GRACE);
    interruption.take(IrqHandler.CONTROL_C);
    interruption.take(IrqHandler.SIGTERM);
    return interruption;
  }

  /** By Hadoop's way to the JVM's signals, since the JVM's own is closed to compilers. */
  private void take(String name) {
    try {
      new IrqHandler(name, data -> arrived(data.getNumber())).bind();
    } catch (IllegalArgumentException withheld) {
      // With -Xrs signals belong to the operating system, and so does their effect.
      return;
    }
  }

  /** A signal of this number. */
  void arrived(int number) {
    int code = SHELL_OFFSET + number;
    if (!signal.compareAndSet(0, number)) {
      if (number == SIGINT) {
        halt.accept(code);
      }
      return;
    }
    String more = number == SIGINT ? "; once more ends at once." : ".";
    synchronized (this) {
      switch (phase) {
        case PREPARING -> {
          notes.accept("Interrupted before the first step; this start leaves nothing behind.");
          undoPreparation.run();
          // Still in the monitor: the run must not begin to write while the program ends.
          exit.accept(code);
        }
        case STEPS -> {
          notes.accept("Interrupted: finishing the step, " + consequence + more);
          startGrace();
        }
        case CLOSED -> exit.accept(code);
        case END -> {
          notes.accept("All steps are done: finishing the run" + more);
          startGrace();
        }
      }
    }
  }

  private void startGrace() {
    Thread thread = new Thread(this::giveUpAfterGrace, "lockstep-grace");
    thread.setDaemon(true);
    thread.start();
  }

  /** Gives up again and again, since the run may begin to compute something else. */
  private void giveUpAfterGrace() {
    Duration wait = grace;
    boolean told = false;
    while (isOpenAfter(wait)) {
      Runnable action;
      synchronized (this) {
        action = giveUp;
      }
      if (action != null) {
        if (!told) {
          notes.accept(
              "What is being computed has not ended within "
                  + grace.toSeconds()
                  + " s and is given up.");
          told = true;
        }
        action.run();
      }
      wait = BETWEEN_ATTEMPTS;
    }
  }

  /** Returns after the wait, or as soon as this is closed. */
  private synchronized boolean isOpenAfter(Duration wait) {
    long end = System.nanoTime() + wait.toNanos();
    long left = wait.toNanos();
    while (phase != Phase.CLOSED && left > 0) {
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException nobodyDoes) {
        return false;
      }
      left = end - System.nanoTime();
    }
    return phase != Phase.CLOSED;
  }

  @Override
  public boolean isMade() {
    return signal.get() != 0;
  }

  @Override
  public synchronized void preparing(Runnable undo) {
    undoPreparation = undo;
    phase = Phase.PREPARING;
  }

  @Override
  public synchronized void stepsBegin() {
    phase = Phase.STEPS;
  }

  @Override
  public synchronized void computing(Runnable endTheWait) {
    giveUp = endTheWait;
  }

  @Override
  public synchronized void computed() {
    giveUp = null;
  }

  @Override
  public synchronized void stepsEnd() {
    phase = Phase.END;
  }

  /** What the shell expects of a program that a signal ended: 130 for SIGINT, 143 for SIGTERM. */
  public int exitCode() {
    return SHELL_OFFSET + signal.get();
  }

  /** From now on a signal ends the program, as if this had never been. */
  @Override
  public synchronized void close() {
    phase = Phase.CLOSED;
    notifyAll();
  }
}
