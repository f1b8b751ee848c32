package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Replicas of whichever kind is the fastest here, as the first steps show. All kinds give the same
 * bits, so the steps that measure are steps of the run like all others, and which kind takes them
 * shows in nothing but the time.
 *
 * <p>Candidates are tried in order, one at a time. A trial of a candidate ends with the median of
 * what a step takes until its gradient is there. Where little of it is not compute, no other kind
 * could be much faster and none is tried; else the smallest median wins. A candidate that fails
 * before its first result is left out, and so is one for which the cluster becomes too small later:
 * the step at hand is repeated by another. Of several candidates only one holds resources at any
 * time.
 */
public final class AutoReplicas implements Replicas {
  /** Less than this share of a step besides compute is not worth the trial of another kind. */
  private static final double SHARE_WORTH_SAVING = 0.1;

  /** Nor is less than this in all steps that are left: starting another kind takes as long. */
  private static final double SECONDS_WORTH_SAVING = 5.0;

  /** Steps in which the first candidate's JVMs compile, and the time that it mostly takes them. */
  private static final int FIRST_WARM_UP_STEPS = 20;

  private static final double FIRST_WARM_UP_SECONDS = 2.0;

  /** Steps of a trial that count. */
  private static final int COUNTED_STEPS = 10;

  /** Steps of any further candidate: two of three count. */
  private static final int FURTHER_STEPS = 15;

  private static final int FEWEST_FURTHER_STEPS = 3;

  /**
   * The trials of further candidates take at most one of so many steps, and each at most this part
   * of the time that is left.
   */
  private static final long SHARE_OF_RUN = 10;

  private static final double NANO = 1e-9;

  /**
   * A kind of replicas.
   *
   * @param name as in the configuration
   * @param start makes them, each time anew
   */
  public record Candidate(String name, Supplier<Replicas> start) {}

  private record Measured(Candidate candidate, double seconds, double notComputeSeconds) {
    double share() {
      return seconds == 0.0 ? 0.0 : notComputeSeconds / seconds;
    }
  }

  private final Deque<Candidate> untried;
  private final long totalSteps;
  private final LongSupplier nanoClock;
  private final List<Measured> measured = new ArrayList<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();
  private final List<RuntimeException> failures = new ArrayList<>();
  private Consumer<String> listener = sentence -> {};
  private int furtherSteps;
  private StepTrial trial;
  private boolean decided;
  private long stepsLeft;
  private Candidate wanted;
  private Candidate started;
  private volatile Replicas running;
  private volatile boolean canceled;
  private boolean proven;

  /**
   * Replicas before their first step; nothing is started yet.
   *
   * @param candidates what can run here, at least one, the one to begin with first
   * @param obstacles names of what cannot, with the reason
   * @param totalSteps T, to tell what a trial is worth
   * @param nanoClock as {@link System#nanoTime}
   */
  public AutoReplicas(
      List<Candidate> candidates,
      Map<String, String> obstacles,
      long totalSteps,
      LongSupplier nanoClock) {
    this.untried = new ArrayDeque<>(candidates);
    this.wanted = untried.removeFirst();
    this.leftOut.putAll(obstacles);
    this.totalSteps = totalSteps;
    this.nanoClock = nanoClock;
  }

  /** Who hears, as a sentence for the user, what is taken and why. */
  public void onChoice(Consumer<String> hearer) {
    listener = hearer;
  }

  /** Whether the choice is made. */
  public boolean isDecided() {
    return decided;
  }

  /** The name of the kind that computes at present. */
  public String taken() {
    return wanted.name();
  }

  @Override
  public Contribution compute(ParameterVector parameters, StepPlan step) {
    stepsLeft = totalSteps - step.step();
    if (trial == null && !decided) {
      begin(stepsLeft + 1);
    }
    return use(
        replicas -> {
          long start = nanoClock.getAsLong();
          Contribution total = replicas.compute(parameters, step);
          if (!decided) {
            trial.add((nanoClock.getAsLong() - start) * NANO, total.computeNanos() * NANO);
          }
          return total;
        });
  }

  @Override
  public double broadcastSeconds() {
    return running.broadcastSeconds();
  }

  @Override
  public MetricSums evaluate(ParameterVector parameters, Split split) {
    return use(replicas -> replicas.evaluate(parameters, split));
  }

  private void begin(long steps) {
    if (untried.isEmpty()) {
      decide("");
      return;
    }
    furtherSteps = (int) Math.min(FURTHER_STEPS, steps / (SHARE_OF_RUN * untried.size()));
    if (furtherSteps < FEWEST_FURTHER_STEPS) {
      decide("; the run is too short to compare it with " + namesOf(untried));
      return;
    }
    int share = (int) Math.min(Integer.MAX_VALUE, steps / SHARE_OF_RUN);
    trial =
        new StepTrial(
            Math.min(FIRST_WARM_UP_STEPS, share),
            share,
            FIRST_WARM_UP_SECONDS,
            Double.POSITIVE_INFINITY,
            Math.min(COUNTED_STEPS, share));
  }

