package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.checkpoint.StoredCheckpoint;
import dev.lockstep.driver.checkpoint.StoredIdentity;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the folder of a run holds from earlier attempts, and whether and where the run may go on.
 * Looks only: a run that is refused finds its folder as it was.
 */
final class Resumption {
  private final RunFolder folder;
  private final StartMode mode;
  private final WayOut wayOut;
  private final boolean earlierAttempt;
  private final Optional<RunSummary> summary;
  private final Optional<StoredIdentity> newest;

  private Resumption(
      RunFolder folder,
      StartMode mode,
      WayOut wayOut,
      boolean earlierAttempt,
      Optional<RunSummary> summary,
      Optional<StoredIdentity> newest) {
    this.folder = folder;
    this.mode = mode;
    this.wayOut = wayOut;
    this.earlierAttempt = earlierAttempt;
    this.summary = summary;
    this.newest = newest;
  }

  /**
   * Where training begins.
   *
   * @param point the place
   * @param identity of the run that goes on there
   * @param earlierAttempt whether the folder holds anything of one
   * @param sentences what the user should know about it
   */
  record Beginning(
      StartingPoint point, RunIdentity identity, boolean earlierAttempt, List<String> sentences) {}

  /**
   * Looks at a folder.
   *
   * @param wayOut what to do where no checkpoint can be used
   * @throws LockstepException of kind usage where {@code mode} does not go with what it holds, of
   *     kind numeric where that is a diverged run and nobody insists
   */
  static Resumption of(RunFolder folder, StartMode mode, WayOut wayOut) {
    if (!folder.isInUse()) {
      return new Resumption(folder, mode, wayOut, false, Optional.empty(), Optional.empty());
    }
    Optional<RunSummary> summary = RunFiles.summary(folder);
    String status = summary.map(RunSummary::status).orElse("interrupted");
    boolean isRun = summary.isPresent() || RunFiles.areIn(folder);
    if (mode == StartMode.NEW && isRun && status.equals("interrupted")) {
      throw LockstepException.usage(
          "--output: the folder "
              + folder.name()
              + " holds a run that has not ended. Go on with it by --resume, choose another folder"
              + " or remove this one.");
    }
    if (mode == StartMode.NEW || !isRun) {
      folder.requireFresh();
    }
    Resumption resumption =
        new Resumption(folder, mode, wayOut, true, summary, CheckpointStore.peek(folder));
    switch (status) {
      case "completed", "stoppedEarly", "interrupted" -> {}
      case "diverged" -> resumption.requireInsisted();
      default ->
          throw LockstepException.usage(
              "--resume: what "
                  + folder.name()
                  + " holds has the status '"
                  + status
                  + "' and is no run that could go on.");
    }
    return resumption;
  }

  private void requireInsisted() {
    if (mode == StartMode.RESUME_FORCED) {
      return;
    }
    throw new LockstepException(
        ErrorKind.NUMERIC,
        "--resume: the run in "
            + folder.name()
            + " diverged at step "
            + stepOfDivergence(summary.get())
            + "; the same configuration would diverge there again. --resume --force with another"
            + " optimizer.learningRate goes on "
            + newest
                .map(checkpoint -> "from its last good checkpoint, " + checkpoint.name() + ".")
                .orElse("from the start, since there is no checkpoint."));
  }

  private static long stepOfDivergence(RunSummary diverged) {
    return diverged.steps() + 1;
  }

  private Optional<String> diverged() {
    return summary
        .filter(each -> each.status().equals("diverged"))
        .map(each -> "An earlier attempt diverged at step " + stepOfDivergence(each) + ".");
  }

  /**
   * The summary of a run that has ended well, so that nothing is left to do; empty where it goes on
   * all the same, with what its user has changed and insists on.
   *
   * @param given the present configuration
   * @param weights the file from which the first weights come; empty where they are drawn
   * @throws LockstepException of kind usage where that is another one than the run ended with
   */
  Optional<RunSummary> ended(RunConfiguration given, Optional<WeightsFile> weights) {
    Optional<RunSummary> ended = ended();
    if (ended.isPresent()) {
      requireNoOtherWeights(weights);
    }
    return ended.filter(
        each -> !new EndedRun(folder, each, newest).goesOn(given, mode == StartMode.RESUME_FORCED));
  }

  private Optional<RunSummary> ended() {
    return summary.filter(
        each -> each.status().equals("completed") || each.status().equals("stoppedEarly"));
  }

  /** The configuration with the number of shards that the run began with. */
  RunConfiguration withFirstShards(RunConfiguration given) {
    if (given.training().shards() != null || newest.isEmpty()) {
      return given;
    }
    return newest.get().identity().shards().isPresent()
        ? given.withTraining(
            given.training().withShards(newest.get().identity().shards().getAsInt()))
        : given;
  }

