package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.export.OnnxModel;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.HtmlReport;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.PhaseTimes;
import dev.lockstep.driver.report.PlateauWatch;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.StepAdvice;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One training run: prepares the data, trains, evaluates, writes the run folder. Nothing is written
 * before data and network are known to fit.
 */
public final class TrainingRun {
  private final JavaSparkContext spark;
  private final RunConfiguration given;
  private final RunFolder folder;
  private final LongFunction<ProgressPrinter> progressForSteps;
  private final long start = System.nanoTime();
  private final List<String> notes = new ArrayList<>();

  /**
   * A run that is still to be made.
   *
   * @param folder where results go; must be empty or not exist
   * @param progressForSteps makes the progress display once the number of steps is known
   */
  public TrainingRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RunFolder folder,
      LongFunction<ProgressPrinter> progressForSteps) {
    this.spark = spark;
    this.given = configuration;
    this.folder = folder;
    this.progressForSteps = progressForSteps;
  }

  /**
   * Trains.
   *
   * @return the summary that was written last
   * @throws LockstepException of kind numeric after a diverged run, whose folder is complete too
   */
  public RunSummary execute() {
    folder.requireFresh();
    QuarantineFolder quarantine = new QuarantineFolder(spark, folder);
    try (PreparedData data = TrainingSession.prepare(spark, given, quarantine);
        TrainingSession session = TrainingSession.open(spark, given, data)) {
      notes.addAll(session.setup().warnings());
      folder.create();
      String yaml = ConfigurationWriter.toYaml(session.setup().configuration());
      folder.writeText("config.yaml", yaml);
      quarantine.keepOf(given.data().badRows(), data).ifPresent(notes::add);
      return train(session, yaml);
    }
  }

  private RunSummary train(TrainingSession session, String yaml) {
    RunSetup setup = session.setup();
    TrainingState state = session.state();
    StepStatistics statistics = new StepStatistics();
    LockstepException divergence = null;
    ProgressPrinter progress = progressForSteps.apply(setup.totalSteps());
    notes.forEach(progress::note);
    progress.note(ResourceCheck.of(spark, setup).line());
    try (MetricsLog log = new MetricsLog(folder.append("metrics.jsonl"))) {
      TrainingListener listener =
          new RunListener(
              new MetricsRecorder(log, statistics),
              progress,
              new PlateauWatch(setup.batches().stepsPerEpoch()),
              notes);
      session.loop(listener).run(state);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.NUMERIC) {
        throw failure;
      }
      divergence = failure;
      notes.add(failure.getMessage());
    } finally {
      progress.finish();
    }
    if (divergence == null) {
      tellWhereTheTimeWent(session, statistics.times(), progress);
    }
    ModelArtifact model = divergence == null ? result(session) : null;
    Summarizer summarizer = new Summarizer(spark, setup, notes, start);
    RunSummary summary = summarizer.summarize(session, statistics, divergence != null);
    Optional<LockstepException> late = Summarizer.lateDivergence(summary);
    if (late.isPresent()) {
      divergence = late.get();
      notes.add(divergence.getMessage());
      summary = summarizer.summarize(session, statistics, true);
    } else if (model != null) {
      ModelFolder.write(model, folder.folder("model"));
    }
    folder.writeText("report.html", HtmlReport.render(summary, readMetrics(), yaml));
    folder.writeText(RunFolder.SUMMARY, summary.toJson());
    if (divergence != null) {
      throw new LockstepException(
          ErrorKind.NUMERIC,
          divergence.getMessage() + " Its course until then is in " + folder.name() + ".",
          divergence);
    }
    return summary;
  }

  private void tellWhereTheTimeWent(
      TrainingSession session, PhaseTimes times, ProgressPrinter progress) {
    progress.times(times);
    TrainingSettings training = session.setup().configuration().training();
    new StepAdvice(training.batchSize(), training.shards(), session.fasterSynchronizer())
        .on(times)
        .ifPresent(
            advice -> {
              progress.note(advice);
              notes.add(advice);
            });
  }

  /** The trained model: with early stopping the best epoch's, whether or not it stopped early. */
  private ModelArtifact result(TrainingSession session) {
    RunSetup setup = session.setup();
    TrainingState state = session.state();
    state.restoreBest();
    state
        .bestWeights()
        .ifPresent(
            best ->
                notes.add(
                    "The weights are those of epoch "
                        + best.epoch()
                        + ", the best by "
                        + setup.configuration().training().earlyStopping().metric()
                        + " ("
                        + best.value()
                        + ")."));
    ModelArtifact model =
        new ModelArtifact(
            setup.network(),
            setup.lossSpec(),
            state.parameters(),
            state.statistics().batchesTracked(),
            setup.data().preprocessing());
    OnnxModel.obstacle(model)
        .ifPresent(obstacle -> notes.add("model/model.onnx is left out: " + obstacle));
    return model;
  }

  private RunMetrics readMetrics() {
    try (var input = folder.open("metrics.jsonl")) {
      return MetricsLog.read(input);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private record RunListener(
      MetricsRecorder recorder, ProgressPrinter progress, PlateauWatch plateaus, List<String> notes)
      implements TrainingListener {
    @Override
    public void stepFinished(StepRecord record) {
      recorder.stepFinished(record);
      progress.step(record);
      plateaus
          .step(record)
          .ifPresent(
              message -> {
                progress.note(message);
                notes.add(message);
              });
    }

    @Override
    public void noted(String sentence) {
      progress.note(sentence);
      notes.add(sentence);
    }

    @Override
    public void epochFinished(EpochRecord record) {
      recorder.epochFinished(record);
      progress.epoch(record);
    }
  }
}
