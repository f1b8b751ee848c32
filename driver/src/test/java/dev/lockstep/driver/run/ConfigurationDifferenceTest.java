package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.ConfigurationWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which changes of a configuration matter to a run that goes on, and which may be insisted on. */
final class ConfigurationDifferenceTest {
  private static final String RUN =
      """
      data: {format: csv, path: rows.csv, label: y}
      network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
      optimizer: {kind: adam, learningRate: 0.5}
      training: {epochs: 3, shards: 2}
      """;

  private static JsonNode tree(String... overrides) {
    return ConfigurationWriter.toTree(
        ConfigurationReader.read(RUN, "test", "/data", List.of(overrides), Map.of()));
  }

  private static List<ConfigurationDifference> differences(String... overrides) {
    return ConfigurationDifference.between(tree(), tree(overrides));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name=other",
        "training.synchronizer=tree",
        "training.checkpoint={everySteps: 7, keep: 1}",
        "tuning={parameters: {optimizer.beta1: {choice: [0.5]}}}",
        "registry={path: models}",
        "retraining={minImprovement: 0.1}"
      })
  void whatCannotChangeTheResultIsNoDifference(String override) {
    assertThat(differences(override)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.epochs=4 | training.epochs",
        "training.earlyStopping={} | training.earlyStopping",
        "training.validateEveryEpochs=2 | training.validateEveryEpochs",
        "training.targetError=0.1 | training.targetError",
        "training.onDivergence={} | training.onDivergence",
        "training.gradientClip.norm=1 | training.gradientClip",
        "optimizer.learningRate=0.25 | optimizer.learningRate",
        "optimizer.beta2=0.5 | optimizer.beta2",
        "schedule.warmupSteps=3 | schedule.warmupSteps",
        "regularization.l2=0.1 | regularization.l2",
        "data.path=other.csv | data.path",
      })
  void someChangesMayBeInsistedOn(String override, String key) {
    assertThat(differences(override))
        .singleElement()
        .satisfies(
            difference -> {
              assertThat(difference.key()).isEqualTo(key);
              assertThat(difference.forceable()).isTrue();
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "network.layers[0].units=5 | network.layers[0].units",
        "network.initialWeights=w.safetensors | network.initialWeights",
        "loss={kind: softmaxCrossEntropy, labelSmoothing: 0.1} | loss",
        "training.batchSize=64 | training.batchSize",
        "training.shards=3 | training.shards",
        "training.seed=1 | training.seed",
        "training.shuffle=false | training.shuffle",
        "data.splitSeed=2 | data.splitSeed",
        "data.validation.fraction=0.3 | data.validation.fraction",
        "data.normalize=none | data.normalize",
      })
  void othersMayNot(String override, String key) {
    assertThat(differences(override))
        .singleElement()
        .satisfies(
            difference -> {
              assertThat(difference.key()).isEqualTo(key);
              assertThat(difference.forceable()).isFalse();
            });
  }

  @Test
  void checkpointsMatterWhereARunReturnsToThem() {
    List<ConfigurationDifference> differences =
        ConfigurationDifference.between(
            tree("training.onDivergence={}"),
            tree("training.onDivergence={}", "training.checkpoint={everySteps: 7, keep: 3}"));
    assertThat(differences)
        .map(ConfigurationDifference::toString)
        .containsExactly("training.checkpoint.everySteps was 500 and is 7");
    assertThat(differences).allMatch(ConfigurationDifference::forceable);
  }

  @Test
  void whereTheFirstWeightsAreIsNoDifference() {
    assertThat(
            ConfigurationDifference.between(
                tree("network.initialWeights=one/w.safetensors"),
                tree("network.initialWeights=other/w.safetensors")))
        .isEmpty();
  }

  @Test
  void everyDifferenceIsNamedWithBothValues() {
    assertThat(
            differences(
                "training.batchSize=64", "optimizer.learningRate=0.25", "network.layers[1]=tanh"))
        .map(ConfigurationDifference::toString)
        .containsExactly(
            "network.layers[1].kind was relu and is tanh",
            "optimizer.learningRate was 0.5 and is 0.25",
            "training.batchSize was 128 and is 64");
  }

  @Test
  void anotherOptimizerMayNotBeInsistedOn() {
    List<ConfigurationDifference> differences =
        differences("optimizer={kind: sgd, learningRate: 0.5}");
    assertThat(differences)
        .filteredOn(each -> !each.forceable())
        .map(ConfigurationDifference::toString)
        .containsExactly("optimizer.kind was adam and is sgd");
    assertThat(differences)
        .map(ConfigurationDifference::toString)
        .contains("optimizer.beta1 was 0.9 and is not set");
  }

  @Test
  void aListOfAnotherLengthIsOneDifference() {
    assertThat(differences("network.layers=[{kind: dense, units: 2}]"))
        .singleElement()
        .satisfies(
            difference -> {
              assertThat(difference.key()).isEqualTo("network.layers");
              assertThat(difference.before()).hasSizeLessThanOrEqualTo(81).endsWith("…");
            });
  }
}