  /** Whether the folder holds anything of an earlier attempt. */
  boolean earlierAttempt() {
    return earlierAttempt;
  }

  /**
   * Refuses another configuration, as far as it is known before the data are: {@link #begin} looks
   * at all of it.
   *
   * @param given the configuration; what it leaves open counts as it was
   * @throws LockstepException of kind usage, naming every difference
   */
  void requireSameConfiguration(RunConfiguration given) {
    if (newest.isEmpty()) {
      return;
    }
    RunIdentity before = newest.get().identity();
    ObjectNode now = OpenSettings.filled(given, before.configuration());
    new IdentityCheck(
            new RunIdentity(now, before.dataFingerprint(), before.versions(), before.blas()),
            mode == StartMode.RESUME_FORCED)
        .requireSame(newest.get().name(), before);
  }

  /**
   * Finds the place where training begins.
   *
   * @param now the run as it is configured now, on the data as they are now
   * @param totalSteps of the run as it is configured now
   * @param first the state before the first step, asked for where training begins there
   * @param weights the file from which the first weights come; empty where they are drawn
   * @throws LockstepException of kind usage where the configuration has changed, of kind data where
   *     the data have, or where all checkpoints are damaged
   */
  Beginning begin(
      CheckpointStore store,
      RunIdentity now,
      long totalSteps,
      Supplier<TrainingState> first,
      Optional<WeightsFile> weights) {
    if (!earlierAttempt) {
      return atStart(first, now, weights, List.of());
    }
    boolean forced = mode == StartMode.RESUME_FORCED;
    IdentityCheck check = new IdentityCheck(now, forced);
    // Before anything is read that another network or optimizer could make no sense of.
    newest.ifPresent(stored -> check.requireSame(stored.name(), stored.identity()));
    requireNoOtherWeights(weights);
    CheckpointSearch search = CheckpointSearch.in(folder, store, step -> true);
    List<String> sentences = new ArrayList<>();
    diverged().ifPresent(sentences::add);
    sentences.addAll(search.skippedSentences());
    if (search.checkpoint().isEmpty()) {
      sentences.add(startOver(search));
      newest.ifPresent(stored -> weights.ifPresent(file -> file.requireThoseOf(stored.identity())));
      return atStart(first, now, weights, sentences);
    }
    StoredCheckpoint checkpoint = search.checkpoint().get();
    sentences.addAll(check.requireSame(checkpoint.name(), checkpoint.identity()));
    if (checkpoint.step() > totalSteps) {
      throw LockstepException.usage(
          "--resume: the configuration ends after "
              + totalSteps
              + " steps, but checkpoint "
              + checkpoint.name()
              + " is beyond. Raise training.epochs or training.steps.");
    }
    sentences.addAll(OutdatedMemory.forget(checkpoint, now));
    sentences.add(
        "Resumed from checkpoint "
            + checkpoint.name()
            + ", with "
            + (totalSteps - checkpoint.step())
            + " of "
            + totalSteps
            + " steps left.");
    RunIdentity identity = now.withInitialWeights(checkpoint.identity().initialWeights());
    return new Beginning(search.point().get(), identity, true, sentences);
  }

  private void requireNoOtherWeights(Optional<WeightsFile> weights) {
    newest.ifPresent(
        stored -> weights.ifPresent(file -> file.requireNoOthersThan(stored.identity())));
  }

  private Beginning atStart(
      Supplier<TrainingState> first,
      RunIdentity now,
      Optional<WeightsFile> weights,
      List<String> sentences) {
    StartingPoint point = StartingPoint.first(first.get());
    String sha256 = weights.map(WeightsFile::sha256).orElse(null);
    return new Beginning(point, now.withInitialWeights(sha256), earlierAttempt, sentences);
  }

  private String startOver(CheckpointSearch search) {
    if (search.skipped().isEmpty()) {
      return "The run in "
          + folder.name()
          + (diverged().isPresent() ? " diverged" : " was broken off")
          + " before its first checkpoint, so it starts over.";
    }
    if (mode != StartMode.RESUME_FORCED || ended().isPresent()) {
      throw LockstepException.data(
          "--resume: no checkpoint of "
              + folder.name()
              + " can be used. "
              + String.join(" ", search.skippedSentences())
              + (ended().isPresent()
                  ? " The run has ended; what is new needs a folder of its own."
                  : wayOut.withoutCheckpoint()));
    }
    return "No checkpoint can be used, so the run starts over, as --force allows.";
  }
}
