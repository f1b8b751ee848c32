package dev.lockstep.driver.tuning;

import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.driver.config.TuningSettings;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.driver.report.TuningSummary;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.StopRequest;
import dev.lockstep.driver.run.TrialData;
import dev.lockstep.driver.run.TrialRun;
import dev.lockstep.driver.run.Version;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.TrialScore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A search: trains trials, several at a time, rung by rung. What a trial computes and who goes on
 * depend on no order in time, so the ranking is the same however many run at once, and however
 * often the search was killed and started again.
 */
public final class TuningRun {
  /** The configuration of the best trial, ready for {@code train}. */
  public static final String BEST = "best.yaml";

  /** Without halving there is one rung: all epochs. */
  private static final List<Integer> ALL_EPOCHS = List.of(Integer.MAX_VALUE);

  private final JavaSparkContext spark;
  private final TuningPlan given;
  private final RunFolder output;
  private final TuningFolder folder;
  private final TuningProgress progress;
  private final StopRequest stop;
  private final EventLog log;
  private final Map<Integer, TrialRun> runs = new ConcurrentHashMap<>();
  private RunLock lock;
  private TuningEvents events;
  private volatile boolean cancelled;

  /**
   * A search that is still to be made, or to go on.
   *
   * @param output its folder: empty, or with an earlier attempt at the same search
   * @param stop asked before each step of each trial; once made, the search ends there, with the
   *     trials that have ended
   * @param log is told the steps of the search's life
   */
  public TuningRun(
      JavaSparkContext spark,
      TuningPlan plan,
      RunFolder output,
      TuningProgress progress,
      StopRequest stop,
      EventLog log) {
    this.spark = spark;
    this.given = plan;
    this.output = output;
    this.folder = new TuningFolder(output);
    this.progress = progress;
    this.stop = stop;
    this.log = log;
  }

  /**
   * Searches, or goes on with it, or says what came out where all is done.
   *
   * @throws CancellationException where the search was asked to stop before its end
   */
  public TuningSummary execute() {
    LockOwner owner = ApplicationAttempt.of(spark).owner();
    try (RunLock held = RunLock.acquire(output, owner, LockTimes.DEFAULT, progress::note)) {
      lock = held;
      stop.preparing(held::close);
      return searchOrTell();
    }
  }

  private TuningSummary searchOrTell() {
    Optional<RunConfiguration> earlier = folder.configuration();
    if (earlier.isPresent()) {
      int shards = earlier.get().training().shards();
      TuningPlan plan = given.settled(shards, metric(earlier.get().tuning().metric()));
      folder.requireSame(earlier.get(), plan.base());
      folder.load(plan.trials());
      progress.begin(plan.trials().size(), plan.base().tuning().metric());
      if (folder.isFinished()) {
        progress.note("This search is finished; nothing was trained.");
        return summary(plan);
      }
      return watchedSearch(plan, true);
    }
    Integer shards = given.base().training().shards();
    return watchedSearch(
        given.settled(shards != null ? shards : spark.defaultParallelism(), metric(null)), false);
  }

  private TuningSummary watchedSearch(TuningPlan unsettled, boolean goesOn) {
    TuningEvents told = new TuningEvents(spark, log, output.name());
    events = told;
    stop.preparing(
        () -> {
          lock.close();
          told.interrupted();
        });
    told.started(unsettled, goesOn);
    return told.watch(() -> search(unsettled, goesOn));
  }

  /** As configured, else what an earlier start settled, else null: the data will tell. */
  private WatchedMetric metric(WatchedMetric earlier) {
    WatchedMetric configured = given.base().tuning().metric();
    return configured != null ? configured : earlier;
  }

  private TuningSummary search(TuningPlan unsettled, boolean goesOn) {
    // What an earlier start kept is not touched for data that the search cannot go on with.
    try (TrialData data =
        goesOn
            ? TrialData.prepare(spark, unsettled.base())
            : TrialData.prepare(spark, unsettled.base(), output)) {
      WatchedMetric metric = unsettled.base().tuning().metric();
      TuningPlan plan =
          metric != null
              ? unsettled
              : unsettled.settled(unsettled.base().training().shards(), taskMetric(data.task()));
      progress.begin(plan.trials().size(), plan.base().tuning().metric());
      check(plan, data);
      if (goesOn) {
        plan.trials().forEach(trial -> folder.last(trial.number()).ifPresent(progress::known));
        beginWriting();
      } else {
        beginWriting();
        folder.begin(plan.base());
      }
      data.keepBadRows(spark, output, goesOn).ifPresent(progress::note);
      climb(plan, data);
      stop.stepsEnd();
      TuningSummary summary = summary(plan);
      lock.confirmHeld();
      folder.finish(summary, plan.base());
      return summary;
    }
  }