  /**
   * Does the work with the wanted kind, or with another where that fails from the start, or where
   * the cluster has become too small for it.
   */
  private <T> T use(Function<Replicas, T> work) {
    while (true) {
      try {
        T result = work.apply(wantedReplicas());
        proven = true;
        if (!decided && trial != null && trial.isComplete()) {
          judge();
        }
        return result;
      } catch (RuntimeException failure) {
        if (canceled
            || Thread.currentThread().isInterrupted()
            || (proven && !ShrunkCluster.causes(failure))) {
          throw failure;
        }
        leaveOut(failure);
      }
    }
  }

  /** The losers' are closed before others start: a cluster may have room for one kind only. */
  private Replicas wantedReplicas() {
    if (!wanted.equals(started)) {
      close();
      started = wanted;
      running = wanted.start().get();
    }
    return running;
  }

  private void leaveOut(RuntimeException failure) {
    try {
      close();
    } catch (RuntimeException onTheWayOut) {
      failure.addSuppressed(onTheWayOut);
    }
    leftOut.put(wanted.name(), reason(failure));
    measured.removeIf(known -> known.candidate().equals(wanted));
    if (!measured.isEmpty() && (decided || untried.isEmpty())) {
      takeFastest("");
    } else if (!untried.isEmpty()) {
      tryNext();
    } else {
      failures.forEach(failure::addSuppressed);
      throw failure;
    }
    failures.add(failure);
  }

  private void tryNext() {
    wanted = untried.removeFirst();
    if (decided || (untried.isEmpty() && measured.isEmpty())) {
      decide("");
    } else if (!measured.isEmpty()) {
      int counted = Math.max(1, 2 * furtherSteps / 3);
      int warmUp = furtherSteps - counted;
      double timeLeft = stepsLeft * fastest().seconds();
      trial = new StepTrial(warmUp, warmUp, 0.0, timeLeft / SHARE_OF_RUN, counted);
    }
  }

  private void judge() {
    Measured now = new Measured(wanted, trial.seconds(), trial.notComputeSeconds());
    measured.add(now);
    if (untried.isEmpty()) {
      takeFastest("");
    } else if (now.share() < SHARE_WORTH_SAVING) {
      takeFastest(", so no other could save much");
    } else if (now.notComputeSeconds() * stepsLeft < SECONDS_WORTH_SAVING) {
      takeFastest(
          ", and in the steps left no other could save "
              + Math.round(SECONDS_WORTH_SAVING)
              + " seconds");
    } else {
      tryNext();
    }
  }

  private Measured fastest() {
    return measured.stream().min(Comparator.comparingDouble(Measured::seconds)).orElseThrow();
  }

  private void takeFastest(String why) {
    Measured fastest = fastest();
    wanted = fastest.candidate();
    StringBuilder sentence = new StringBuilder(": ").append(milliseconds(fastest.seconds()));
    sentence.append(" a step before its update, ");
    sentence.append(Math.round(100 * fastest.share())).append("% of it not compute").append(why);
    StringJoiner others = new StringJoiner(", ", "; ", "").setEmptyValue("");
    for (Measured other : measured) {
      if (!other.equals(fastest)) {
        others.add(other.candidate().name() + " " + milliseconds(other.seconds()));
      }
    }
    decide(sentence.append(others).toString());
  }

  /** Settles on the wanted kind. */
  private void decide(String why) {
    decided = true;
    trial = null;
    StringBuilder sentence = new StringBuilder("synchronizer auto: took ").append(wanted.name());
    sentence.append(why).append('.');
    leftOut.forEach(
        (name, reason) ->
            sentence.append(' ').append(name).append(" is left out: ").append(reason).append('.'));
    listener.accept(sentence.toString());
  }

  private static String namesOf(Iterable<Candidate> candidates) {
    StringJoiner names = new StringJoiner(" and ");
    candidates.forEach(candidate -> names.add(candidate.name()));
    return names.toString();
  }

  private static String milliseconds(double seconds) {
    double value = 1e3 * seconds;
    return String.format(Locale.ROOT, value < 1 ? "%.2f ms" : "%.1f ms", value);
  }

  /** The first line of a message, without its full stop. */
  private static String reason(RuntimeException failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    return message.strip().lines().findFirst().orElseThrow().replaceAll("[.\\s]+$", "");
  }

  @Override
  public void cancel() {
    canceled = true;
    Replicas atWork = running;
    if (atWork != null) {
      atWork.cancel();
    }
  }

  @Override
  public void close() {
    Replicas last = running;
    started = null;
    running = null;
    proven = false;
    if (last != null) {
      last.close();
    }
  }
}
