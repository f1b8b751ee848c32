package dev.lockstep.driver.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.trainer.layer.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

class StepBenchmarkTest {
  private static final Workload TINY =
      new Workload("tiny", Workload.dense(16), Shape.vector(12), 32, 256);

  private static JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(
        SparkStart.start("test", "local[2]", Map.of()).sparkContext());
  }

  @Test
  void everyContenderIsTimedAndEndsWithTheSameParameters() {
    List<String> told = new ArrayList<>();
    try (JavaSparkContext spark = spark();
        StepBenchmark benchmark = new StepBenchmark(spark, 2, 0.02, told::add)) {
      StepBenchmark.Result result = benchmark.measure(TINY, 4, 2);
      assertThat(result.times()).containsKey("local").containsKey("tree");
      assertThat(result.times().values())
          .allSatisfy(
              times -> {
                assertThat(times.stepSeconds()).isPositive();
                assertThat(times.beyondComputeSeconds()).isLessThanOrEqualTo(times.stepSeconds());
              });
      assertThat(result.emptyJobSeconds()).isPositive();
      assertThat(result.sha256()).hasSize(64);
      assertThat(told).hasSize(1);
      assertThat(StepTables.steps(List.of(result)).lines()).hasSize(3);
      assertThat(StepTables.growth(List.of(result))).contains("1.00");
    }
  }

  @Test
  void theDriverReceivesAtMostThreeGradientsAStep() {
    Workload wide = new Workload("wide", Workload.dense(2000), Shape.vector(12), 32, 256);
    try (JavaSparkContext spark = spark();
        StepBenchmark steps = new StepBenchmark(spark, 1, 0.02, line -> {})) {
      GrowthBenchmark growth = new GrowthBenchmark(spark, steps, line -> {});
      assertThat(growth.driverBytes(wide, 8, List.of(2, 8)))
          .hasSize(2)
          .allSatisfy(result -> assertThat(result.gradients()).isBetween(1.0, 3.0));
    }
  }

  @Test
  void constantsAreMeasuredAndPredictSomething() throws IOException {
    try (JavaSparkContext spark = spark();
        StepBenchmark steps = new StepBenchmark(spark, 1, 0.02, line -> {})) {
      ConstantsBenchmark benchmark = new ConstantsBenchmark(spark, steps, 3);
      StepModel.Constants constants = benchmark.measure(TINY);
      assertThat(constants.jobSeconds()).isPositive();
      assertThat(constants.roundTripSeconds()).isPositive();
      assertThat(constants.additionSecondsPerByte()).isPositive();
      StepModel.Cost cost = benchmark.cost(TINY);
      assertThat(cost.exampleSeconds()).isPositive();
      StepModel model = new StepModel(constants, new StepModel.Cluster(16, 4, 1.25e9, 5e-5), cost);
      assertThat(model.treeSeconds(32)).isGreaterThan(model.computeSeconds(32));
      assertThat(ModelTables.prediction(TINY, List.of(model)).lines()).hasSize(4);
    }
  }

  @Test
  void shardsAreTheSameWhoeverMakesThem() {
    SyntheticExamples data = TINY.data();
    List<Shard> all = data.shards(4);
    Shard third = data.shards(4, 2, 3).get(0);
    assertThat(third.number()).isEqualTo(2);
    assertThat(third.examples().features()).isEqualTo(all.get(2).examples().features());
    assertThat(third.examples().targets()).isEqualTo(all.get(2).examples().targets());
    double sum = 0;
    double squares = 0;
    for (Shard shard : all) {
      for (float value : shard.examples().features()) {
        sum += value;
        squares += value * value;
      }
    }
    int values = 256 * 12;
    assertThat(Math.abs(sum / values)).isLessThan(0.06);
    assertThat(squares / values).isBetween(0.9, 1.1);
  }
}