  private void beginWriting() {
    stop.stepsBegin();
    lock.confirmHeld();
  }

  /** Asked by every trial before each of its steps. */
  private boolean isToEnd() {
    lock.requireHeld();
    return cancelled || stop.isMade();
  }

  private static WatchedMetric taskMetric(Task task) {
    return task == Task.CLASSIFICATION
        ? new WatchedMetric("validation", "accuracy")
        : WatchedMetric.VALIDATION_LOSS;
  }

  /** All that can be known to be wrong with a trial is said before the first one runs. */
  private void check(TuningPlan plan, TrialData data) {
    data.requireWatchable("tuning.metric", plan.base().tuning().metric());
    Set<String> warnings = new LinkedHashSet<>();
    List<Trial> all = new ArrayList<>(plan.ends());
    all.addAll(plan.trials());
    for (Trial trial : all) {
      if (!data.fits(trial.configuration())) {
        continue;
      }
      try {
        warnings.addAll(data.check(trial.configuration()));
      } catch (LockstepException refused) {
        throw TuningPlan.impossible(trial.parameters(), refused);
      }
      folder.last(trial.number()).ifPresent(record -> folder.requireSameData(record, data));
    }
    warnings.forEach(progress::note);
    if (plan.trials().stream().anyMatch(trial -> isSettledByOthers(plan, trial))) {
      progress.note(
          "synchronizer auto: took "
              + sideBySide().key()
              + " for all trials, since trials that train side by side cannot be measured.");
    }
  }

  /** Rung by rung; each is decided when all its trials are there. */
  private void climb(TuningPlan plan, TrialData data) {
    TuningSettings tuning = plan.base().tuning();
    List<Integer> rungs =
        tuning.halving() == null
            ? ALL_EPOCHS
            : tuning.halving().rungs(plan.base().training().epochs());
    List<Trial> contenders = plan.trials();
    for (int rung = 1; rung <= rungs.size(); rung++) {
      train(plan, contenders, rungs.subList(0, rung), data);
      if (rung < rungs.size()) {
        contenders = survivors(plan, contenders, rung);
      }
    }
  }

  private List<Trial> survivors(TuningPlan plan, List<Trial> contenders, int rung) {
    TuningSettings tuning = plan.base().tuning();
    List<TrialScore> scores = new ArrayList<>();
    for (Trial trial : contenders) {
      scores.add(recorded(rung, trial).score());
    }
    List<Integer> numbers = tuning.halving().survivors(scores, tuning.metric());
    List<Trial> survivors = new ArrayList<>();
    List<TrialRecord> stopped = new ArrayList<>();
    for (Trial trial : contenders) {
      TrialRecord record = recorded(rung, trial);
      if (numbers.contains(trial.number())) {
        survivors.add(trial);
      } else {
        runs.remove(trial.number());
        if (record.status().equals(TrialRecord.PAUSED)) {
          stopped.add(record.withStatus(TrialRecord.STOPPED));
        }
      }
    }
    if (!stopped.isEmpty()) {
      folder.keep(stopped);
    }
    progress.note(
        "rung "
            + rung
            + ": "
            + survivors.size()
            + " of "
            + contenders.size()
            + " trials go on: "
            + numbers);
    return survivors;
  }

  private TrialRecord recorded(int rung, Trial trial) {
    return folder.record(rung, trial.number()).orElseThrow();
  }

