package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.RunTelemetry;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One training run: prepares the data, finds out where to begin, trains, evaluates, writes the run
 * folder. Nothing is written before data and network are known to fit, and each other to what the
 * folder holds.
 */
public final class TrainingRun {
  private static final double SECOND = 1e9;

  private final JavaSparkContext spark;
  private final RunConfiguration given;
  private final RunFolder folder;
  private final StartMode mode;
  private final LongFunction<ProgressPrinter> progressForSteps;
  private final StopRequest stop;
  private final Consumer<String> messages;
  private final EventLog events;
  private final long start = System.nanoTime();
  private List<String> foreword = List.of();
  private WayOut wayOut = WayOut.FORCE;
  private PreparedData prepared;

  /** As below, for programs that want no events. */
  public TrainingRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RunFolder folder,
      StartMode mode,
      LongFunction<ProgressPrinter> progressForSteps,
      StopRequest stop,
      Consumer<String> messages) {
    this(spark, configuration, folder, mode, progressForSteps, stop, messages, EventLog.NONE);
  }

  /**
   * A run that is still to be made.
   *
   * @param folder where results go
   * @param mode what the folder may hold
   * @param progressForSteps makes the progress display once the number of steps is known
   * @param stop asked before each step, on this run's thread; once made, the run ends there, with a
   *     checkpoint
   * @param messages is told, as a sentence, what happens before there is a progress display
   * @param events is told the steps of the run's life
   */
  public TrainingRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RunFolder folder,
      StartMode mode,
      LongFunction<ProgressPrinter> progressForSteps,
      StopRequest stop,
      Consumer<String> messages,
      EventLog events) {
    this.spark = spark;
    this.given = configuration;
    this.folder = folder;
    this.mode = mode;
    this.progressForSteps = progressForSteps;
    this.stop = stop;
    this.messages = messages;
    this.events = events;
  }

  /** Has the run tell and keep some sentences about what led to it; returns this run. */
  public TrainingRun after(List<String> sentences) {
    foreword = List.copyOf(sentences);
    return this;
  }

  /** Has the run say what to do about what it cannot go on from; returns this run. */
  public TrainingRun with(WayOut advice) {
    wayOut = advice;
    return this;
  }

  /**
   * Whether a folder holds what a run has begun to write, be it only the first of it.
   *
   * @param folder which may not exist
   */
  public static boolean isIn(RunFolder folder) {
    return RunFiles.areIn(folder);
  }

  /**
   * Has the run train on data that are prepared already; returns this run.
   *
   * @param data as {@link RunPreview#prepare} gives them for this run's configuration, whose number
   *     of shards is settled; they stay the caller's
   */
  public TrainingRun on(PreparedData data) {
    prepared = data;
    return this;
  }

  /**
   * The summary of the run in the folder where it has ended well with this configuration and is to
   * be resumed, so that nothing is left to do.
   *
   * @throws LockstepException as {@link #execute}, where the folder and the configuration alone are
   *     reason enough
   */
  public Optional<RunSummary> ended() {
    return mode == StartMode.NEW
        ? Optional.empty()
        : Resumption.of(folder, mode, wayOut).ended(given, weights());
  }

  /**
   * Trains.
   *
   * @return the summary that was written last, with status {@code interrupted} where steps are
   *     left; that of the run in the folder where it has {@link #ended} already
   * @throws LockstepException of kind numeric after a diverged run, whose folder is complete too
   */
  public RunSummary execute() {
    LockOwner owner = ApplicationAttempt.of(spark).owner();
    try (RunLock lock = RunLock.acquire(folder, owner, LockTimes.DEFAULT, messages)) {
      stop.preparing(lock::close);
      return execute(lock);
    }
  }

  private RunSummary execute(RunLock lock) {
    Resumption resumption = Resumption.of(folder, mode, wayOut);
    Optional<RunSummary> ended = resumption.ended(given, weights());
    if (ended.isPresent()) {
      return ended.get();
    }
    try (RunTelemetry telemetry =
        RunTelemetry.begin(spark, events, folder.name(), given.name(), mode.key())) {
      stop.preparing(
          () -> {
            lock.close();
            telemetry.interruptedEarly();
          });
      return telemetry.watch(() -> execute(lock, resumption, telemetry));
    }
  }

  private RunSummary execute(RunLock lock, Resumption resumption, RunTelemetry telemetry) {
    resumption.requireSameConfiguration(given);
    RunConfiguration configuration = resumption.withFirstShards(given);
    QuarantineFolder quarantine = new QuarantineFolder(spark, folder);
    if (prepared != null) {
      return execute(lock, resumption, telemetry, configuration, quarantine, prepared);
    }
    // What an earlier attempt kept is not touched for data that the run cannot go on with.
    Quarantine refused = resumption.earlierAttempt() ? Quarantine.NONE : quarantine;
    try (PreparedData data = TrainingSession.prepare(spark, configuration, refused)) {
      return execute(lock, resumption, telemetry, configuration, quarantine, data);
    }
  }

  private RunSummary execute(
      RunLock lock,
      Resumption resumption,
      RunTelemetry telemetry,
      RunConfiguration configuration,
      QuarantineFolder quarantine,
      PreparedData data) {
    telemetry.dataPrepared(data);
    int shards = TrainingSession.shards(spark, configuration.training());
    RunSetup setup = RunSetup.of(configuration, data, shards);
    ResourceCheck.of(spark, setup).requireFit();
    RunIdentity identity = IdentityCheck.of(setup, spark.version());
    CheckpointStore store =
        new CheckpointStore(
            folder,
            setup.network().layout(),
            configuration.optimizer().slotNames(),
            configuration.training().checkpoint());
    Supplier<TrainingState> first = () -> TrainingSession.firstState(spark, setup);
    Resumption.Beginning beginning =
        resumption.begin(store, identity, setup.totalSteps(), first, weights());
    try (TrainingSession session = TrainingSession.open(spark, setup, beginning.point().state())) {
      stop.stepsBegin();
      lock.confirmHeld();
      AttemptLog attempts = takeOver(beginning, store);
      if (beginning.earlierAttempt()) {
        telemetry.resumed(attempts.resumedFromSteps().size() + 1, beginning.point().state());
      }
      RunFiles.writeConfiguration(folder, ConfigurationWriter.toYaml(setup.configuration()));
      List<String> opening = new ArrayList<>(foreword);
      opening.addAll(setup.warnings());
      quarantine
          .keepOf(configuration.data().badRows(), data, beginning.earlierAttempt())
          .ifPresent(opening::add);
      Supplier<TrainingState> sameFirst =
          () -> {
            weights().ifPresent(file -> file.requireThoseOf(beginning.identity()));
            return first.get();
          };
      return train(session, lock, store, beginning, attempts, opening, sameFirst, telemetry);
    }
  }

  private Optional<WeightsFile> weights() {
    return WeightsFile.of(given, spark.hadoopConfiguration());
  }

  /** Makes the folder that of this attempt. */
  private AttemptLog takeOver(Resumption.Beginning beginning, CheckpointStore store) {
    folder.create();
    if (!beginning.earlierAttempt()) {
      RunFiles.writeApplication(folder, ApplicationAttempt.of(spark));
      return AttemptLog.first(folder);
    }
    RunFiles.removeEnding(folder);
    AttemptLog attempts = AttemptLog.read(folder);
    attempts.resumedFrom(beginning.point().step());
    beginning.sentences().forEach(attempts::note);
    beginning.point().dropWhatFollowed(folder, store);
    return attempts;
  }

  private RunSummary train(
      TrainingSession session,
      RunLock lock,
      CheckpointStore store,
      Resumption.Beginning beginning,
      AttemptLog attempts,
      List<String> opening,
      Supplier<TrainingState> first,
      RunTelemetry telemetry) {
    RunSetup setup = session.setup();
    TrainingSettings training = setup.configuration().training();
    int stepsPerEpoch = setup.batches().stepsPerEpoch();
    long startOfAll = start - (long) (beginning.point().secondsSoFar() * SECOND);
    ProgressPrinter progress = progressForSteps.apply(setup.totalSteps());
    RunNotes notes = new RunNotes(progress);
    opening.forEach(notes::tell);
    beginning.sentences().forEach(progress::note);
    notes.keepAll(attempts.notes());
    progress.note(ResourceCheck.of(spark, setup).line());
    telemetry.trainingStarted(
        beginning.point().step(),
        setup.totalSteps(),
        stepsPerEpoch,
        setup.network().layout().trainableLength());
    try (RunCheckpoints checkpoints =
        new RunCheckpoints(
            store,
            lock,
            training.checkpoint(),
            beginning.identity(),
            stepsPerEpoch,
            telemetry,
            () -> (System.nanoTime() - startOfAll) / SECOND)) {
      return new RunAttempt(
              session,
              folder,
              checkpoints,
              new DivergenceRecovery(
                  folder, store, beginning.identity(), training.onDivergence(), first),
              attempts,
              new RunEnding(session, folder, lock, new Summarizer(spark, setup, startOfAll), notes),
              RunCourse.of(beginning.point().metrics(), stepsPerEpoch, notes),
              notes,
              progress,
              telemetry,
              stop,
              wayOut)
          .execute();
    }
  }
}
