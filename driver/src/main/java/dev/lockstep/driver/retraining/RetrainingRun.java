package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.Lineage;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.driver.run.StopRequest;
import dev.lockstep.driver.run.TrainingRun;
import dev.lockstep.driver.run.WayOut;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.Shutdown;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One retraining: checks the new data, trains a challenger from the champion's weights, compares
 * both on the same hold-out, and publishes the challenger if it is better. Decided once for a run
 * date, however often and wherever it is started.
 */
public final class RetrainingRun {
  private final JavaSparkContext spark;
  private final Function<String, RunConfiguration> ofDay;
  private final RetrainingSettings settings;
  private final RetrainingFolder folder;
  private final StartMode asked;
  private final LongFunction<ProgressPrinter> progressForSteps;
  private final StopInTurn stop;
  private final Consumer<String> messages;
  private final EventLog log;
  private final ModelRegistry registry;
  private final LockOwner owner;

  /** With the paths of the whole window, as soon as it is known that they are needed. */
  private RunConfiguration given;

  private Contest contest;
  private boolean again;

  /**
   * A retraining that is still to be made.
   *
   * @param configuration with the blocks {@code registry} and, where it says anything, {@code
   *     retraining}
   * @param ofDay the same configuration for another run date, for a window of days
   * @param folder where results go
   * @param asked what the folder may hold
   * @param progressForSteps makes the progress display once the number of steps is known
   * @param stop asked before each step; once made, the run ends there, with a checkpoint
   * @param messages is told, as a sentence, what happens
   * @param log is told the steps of the run's life and of the retraining's
   * @throws LockstepException of kind usage where no registry is named
   */
  public RetrainingRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      Function<String, RunConfiguration> ofDay,
      RunFolder folder,
      StartMode asked,
      LongFunction<ProgressPrinter> progressForSteps,
      StopRequest stop,
      Consumer<String> messages,
      EventLog log) {
    if (configuration.registry() == null) {
      throw LockstepException.usage(
          "registry: missing; retrain needs registry.path, the folder to publish models in.");
    }
    this.spark = spark;
    this.given = configuration;
    this.ofDay = ofDay;
    this.settings = RetrainingSettings.of(configuration);
    this.folder = new RetrainingFolder(folder, settings.runDate());
    this.asked = asked;
    this.progressForSteps = progressForSteps;
    this.stop = new StopInTurn(stop);
    this.messages = messages;
    this.log = log;
    this.registry = ModelRegistry.at(configuration.registry().path(), spark.hadoopConfiguration());
    this.owner = ApplicationAttempt.of(spark).owner();
  }

  /**
   * Decides in spite of what is recorded for the run date, whose place the new decision takes; once
   * for a folder.
   */
  public RetrainingRun again() {
    again = true;
    return this;
  }

  /**
   * Retrains.
   *
   * @return the decision, which is in the folder too; empty where training was interrupted
   * @throws LockstepException of kind data where a check of the data fails, of kind numeric where
   *     training diverges, or of another kind: the champion stays then, the folder says why if
   *     there is one and it has no earlier decision, and nothing is recorded for the run date, so
   *     that it can be tried again
   */
  public Optional<Decision> execute() {
    try (RetrainingEvents events =
        new RetrainingEvents(spark, log, folder.folder().name(), settings.runDate(), registry)) {
      events.started(given.name());
      try {
        return decideInTurn(events);
      } catch (Exception | Error failure) {
        events.failed(failure);
        throw failure;
      }
    }
  }

  private Optional<Decision> decideInTurn(RetrainingEvents events) {
    if (settings.runDate() == null) {
      return decideOnce(events);
    }
    try (RunLock turn = registry.takeRunDate(settings.runDate(), owner, messages)) {
      stop.hasTurn(turn::close);
      return decideOnce(events);
    }
  }

  private Optional<Decision> decideOnce(RetrainingEvents events) {
    folder.requireUsable(asked);
    Optional<Decision> decision = decide(events);
    if (decision.isPresent()) {
      try {
        folder.write(decision.get(), owner, messages);
      } catch (LockstepException unwritten) {
        // Whatever keeps it from being written: what is decided is no mistake of the command's.
        throw new LockstepException(
            ErrorKind.RESOURCE,
            "It was decided ("
                + decision.get().reason()
                + "), but the decision could not be written: "
                + unwritten.getMessage(),
            unwritten);
      } finally {
        events.decided(decision.get());
      }
      OlderRuns.remove(folder.folder(), settings, owner, messages);
    }
    return decision;
  }

  private Optional<Decision> decide(RetrainingEvents events) {
    // While this is unknown, what the folder says stays: it may be of a champion that serves.
    Optional<Decision> before = decidedBefore();
    if (before.isPresent()) {
      return before;
    }
    ObjectNode facts = StrictJson.object();
    putFacts(facts);
    try {
      events.show();
      given = DayWindow.over(given, ofDay, spark.hadoopConfiguration(), messages);
      return trainAndDecide(events, facts);
    } catch (Exception | Error failure) {
      keepAfter(failure, facts);
      throw failure;
    }
  }

  /** What was decided for the run date, after what an earlier writer left undone. */
  private Optional<Decision> decidedBefore() {
    registry.write(owner, messages).close();
    Optional<Decision> decided = recorded();
    if (again && decided.isEmpty()) {
      String run = asWritten(folder.folder().name());
      folder.requireUndecided(
          registry.decision(settings.runDate()).filter(it -> Decision.isOf(it, run)).isPresent());
    }
    return decided;
  }

  private Optional<Decision> recorded() {
    String runDate = settings.runDate();
    if (runDate == null) {
      return asked == StartMode.NEW ? Optional.empty() : publishedBefore();
    }
    Optional<ObjectNode> recorded = registry.decision(runDate);
    recorded.ifPresent(this::requireSameModel);
    String run = asWritten(folder.folder().name());
    return recorded
        .filter(it -> !again || Decision.isAgainOf(it, run))
        .map(
            it ->
                Decision.alreadyDone(
                    runDate,
                    it,
                    serving(),
                    "--again decides anew for the date, in a folder of its own (--output)."));
  }

  /** A text of the decision's, as its file has it. */
  private static String asWritten(String text) {
    return Redaction.ofProcess().inFile(text);
  }

  private Optional<Integer> serving() {
    return registry.pointer().map(Champion::version);
  }

  /**
   * Refuses another model's registry: what is decided there for a date would pass for a decision
   * about this one.
   */
  private void requireSameModel(ObjectNode recorded) {
    String own = asWritten(given.name());
    String name = recorded.path("name").asText(own);
    if (!name.equals(own)) {
      throw LockstepException.usage(
          "registry.path: what "
              + registry.name()
              + " holds for "
              + settings.runDate()
              + " was decided about '"
              + name
              + "', and name is '"
              + own
              + "'. A registry is for one model: give each model a registry.path of its own, or,"
              + " where it is the same model by another name, set name: "
              + name
              + ".");
    }
  }

  /**
   * What an earlier attempt published, where no run date says that it was for the same: its model
   * is in the folder still, and it is the newest version.
   */
  private Optional<Decision> publishedBefore() {
    List<Integer> versions = registry.versions();
    if (versions.isEmpty()) {
      return Optional.empty();
    }
    int newest = versions.get(versions.size() - 1);
    String run = folder.folder().name();
    try {
      return registry.hasWeightsIn(newest, folder.folder().folder(ModelFolder.NAME))
              && registry.lineage(newest).runFolder().equals(run)
          ? Optional.of(
              Decision.alreadyDone(
                  run,
                  registry.decisionThatPublished(newest),
                  serving(),
                  "Without --resume, another --output decides anew."))
          : Optional.empty();
    } catch (LockstepException damaged) {
      if (damaged.kind() != ErrorKind.DATA) {
        throw damaged;
      }
      // A version that does not say what it is does not stand in the way of a better one.
      return Optional.empty();
    }
  }

  /**
   * Checks the data, trains and compares, on data that are prepared once; empty where training was
   * interrupted.
   */
  private Optional<Decision> trainAndDecide(RetrainingEvents events, ObjectNode facts) {
    Optional<Champion> champion = registry.champion();
    Contest.putChampion(facts, champion, null);
    StartMode mode = folder.mode(asked, messages);
    boolean goesOn = mode != StartMode.NEW && folder.holdsTraining();
    ModelArtifact model = champion.map(it -> model(it.version())).orElse(null);
    List<String> notes = new ArrayList<>();
    RunConfiguration configuration = goesOn ? folder.withStoredShards(given) : given;
    DataReview review =
        new DataReview(
            configuration, settings.checks(), statisticsOf(champion), model, events, facts);
    // What an earlier attempt kept is not touched for data that the training cannot go on with.
    Quarantine ofRefused = goesOn ? Quarantine.NONE : folder.quarantine(spark, owner, messages);
    try (PreparedData data = RunPreview.prepare(spark, configuration, ofRefused, review)) {
      requireTestSplit(data);
      RunPreview preview = RunPreview.of(spark, configuration, data);
      ModelComparison.requireFeasible(spark, settings, model, preview);
      if (goesOn) {
        folder.requireSame(preview);
        folder.requireSameData(data.fingerprint());
      }
      FirstWeights firstWeights =
          goesOn
              ? FirstWeights.ofEarlier(
                  registry, folder.stored().orElseThrow().network(), given.network())
              : FirstWeights.of(registry, champion, model, preview);
      notes.add(firstWeights.reason());
      List<String> warnings = champion.map(this::warnings).orElse(List.of());
      warnings.forEach(facts.putArray("warnings")::add);
      notes.addAll(warnings);
      firstWeights.write(facts.putObject("startedFrom"));
      review.report().results(Outcome.WARNED).forEach(result -> notes.add(result.sentence()));
      folder.reopen(owner, messages);
      RunSummary summary = train(preview, firstWeights, mode, notes, events);
      if (summary.status().equals("interrupted")) {
        return Optional.empty();
      }
      // Another process may have ended the training meanwhile.
      folder.requireSameData(data.fingerprint());
      stop.stepsEnd();
      Challenger challenger =
          new Challenger(
              folder.folder(),
              summary,
              ModelFolder.read(folder.folder()),
              firstWeights.in(preview.configuration()),
              firstWeights.version(),
              new TrainedData(data, given.data(), preview.shards()),
              DataStatisticsJson.write(review.statistics()),
              facts);
      contest = new Contest(spark, registry, owner, given, messages);
      return Optional.of(contest.decide(challenger, this::recorded));
    }
  }

  private RunSummary train(
      RunPreview preview,
      FirstWeights firstWeights,
      StartMode mode,
      List<String> notes,
      RetrainingEvents events) {
    return new TrainingRun(
            spark,
            firstWeights.in(given.withTraining(given.training().withShards(preview.shards()))),
            folder.folder(),
            mode,
            progressForSteps,
            stop,
            messages,
            events.ofTraining())
        .after(notes)
        .with(WayOut.ANEW)
        .on(preview.data())
        .execute();
  }

  /** What a reader of the decision should know of the champion and of the hold-out. */
  private List<String> warnings(Champion champion) {
    List<String> warnings = new ArrayList<>();
    Lineage lineage = registry.lineage(champion.version());
    if (!lineage.name().equals(asWritten(given.name()))) {
      warnings.add(
          "The champion, "
              + ModelRegistry.nameOf(champion.version())
              + ", was trained as '"
              + lineage.name()
              + "', and this is '"
              + given.name()
              + "'. A registry is for one model.");
    }
    if (!(given.data().test() instanceof HeldOut.Fraction)) {
      return warnings;
    }
    Set<String> common = paths(ConfigurationWriter.toTree(given));
    common.retainAll(paths(lineage.configuration()));
    if (!common.isEmpty()) {
      warnings.add(
          "The test split is a fraction of data that the champion was trained on too ("
              + common.iterator().next()
              + (common.size() == 1 ? "" : " and " + (common.size() - 1) + " more")
              + "). It is drawn anew when a row is added or gone, so the champion may have been"
              + " trained on some of its rows. With data.test.path, data of their own, no model"
              + " has seen what it is compared on.");
    }
    return warnings;
  }

  /** What {@code data.path} of a configuration names. */
  private static Set<String> paths(ObjectNode configuration) {
    JsonNode path = configuration.path("data").path("path");
    Set<String> paths = new TreeSet<>();
    if (path.isTextual()) {
      paths.add(path.textValue());
    }
    path.forEach(each -> paths.add(each.asText()));
    return paths;
  }

  private static void requireTestSplit(PreparedData data) {
    if (data.test().isEmpty()) {
      throw LockstepException.usage(
          "data.test: retrain compares models on the test split, and these data have none. Give it"
              + " a fraction above 0, or a path.");
    }
  }

  private ModelArtifact model(int version) {
    return ModelFolder.read(registry.verified(version));
  }

  private Optional<DataStatistics> statisticsOf(Optional<Champion> champion) {
    return champion
        .flatMap(it -> registry.statistics(it.version()))
        .map(
            bytes ->
                DataStatisticsJson.read(
                    new String(bytes, StandardCharsets.UTF_8),
                    DataStatisticsJson.NAME
                        + " of "
                        + ModelRegistry.nameOf(champion.get().version())));
  }

  private void putFacts(ObjectNode facts) {
    facts.put("runDate", settings.runDate());
    facts.put("name", given.name());
    facts.put("runFolder", folder.folder().name());
    facts.put("registry", registry.name());
    if (again) {
      Decision.putAgain(facts);
    }
  }

  /**
   * The champion stays, and nothing is recorded for the run date. Says so in the folder, where that
   * is this retraining's: what is wrong with a command is not kept before there is a folder. Says
   * nothing where the program is interrupted, where a publication was broken off, which the next
   * writer of the registry completes, or where the folder says already what was decided.
   */
  private void keepAfter(Throwable failure, ObjectNode facts) {
    Optional<LockstepException> known = LockstepException.in(failure);
    ErrorKind kind = known.map(LockstepException::kind).orElse(ErrorKind.INTERNAL);
    boolean diverged = kind == ErrorKind.NUMERIC;
    boolean ofTheData = kind == ErrorKind.DATA || diverged;
    if (Shutdown.isUnderWay()) {
      return;
    }
    facts.putIfAbsent("champion", null);
    Decision.put(facts, "challenger", null, null);
    facts.put(
        Decision.FAILURE, diverged ? Decision.DIVERGED : kind.name().toLowerCase(Locale.ROOT));
    String reason = known.map(LockstepException::getMessage).orElseGet(failure::toString);
    try {
      boolean isPublished = contest != null && contest.hasPublished();
      // What was written when it diverged knows more than who is refused for it now. And where it
      // is decided again, the folder's training is not what an earlier decision was about.
      boolean isTold =
          (diverged && folder.tellsOfDivergence()) || (!again && folder.holdsDecision());
      if (!isPublished && !isTold && (ofTheData || folder.isBegun())) {
        folder.write(Decision.of(Decision.Kind.KEPT, reason, facts), owner, messages);
      }
    } catch (LockstepException unwritable) {
      failure.addSuppressed(unwritable);
    }
  }
}