  /** Brings all contenders to the end of the last of the rungs, as many at a time as configured. */
  private void train(TuningPlan plan, List<Trial> contenders, List<Integer> rungs, TrialData data) {
    List<Trial> missing = new ArrayList<>();
    for (Trial trial : contenders) {
      if (folder.record(rungs.size(), trial.number()).isEmpty()) {
        missing.add(trial);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    int atOnce = Math.min(plan.base().tuning().parallel(), missing.size());
    ExecutorService pool = Executors.newFixedThreadPool(atOnce, TuningRun::thread);
    try {
      CompletionService<Void> legs = new ExecutorCompletionService<>(pool);
      for (Trial trial : missing) {
        legs.submit(() -> train(plan, trial, rungs, data), null);
      }
      for (int i = 0; i < missing.size(); i++) {
        legs.take().get();
      }
    } catch (ExecutionException failure) {
      throw asUnchecked(failure.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CancellationException();
    } finally {
      // After a failure the others end before their next step; the data outlive them.
      cancelled = true;
      pool.shutdown();
      awaitEnd(pool);
      cancelled = false;
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "trial");
    thread.setDaemon(true);
    return thread;
  }

  private static void awaitEnd(ExecutorService pool) {
    try {
      pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException asUnchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
  }

  /**
   * One leg of a trial, or all legs so far where an earlier attempt's state is lost; these must
   * come out as they did.
   */
  private void train(TuningPlan plan, Trial trial, List<Integer> rungs, TrialData shared) {
    if (isToEnd()) {
      throw new CancellationException();
    }
    boolean lost = !runs.containsKey(trial.number());
    TrialRun run = runs.computeIfAbsent(trial.number(), number -> newRun(plan, trial));
    spark.setJobGroup("trial-" + trial.number(), "trial " + trial.number());
    boolean fits = shared.fits(trial.configuration());
    TrialData data = fits ? shared : TrialData.prepare(spark, trial.configuration());
    try {
      for (int rung = lost ? 1 : rungs.size(); rung <= rungs.size(); rung++) {
        leg(plan, trial, run, rung, rungs.get(rung - 1), data);
      }
    } finally {
      if (!fits) {
        data.close();
      }
      spark.clearJobGroup();
    }
  }

  private TrialRun newRun(TuningPlan plan, Trial trial) {
    int shards = trial.configuration().training().shards();
    int share = spark.defaultParallelism() / plan.base().tuning().parallel();
    return new TrialRun(
        spark,
        trial.configuration(),
        folder.trial(trial.number()),
        synchronizer(plan, trial),
        Math.max(1, Math.min(shards, share)));
  }

  /** Side by side, trials would measure each other. */
  private Synchronizer synchronizer(TuningPlan plan, Trial trial) {
    Synchronizer configured = trial.configuration().training().synchronizer();
    return configured == Synchronizer.AUTO && plan.base().tuning().parallel() > 1
        ? sideBySide()
        : configured;
  }

  private boolean isSettledByOthers(TuningPlan plan, Trial trial) {
    return synchronizer(plan, trial) != trial.configuration().training().synchronizer();
  }

  private Synchronizer sideBySide() {
    return spark.isLocal() ? Synchronizer.LOCAL : Synchronizer.TREE;
  }

  private void leg(
      TuningPlan plan, Trial trial, TrialRun run, int rung, int lastEpoch, TrialData data) {
    Integer epochs = trial.configuration().training().epochs();
    RunSummary summary =
        run.train(
            lastEpoch, data, epoch -> progress.epoch(trial.number(), epoch, epochs), this::isToEnd);
    WatchedMetric metric = plan.base().tuning().metric();
    TrialRecord record =
        new TrialRecord(
            trial.number(),
            rung,
            summary.status().equals(TrialRecord.STOPPED) ? TrialRecord.PAUSED : summary.status(),
            trial.parameters(),
            summary.epochs(),
            summary.steps(),
            new TrialScore(trial.number(), rung, run.value(metric)).value(),
            summary.train(),
            summary.validation(),
            summary.dataFingerprint(),
            summary.wallSeconds());
    Optional<TrialRecord> before = folder.record(rung, trial.number());
    if (before.isEmpty()) {
      lock.confirmHeld();
      folder.keep(List.of(record));
      progress.trial(record);
      events.trialEnded(record);
    } else if (Double.compare(before.get().value(), record.value()) != 0) {
      throw folder.changed(trial, record.epochs(), before.get().value(), record.value());
    }
    if (plan.base().tuning().halving() == null) {
      runs.remove(trial.number());
    }
  }

  private TuningSummary summary(TuningPlan plan) {
    TuningSettings tuning = plan.base().tuning();
    Map<Integer, TrialRecord> last = new HashMap<>();
    List<TrialScore> scores = new ArrayList<>();
    for (Trial trial : plan.trials()) {
      TrialRecord record = folder.last(trial.number()).orElseThrow();
      last.put(trial.number(), record);
      scores.add(record.score());
    }
    Comparator<TrialScore> order = TrialScore.bestFirst(tuning.metric());
    List<TrialRecord> ranking =
        scores.stream().sorted(order).map(score -> last.get(score.trial())).toList();
    return new TuningSummary(
        plan.base().name(),
        tuning.metric(),
        tuning.search().key(),
        tuning.seed(),
        tuning.space(),
        ranking,
        Version.LOCKSTEP);
  }
}
