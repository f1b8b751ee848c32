package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.loop.Metrics;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.AttemptHistory;
import dev.lockstep.driver.report.Diagnosis;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepShares;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.Blas;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.Sparsity;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.util.VersionInfo;
import org.apache.spark.api.java.JavaSparkContext;
import scala.util.Properties;

/** Results and provenance of a run that has ended. */
final class Summarizer {
  private static final double NANO = 1e-9;

  private final JavaSparkContext spark;
  private final RunSetup setup;
  private final long start;

  /**
   * For one run.
   *
   * @param start when the run began, by {@link System#nanoTime}, as if without interruptions
   */
  Summarizer(JavaSparkContext spark, RunSetup setup, long start) {
    this.spark = spark;
    this.setup = setup;
    this.start = start;
  }

  /**
   * Loss and metrics of some splits, as far as there are these.
   *
   * @param session where the run ended
   * @param parameters of the network whose metrics they are
   */
  Map<Split, MetricSums> evaluate(
      TrainingSession session, ParameterVector parameters, Set<Split> splits) {
    Replicas replicas = session.replicas();
    Map<Split, MetricSums> sums = new EnumMap<>(Split.class);
    for (Split split : splits) {
      boolean exists =
          switch (split) {
            case TRAIN -> true;
            case VALIDATION -> setup.data().validation().isPresent();
            case TEST -> setup.data().test().isPresent();
          };
      if (exists) {
        sums.put(split, replicas.evaluate(parameters, split));
      }
    }
    return sums;
  }

  /**
   * What to say of a run whose last update ruined the weights, which no further step could notice.
   *
   * @param steps taken
   * @param sums of the run's weights; nothing is known without those of the training split
   */
  static Optional<LockstepException> lateDivergence(long steps, Map<Split, MetricSums> sums) {
    MetricSums train = sums.get(Split.TRAIN);
    if (train == null || Double.isFinite(train.meanLoss())) {
      return Optional.empty();
    }
    return Optional.of(
        new LockstepException(
            ErrorKind.NUMERIC,
            "training diverged by step "
                + steps
                + ": with the weights that came out, the loss on the training split is "
                + train.meanLoss()
                + ". Try a smaller optimizer.learningRate, training.gradientClip, or"
                + " data.normalize: standard."));
  }

  /**
   * Puts the summary together.
   *
   * @param session where the run ended
   * @param statistics times of the steps
   * @param history of the run's attempts, or null where there is no more than one
   * @param notes for the user's attention
   * @param sums as {@link #evaluate} gives them
   */
  RunSummary summarize(
      TrainingSession session,
      StepStatistics statistics,
      AttemptHistory history,
      String status,
      List<String> notes,
      Map<Split, MetricSums> sums) {
    TrainingState state = session.state();
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("lockstep", Version.LOCKSTEP);
    versions.put("spark", spark.version());
    versions.put("hadoop", VersionInfo.getVersion());
    versions.put("scala", Properties.versionNumberString());
    SplitMetrics train = metrics(sums.get(Split.TRAIN));
    SplitMetrics validation = metrics(sums.get(Split.VALIDATION));
    int stepsPerEpoch = setup.batches().stepsPerEpoch();
    return new RunSummary(
        status,
        setup.configuration().name(),
        state.step(),
        Math.toIntExact(state.step() / stepsPerEpoch),
        setup.network().layout().trainableLength(),
        ModelTensors.sha256(setup.network().layout(), state.parameters()),
        Sparsity.share(setup.network().layout(), state.parameters()),
        train,
        validation,
        metrics(sums.get(Split.TEST)),
        statistics.examplesPerSecond(),
        1e3 * statistics.times().percentile(0.5),
        1e3 * statistics.times().percentile(0.95),
        StepShares.of(statistics.times().usual()),
        (System.nanoTime() - start) * NANO,
        history,
        diagnosis(train, validation),
        spark.version(),
        System.getProperty("java.version"),
        Blas.backendName(),
        spark.defaultParallelism(),
        setup.shards(),
        session.synchronizer().key(),
        setup.configuration().training().seed(),
        setup.data().fingerprint(),
        BadRowNotes.counts(setup.configuration().data().badRows(), setup.data()),
        versions,
        setup.data().preprocessing().classLabels(),
        confusion(sums.get(Split.TEST)),
        notes);
  }

  private String diagnosis(SplitMetrics train, SplitMetrics validation) {
    Double target = setup.configuration().training().targetError();
    Diagnosis diagnosis =
        Diagnosis.of(train, validation, target == null ? Diagnosis.DEFAULT_TARGET_ERROR : target);
    return diagnosis == null ? null : diagnosis.text();
  }

  private SplitMetrics metrics(MetricSums sums) {
    return sums == null ? null : Metrics.of(sums, setup.classification());
  }

  private static long[][] confusion(MetricSums sums) {
    if (sums == null || sums.confusionClasses() == 0) {
      return null;
    }
    int classes = sums.confusionClasses();
    long[][] counts = new long[classes][classes];
    for (int actual = 0; actual < classes; actual++) {
      System.arraycopy(sums.confusion(), actual * classes, counts[actual], 0, classes);
    }
    return counts;
  }
}
