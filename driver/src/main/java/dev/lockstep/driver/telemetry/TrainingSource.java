package dev.lockstep.driver.telemetry;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.SlidingWindowReservoir;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.RecentSteps;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepRecord;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.apache.spark.metrics.source.Source;

/**
 * The metrics of a run that trains. {@code deploy/docs/monitoring.md} has the table of their names.
 *
 * <p>Written by the driver's thread, without allocating anything for a step; read by threads of
 * sinks. A loss that is not known yet is not a number.
 */
final class TrainingSource implements Source {
  /** Name of the source, between Spark's prefix and the name of the metric. */
  static final String NAME = "lockstep.training";

  private static final double NANO = 1e-9;
  private static final double MICRO = 1e-6;

  /** How many of the last steps the quantiles of times are of. */
  private static final int WINDOW = 1024;

  private final MetricRegistry registry = new MetricRegistry();
  private final LongSupplier nanoClock;
  private final RecentSteps recent = new RecentSteps();
  private final Counter examples = new Counter();
  private final Histogram total = times("total");
  private final Histogram compute = times("compute");
  private final Histogram aggregate = times("aggregate");
  private final Histogram update = times("update");
  private final Histogram broadcast = times("broadcast");

  private volatile StepRecord lastStep;
  private volatile double examplesPerSecond;
  private volatile long step;
  private volatile long stepNanos;
  private volatile EpochRecord lastEpoch;
  private volatile SplitMetrics lastValidation;
  private volatile long totalSteps;
  private volatile long badRows;
  private volatile long attempt = 1;
  private volatile long returns;
  private volatile long repeatedSteps;
  private volatile long safeStep;
  private volatile long safeNanos;
  private volatile long checkpointsWritten;
  private volatile double secondsWriting;
  private volatile double secondsWaited;
  private volatile RunOutcome outcome = RunOutcome.RUNNING;

  /**
   * Metrics before the first step.
   *
   * @param cluster counts what goes wrong there
   * @param nanoClock as {@link System#nanoTime}
   */
  TrainingSource(ClusterWatch cluster, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.stepNanos = nanoClock.getAsLong();
    this.safeNanos = stepNanos;
    count("step", () -> step);
    count("totalSteps", () -> totalSteps);
    number("epoch", () -> ofStep(StepRecord::epoch));
    number("loss", () -> ofStep(StepRecord::loss));
    number("gradientNorm", () -> ofStep(StepRecord::gradientNorm));
    number("learningRate", () -> ofStep(StepRecord::learningRate));
    registry.register("examples", examples);
    number("examplesPerSecond", () -> examplesPerSecond);
    number("secondsSinceStep", () -> (nanoClock.getAsLong() - stepNanos) * NANO);
    number("train.loss", () -> lastEpoch == null ? Double.NaN : lastEpoch.train().loss());
    number("validation.loss", () -> lastValidation == null ? Double.NaN : lastValidation.loss());
    number("checkpoint.ageSeconds", () -> (nanoClock.getAsLong() - safeNanos) * NANO);
    count("checkpoint.stepsBehind", () -> Math.max(0, step - safeStep));
    count("checkpoint.written", () -> checkpointsWritten);
    number("checkpoint.secondsWriting", () -> secondsWriting);
    number("checkpoint.secondsWaited", () -> secondsWaited);
    count("attempt", () -> attempt);
    count("returns", () -> returns);
    count("repeatedSteps", () -> repeatedSteps);
    count("badRows", () -> badRows);
    count("executorsLost", cluster::executorsLost);
    count("tasksFailed", cluster::tasksFailed);
    count("stagesFailed", cluster::stagesFailed);
    count("stagesRetried", cluster::stagesRetried);
    count("outcome", () -> outcome.number());
  }

  private interface OfStep {
    double value(StepRecord record);
  }

  private double ofStep(OfStep value) {
    StepRecord last = lastStep;
    return last == null ? Double.NaN : value.value(last);
  }

  private void count(String name, LongSupplier value) {
    registry.register(name, (Gauge<Long>) value::getAsLong);
  }

  private void number(String name, DoubleSupplier value) {
    registry.register(name, (Gauge<Double>) value::getAsDouble);
  }

  private Histogram times(String phase) {
    return registry.register(
        "stepMicroseconds." + phase, new Histogram(new SlidingWindowReservoir(WINDOW)));
  }

  @Override
  public String sourceName() {
    return NAME;
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  /** How long the run will be, and rows that were left out. */
  void ofRun(long steps, long rowsLeftOut) {
    totalSteps = steps;
    badRows = rowsLeftOut;
  }

  /** This is a later attempt at the run. */
  void ofAttempt(int number) {
    attempt = number;
  }

  /** Steps are about to be taken behind a state that is safe. */
  void beginBehind(long safe) {
    step = safe;
    safeStep = safe;
    safeNanos = nanoClock.getAsLong();
    stepNanos = safeNanos;
  }

  /** A step is taken. */
  void take(StepRecord record) {
    recent.add(record);
    examples.inc(record.examples());
    total.update(microseconds(record.seconds().total()));
    compute.update(microseconds(record.seconds().compute()));
    aggregate.update(microseconds(record.seconds().aggregate()));
    update.update(microseconds(record.seconds().update()));
    broadcast.update(microseconds(record.seconds().broadcast()));
    examplesPerSecond = recent.examplesPerSecond();
    stepNanos = nanoClock.getAsLong();
    lastStep = record;
    step = record.step();
  }

  private static long microseconds(double seconds) {
    return Math.round(seconds / MICRO);
  }

  /** An epoch is over. */
  void take(EpochRecord record) {
    lastEpoch = record;
    showMetrics("train", record.train());
    if (record.validation() != null) {
      lastValidation = record.validation();
      showMetrics("validation", record.validation());
    }
  }

  /** Which metrics there are is known with the first epoch that has them. */
  private void showMetrics(String split, SplitMetrics metrics) {
    for (String metric : metrics.values().keySet()) {
      String name = split + "." + metric;
      if (!registry.getMetrics().containsKey(name)) {
        number(name, () -> valueOf(split, metric));
      }
    }
  }

  private double valueOf(String split, String metric) {
    SplitMetrics last = split.equals("train") ? lastEpoch.train() : lastValidation;
    OptionalDouble value = last.valueOf(metric);
    return value.isPresent() ? value.getAsDouble() : Double.NaN;
  }

  /** A checkpoint has become durable; the figures are of all of this attempt. */
  void takeCheckpoint(long of, long written, double writing, double waited) {
    safeStep = of;
    safeNanos = nanoClock.getAsLong();
    checkpointsWritten = written;
    secondsWriting = writing;
    secondsWaited = waited;
  }

  /** Training goes back by so many steps. */
  void takeReturn(long steps, int allReturns) {
    // Written by the driver's thread alone.
    long repeated = repeatedSteps;
    repeatedSteps = repeated + steps;
    returns = allReturns;
  }

  /** Returns of earlier attempts. */
  void knowReturns(int earlier) {
    returns = earlier;
  }

  /** The run is over, or is not. */
  void end(RunOutcome how) {
    outcome = how;
  }
}
