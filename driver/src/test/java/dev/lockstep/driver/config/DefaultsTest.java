package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pins every default: changing one changes the meaning of people's configurations. */
final class DefaultsTest {
  private final RunConfiguration minimal = read(MINIMAL);

  @Test
  void aMinimalConfigurationMeansExactlyThis() {
    assertThat(minimal)
        .isEqualTo(
            new RunConfiguration(
                "run",
                new DataSettings(
                    new DataLocation.Bundled("digits"),
                    Map.of(),
                    "label",
                    List.of(),
                    null,
                    List.of(),
                    null,
                    new HeldOut.Fraction(0.1),
                    new HeldOut.Fraction(0.1),
                    1,
                    Normalization.STANDARD,
                    null,
                    new BadRowSettings(BadRowMode.FAIL, 0.1),
                    List.of()),
                new NetworkSettings(
                    List.of(new LayerSpec.Dense(10, new Initializer.He(), null)), null),
                null,
                new Regularization(0, 0),
                new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
                new Schedule.Constant(),
                new TrainingSettings(
                    30,
                    null,
                    128,
                    null,
                    true,
                    42,
                    null,
                    Synchronizer.AUTO,
                    null,
                    null,
                    1,
                    new CheckpointSettings(500, 3),
                    null),
                null,
                null,
                null));
  }

  @ParameterizedTest
  @CsvSource({
    "conf/digits.yaml, digits",
    "digits.yml, digits",
    "hdfs://host/conf/mnist.v2.json, mnist.v2",
    "digits, digits",
    ".yaml, .yaml",
    "conf/, run"
  })
  void theRunIsNamedAfterTheFile(String source, String name) {
    assertThat(ConfigurationReader.read(MINIMAL, source, "/", List.of(), Map.of()).name())
        .isEqualTo(name);
  }

  @Test
  void everyOptimizerHasDefaults() {
    assertThat(optimizer("sgd")).isEqualTo(new Optimizer.Sgd(0.01));
    assertThat(optimizer("momentum")).isEqualTo(new Optimizer.Momentum(0.01, 0.9, false));
    assertThat(optimizer("heavyBall")).isEqualTo(new Optimizer.HeavyBall(0.01, 0.9));
    assertThat(optimizer("nesterov")).isEqualTo(new Optimizer.Nesterov(0.01, 0.9));
    assertThat(optimizer("rmsProp")).isEqualTo(new Optimizer.RmsProp(0.001, 0.9, 1e-8));
    assertThat(optimizer("adam")).isEqualTo(new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8));
    assertThat(optimizer("adamW")).isEqualTo(new Optimizer.AdamW(0.001, 0.9, 0.999, 1e-8, 0.01));
    assertThat(optimizer("adagrad")).isEqualTo(new Optimizer.Adagrad(0.01, 1e-10));
    assertThat(optimizer("lars")).isEqualTo(new Optimizer.Lars(0.1, 0.9, 5e-4, 0.001));
    assertThat(optimizer("lamb")).isEqualTo(new Optimizer.Lamb(0.001, 0.9, 0.999, 1e-6, 0.01));
  }

  @Test
  void lossesHaveDefaults() {
    assertThat(read(MINIMAL + "loss: softmaxCrossEntropy").loss())
        .isEqualTo(new LossSpec.SoftmaxCrossEntropy(0, List.of()));
    assertThat(read(MINIMAL + "loss: huber").loss()).isEqualTo(new LossSpec.Huber(1));
  }

  private static Optimizer optimizer(String kind) {
    return read(MINIMAL + "optimizer: " + kind).optimizer();
  }

  @Test
  void settingsWithoutAKindAreAdams() {
    assertThat(read(MINIMAL + "optimizer: {learningRate: 0.5}").optimizer())
        .isEqualTo(new Optimizer.Adam(0.5, 0.9, 0.999, 1e-8));
  }

  @Test
  void normalInitializersHaveAScale() {
    assertThat(read(MINIMAL, "network.layers[0].initializer=normal").network().layers())
        .containsExactly(new LayerSpec.Dense(10, new Initializer.Normal(0.01), null));
  }

  @Test
  void syntheticDataHaveDefaults() {
    assertThat(read(MINIMAL, "data={format: synthetic, name: moons}").data().location())
        .isEqualTo(new DataLocation.Synthetic("moons", 1000, 0.1, 3, 42));
  }

  @Test
  void nullMeansTheDefault() {
    String nulls =
        """
        name: null
        data: {format: bundled, name: digits, label: ~, features: null, test: null, shape: null}
        network:
          layers: [{kind: dense, units: 10, initializer: null, bias: null}]
          initialWeights:
        loss: null
        regularization: null
        optimizer: null
        schedule: null
        training: {epochs: null, steps: null, shards: null, gradientClip: null, seed: null}
        """;
    assertThat(read(nulls)).isEqualTo(minimal);
  }
}
