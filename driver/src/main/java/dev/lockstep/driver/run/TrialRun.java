package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.HtmlReport;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.reduce.MetricSums;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One trial of a search: trains in legs and keeps its state between them, so that training in legs
 * gives the bits of training at once. After each leg its folder is that of a run that ended there,
 * without a model and without the test split, which no decision of a search may know.
 *
 * <p>One thread at a time.
 */
public final class TrialRun {
  private static final String METRICS = "metrics.jsonl";

  private final JavaSparkContext spark;
  private final RunConfiguration configuration;
  private final RunFolder folder;
  private final int threads;
  private final List<EpochRecord> epochs = new ArrayList<>();
  private final StepStatistics statistics = new StepStatistics();
  private final List<String> notes = new ArrayList<>();
  private Synchronizer synchronizer;
  private TrainingState state;
  private SplitMetrics validation;
  private long nanos;
  private String status = TrialRecord.STOPPED;

  /**
   * A trial before its first step.
   *
   * @param configuration with settled shards and without a search
   * @param folder where it is written; what another attempt left there is replaced
   * @param synchronizer the configured one, or another that takes its place; where it is {@code
   *     auto}, later legs keep what the first one took
   * @param threads of a local synchronizer, at least 1
   */
  public TrialRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RunFolder folder,
      Synchronizer synchronizer,
      int threads) {
    this.spark = spark;
    this.configuration = configuration;
    this.folder = folder;
    this.synchronizer = synchronizer;
    this.threads = threads;
  }

  /**
   * Trains on, at most to the end of an epoch, and writes the folder. A trial that diverges ends
   * there; that is a result, no failure.
   *
   * @param lastEpoch counted from 1; all that are left where there are fewer
   * @param data that {@link TrialData#fits fit} the configuration
   * @param watcher hears of each epoch
   * @param cancelled asked before each step
   * @return the summary that was written, with status {@code stopped} where steps are left
   * @throws CancellationException where {@code cancelled} ended it; nothing is written then
   */
  public RunSummary train(
      int lastEpoch, TrialData data, Consumer<EpochRecord> watcher, BooleanSupplier cancelled) {
    long start = System.nanoTime() - nanos;
    RunSetup setup = data.setup(configuration);
    if (state == null) {
      state = TrainingSession.firstState(spark, setup);
      notes.addAll(setup.warnings());
      folder.create();
      folder.writeAsIs("config.yaml", ConfigurationWriter.toYaml(setup.configuration()));
    }
    long lastStep =
        Math.min(setup.totalSteps(), (long) lastEpoch * setup.batches().stepsPerEpoch());
    try (TrainingSession session =
        TrainingSession.open(spark, setup, state, data, synchronizer, threads)) {
      takeSteps(session, lastStep, watcher, cancelled);
      synchronizer = session.settledSynchronizer();
      boolean diverged = status.equals("diverged");
      if (state.step() < lastStep && !state.stoppedEarly() && !diverged) {
        throw new CancellationException();
      }
      if (!diverged && (state.stoppedEarly() || state.step() == setup.totalSteps())) {
        status = state.stoppedEarly() ? "stoppedEarly" : "completed";
        state.restoreBest();
      }
      Set<Split> evaluated =
          diverged ? EnumSet.noneOf(Split.class) : EnumSet.of(Split.TRAIN, Split.VALIDATION);
      Summarizer summarizer = new Summarizer(spark, setup, start);
      Map<Split, MetricSums> sums = summarizer.evaluate(session, state.parameters(), evaluated);
      Optional<LockstepException> late = Summarizer.lateDivergence(state.step(), sums);
      if (late.isPresent()) {
        status = "diverged";
        notes.add(late.get().getMessage());
        sums.clear();
      }
      RunSummary summary = summarizer.summarize(session, statistics, null, status, notes, sums);
      validation = summary.validation();
      write(summary, ConfigurationWriter.toYaml(setup.configuration()));
      nanos = System.nanoTime() - start;
      return summary;
    }
  }

  /**
   * The value of a metric at the end of the last epoch, or with early stopping of the best one so
   * far; at epochs without validation that of the last one with. A metric of the validation split
   * is that of the resulting weights where the trial has ended, and of the present ones where no
   * epoch was validated yet. NaN where there is none, and where the trial diverged.
   */
  public double value(WatchedMetric metric) {
    if (status.equals("diverged")) {
      return Double.NaN;
    }
    double atTheEnd =
        metric.split().equals("validation") && validation != null
            ? validation.valueOf(metric.name()).orElse(Double.NaN)
            : Double.NaN;
    if (!status.equals(TrialRecord.STOPPED) && !Double.isNaN(atTheEnd)) {
      return atTheEnd;
    }
    int lastEpoch = state.bestWeights().map(BestWeights::epoch).orElse(Integer.MAX_VALUE);
    double value = atTheEnd;
    for (EpochRecord epoch : epochs) {
      OptionalDouble known = epoch.valueOf(metric);
      if (epoch.epoch() <= lastEpoch && known.isPresent()) {
        value = known.getAsDouble();
      }
    }
    return value;
  }

  private void takeSteps(
      TrainingSession session,
      long lastStep,
      Consumer<EpochRecord> watcher,
      BooleanSupplier cancelled) {
    try (MetricsLog log = new MetricsLog(reopened())) {
      session.loop(new TrialListener(log, watcher, cancelled)).run(state, lastStep);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.NUMERIC) {
        throw failure;
      }
      status = "diverged";
      notes.add(failure.getMessage());
    }
  }

  /** The metrics' file with all that earlier legs wrote: not every file system can append. */
  private OutputStream reopened() throws IOException {
    byte[] earlier = {};
    if (state.step() > 0) {
      try (InputStream input = folder.open(METRICS)) {
        earlier = input.readAllBytes();
      }
    }
    OutputStream output = folder.append(METRICS);
    output.write(earlier);
    return output;
  }

  private void write(RunSummary summary, String yaml) {
    try (InputStream input = folder.open(METRICS)) {
      folder.writeText("report.html", HtmlReport.render(summary, MetricsLog.read(input), yaml));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    folder.writeText(RunFolder.SUMMARY, summary.toJson());
  }

  private final class TrialListener implements TrainingListener {
    private final MetricsRecorder recorder;
    private final Consumer<EpochRecord> watcher;
    private final BooleanSupplier cancelled;

    TrialListener(MetricsLog log, Consumer<EpochRecord> watcher, BooleanSupplier cancelled) {
      this.recorder = new MetricsRecorder(log);
      this.watcher = watcher;
      this.cancelled = cancelled;
    }

    @Override
    public void stepFinished(StepRecord record) {
      statistics.add(record);
      recorder.stepFinished(record);
    }

    @Override
    public void epochFinished(EpochRecord record) {
      epochs.add(record);
      recorder.epochFinished(record);
      watcher.accept(record);
    }

    @Override
    public void noted(String sentence) {
      notes.add(sentence);
    }

    @Override
    public boolean wantsToStop() {
      return cancelled.getAsBoolean();
    }
  }
}
