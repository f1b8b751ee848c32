package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.export.OnnxModel;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.AttemptHistory;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;

/** What a run leaves in its folder when it ends, in whatever way; the summary comes last. */
final class RunEnding {
  private final TrainingSession session;
  private final RunFolder folder;
  private final RunLock lock;
  private final Summarizer summarizer;
  private final RunNotes notes;
  private Map<Split, MetricSums> sums = new EnumMap<>(Split.class);

  RunEnding(
      TrainingSession session,
      RunFolder folder,
      RunLock lock,
      Summarizer summarizer,
      RunNotes notes) {
    this.session = session;
    this.folder = folder;
    this.lock = lock;
    this.summarizer = summarizer;
    this.notes = notes;
  }

  /**
   * Evaluates all splits, and takes the best epoch's weights where early stopping has kept them.
   * The state is as it was where this fails.
   *
   * @return what to say where the weights are ruined
   */
  Optional<LockstepException> evaluate() {
    TrainingState state = session.state();
    ParameterVector result =
        state.bestWeights().map(BestWeights::parameters).orElse(state.parameters());
    sums = summarizer.evaluate(session, result, EnumSet.allOf(Split.class));
    state.restoreBest();
    return Summarizer.lateDivergence(state.step(), sums);
  }

  /** Writes the folder of a run that has been {@link #evaluate evaluated}. */
  RunSummary withResult(RunCourse course, AttemptHistory history) {
    session.state().bestWeights().map(this::origin).ifPresent(notes::keep);
    ModelArtifact model = model();
    OnnxModel.obstacle(model)
        .ifPresent(obstacle -> notes.keep("model/model.onnx is left out: " + obstacle));
    lock.confirmHeld();
    ModelFolder.write(model, folder.folder(ModelFolder.NAME));
    String status = session.state().stoppedEarly() ? "stoppedEarly" : "completed";
    return write(status, course, history);
  }

  /** Writes the folder of a run that has no result, or none yet. */
  RunSummary withoutResult(String status, RunCourse course, AttemptHistory history) {
    sums.clear();
    return write(status, course, history);
  }

  private RunSummary write(String status, RunCourse course, AttemptHistory history) {
    RunSummary summary =
        summarizer.summarize(session, course.statistics(), history, status, notes.all(), sums);
    lock.confirmHeld();
    RunFiles.writeEnding(
        folder, summary, ConfigurationWriter.toYaml(session.setup().configuration()));
    return summary;
  }

  private String origin(BestWeights best) {
    return "The weights are those of epoch "
        + best.epoch()
        + ", the best by "
        + session.setup().configuration().training().earlyStopping().metric()
        + " ("
        + best.value()
        + ").";
  }

  private ModelArtifact model() {
    RunSetup setup = session.setup();
    TrainingState state = session.state();
    return new ModelArtifact(
        setup.network(),
        setup.lossSpec(),
        state.parameters(),
        state.statistics().batchesTracked(),
        setup.data().preprocessing());
  }
}
