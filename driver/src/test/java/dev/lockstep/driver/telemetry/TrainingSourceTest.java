package dev.lockstep.driver.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.sun.management.ThreadMXBean;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.report.StepTimes;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.junit.jupiter.api.Test;

/** What the gauges show, by a clock of the test's own. */
final class TrainingSourceTest {
  private static final long SECOND = 1_000_000_000L;

  private long now = 5 * SECOND;
  private final List<String> lost = new ArrayList<>();
  private final ClusterWatch cluster = new ClusterWatch((executor, reason) -> lost.add(executor));
  private final TrainingSource source = new TrainingSource(cluster, () -> now);

  private double gauge(String name) {
    Object value = ((Gauge<?>) source.metricRegistry().getMetrics().get(name)).getValue();
    return ((Number) value).doubleValue();
  }

  private static StepRecord step(long step) {
    StepTimes seconds = new StepTimes(0.5, 0.25, 0.125, 0.0625, 1.0);
    return new StepRecord(step, 2, 0.75, 0.1, 0.01, 64, 3.5, seconds);
  }

  @Test
  void whatIsNotKnownYetIsNotANumber() {
    for (String name : List.of("loss", "gradientNorm", "learningRate", "train.loss", "epoch")) {
      assertThat(gauge(name)).as(name).isNaN();
    }
    for (String name : List.of("step", "returns", "badRows", "checkpoint.written", "outcome")) {
      assertThat(gauge(name)).as(name).isZero();
    }
    assertThat(gauge("attempt")).isEqualTo(1);
  }

  @Test
  void aStepShowsAtOnce() {
    source.ofRun(100, 7);
    source.take(step(41));
    source.take(step(42));
    assertThat(gauge("step")).isEqualTo(42);
    assertThat(gauge("totalSteps")).isEqualTo(100);
    assertThat(gauge("epoch")).isEqualTo(2);
    assertThat(gauge("loss")).isEqualTo(0.75);
    assertThat(gauge("gradientNorm")).isEqualTo(3.5);
    assertThat(gauge("learningRate")).isEqualTo(0.01);
    assertThat(gauge("badRows")).isEqualTo(7);
    assertThat(gauge("examplesPerSecond")).isCloseTo(64, within(1e-9));
    assertThat(source.metricRegistry().getCounters().get("examples").getCount()).isEqualTo(128);
    Map<String, Histogram> times = source.metricRegistry().getHistograms();
    assertThat(times.get("stepMicroseconds.total").getSnapshot().getMax()).isEqualTo(1_000_000);
    assertThat(times.get("stepMicroseconds.compute").getSnapshot().getMax()).isEqualTo(500_000);
    assertThat(times.get("stepMicroseconds.aggregate").getSnapshot().getMax()).isEqualTo(250_000);
    assertThat(times.get("stepMicroseconds.update").getSnapshot().getMax()).isEqualTo(125_000);
    assertThat(times.get("stepMicroseconds.broadcast").getSnapshot().getMax()).isEqualTo(62_500);
    assertThat(times.get("stepMicroseconds.total").getCount()).isEqualTo(2);
  }

  @Test
  void validationKeepsItsLastValuesInEpochsWithout() {
    SplitMetrics train = new SplitMetrics(0.5, 10, Map.of("accuracy", 0.8));
    SplitMetrics validation = new SplitMetrics(0.6, 5, Map.of("accuracy", 0.7));
    source.take(new EpochRecord(1, train, validation));
    source.take(new EpochRecord(2, new SplitMetrics(0.4, 10, Map.of("accuracy", 0.9)), null));
    assertThat(gauge("train.loss")).isEqualTo(0.4);
    assertThat(gauge("train.accuracy")).isEqualTo(0.9);
    assertThat(gauge("validation.loss")).isEqualTo(0.6);
    assertThat(gauge("validation.accuracy")).isEqualTo(0.7);
  }

  @Test
  void agesGrowByTheClock() {
    source.beginBehind(40);
    assertThat(gauge("step")).isEqualTo(40);
    now += 3 * SECOND;
    assertThat(gauge("checkpoint.ageSeconds")).isEqualTo(3);
    assertThat(gauge("secondsSinceStep")).isEqualTo(3);
    source.take(step(41));
    now += SECOND;
    assertThat(gauge("checkpoint.ageSeconds")).isEqualTo(4);
    assertThat(gauge("checkpoint.stepsBehind")).isEqualTo(1);
    assertThat(gauge("secondsSinceStep")).isEqualTo(1);
    source.takeCheckpoint(41, 1, 0.5, 0.25);
    now += 2 * SECOND;
    assertThat(gauge("checkpoint.ageSeconds")).isEqualTo(2);
    assertThat(gauge("checkpoint.stepsBehind")).isZero();
    assertThat(gauge("checkpoint.written")).isEqualTo(1);
    assertThat(gauge("checkpoint.secondsWriting")).isEqualTo(0.5);
    assertThat(gauge("checkpoint.secondsWaited")).isEqualTo(0.25);
  }

  @Test
  void returnsAndRepeatedStepsAddUp() {
    source.ofAttempt(3);
    source.knowReturns(1);
    source.takeReturn(12, 2);
    source.takeReturn(5, 3);
    assertThat(gauge("attempt")).isEqualTo(3);
    assertThat(gauge("returns")).isEqualTo(3);
    assertThat(gauge("repeatedSteps")).isEqualTo(17);
  }

  @Test
  void executorsThatAreSentAwayAreNotLost() {
    cluster.onExecutorRemoved(
        new SparkListenerExecutorRemoved(1, "4", "Command exited with code 137"));
    cluster.onExecutorRemoved(
        new SparkListenerExecutorRemoved(2, "5", "Executor killed by driver."));
    assertThat(gauge("executorsLost")).isEqualTo(1);
    assertThat(lost).containsExactly("4");
  }

  @Test
  void aStepAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    StepRecord record = step(1);
    for (int i = 0; i < 20_000; i++) {
      source.take(record);
    }
    int steps = 100_000;
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < steps; i++) {
      source.take(record);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes in all steps").isLessThan(steps);
    assertThat(source.metricRegistry().getCounters().get("examples").getCount())
        .isEqualTo(64L * (20_000 + steps));
  }
}
