package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.layer.Shape;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written reads back as the same, from anywhere. */
final class ConfigurationWriterTest {
  private static final String RICH =
      """
      name: rich
      data:
        format: csv
        path: [a.csv, b/*.csv]
        options: {sep: ";", header: true, nullValue: ""}
        label: "007"
        features: [x, "null", "1e-5", "true", "a: b", "#c", "- d", "é😀"]
        weight: w
        task: regression
        validation: {path: v.csv}
        test: {fraction: 0.2}
        splitSeed: -3
        normalize: minMax
        categorical: ["null", "a: b"]
        shape: [2, 2, 2]
        badRows: quarantine
        maxBadFraction: 0.02
        augment:
          - {kind: shift, pixels: 2}
          - flip
          - {kind: rotate, degrees: 7.5}
          - {kind: noise, standardDeviation: 0.1}
      network:
        layers:
          - {kind: embedding, dimension: 3, tables: [{position: 0, levels: 5}]}
          - {kind: dense, units: 8, initializer: {kind: normal, scale: 0.1}, bias: true}
          - {kind: batchNorm, moments: synchronized}
          - tanh
          - {kind: dropout, keep: 0.5}
          - {kind: dense, units: 1, initializer: glorotUniform}
        initialWeights: start.safetensors
      loss: meanSquaredError
      regularization: {l1: 1e-7, l2: 0.5}
      optimizer: {kind: rmsProp, epsilon: 1e-9}
      training:
        steps: 5000000000
        shards: 4
        shuffle: false
        seed: -9223372036854775808
        gradientClip: {norm: 0.1}
        synchronizer: local
        validateEveryEpochs: 2
      """;

  private static RunConfiguration readBack(String yaml, Map<String, String> environment) {
    return ConfigurationReader.read(yaml, "elsewhere.yaml", "/elsewhere", List.of(), environment);
  }

  private static void assertRoundTrip(RunConfiguration configuration) {
    String yaml = ConfigurationWriter.toYaml(configuration, Map.of());
    assertThat(readBack(yaml, Map.of())).isEqualTo(configuration);
    assertThat(ConfigurationWriter.toYaml(readBack(yaml, Map.of()), Map.of())).isEqualTo(yaml);
  }

  @Test
  void everyDefaultIsWrittenOut() {
    assertThat(ConfigurationWriter.toYaml(read(MINIMAL), Map.of()))
        .isEqualTo(
            """
            name: run
            data:
              format: bundled
              name: digits
              label: label
              features: []
              weight: null
              task: null
              validation:
                fraction: 0.1
              test:
                fraction: 0.1
              splitSeed: 1
              normalize: standard
              shape: null
              badRows: fail
              maxBadFraction: 0.1
              augment: []
            network:
              layers:
                - kind: dense
                  units: 10
                  initializer:
                    kind: he
                  bias: null
              initialWeights: null
            loss: null
            regularization:
              l1: 0.0
              l2: 0.0
            optimizer:
              kind: adam
              learningRate: 0.001
              beta1: 0.9
              beta2: 0.999
              epsilon: 1.0E-8
            schedule:
              kind: constant
              warmupSteps: 0
            training:
              epochs: 30
              batchSize: 128
              shards: null
              shuffle: true
              seed: 42
              gradientClip: null
              synchronizer: auto
              earlyStopping: null
              targetError: null
              checkpoint:
                everySteps: 500
                keep: 3
              onDivergence: null
              validateEveryEpochs: 1
            """);
  }

  @Test
  void whatIsWrittenReadsBackAsTheSame() {
    assertRoundTrip(read(MINIMAL));
    assertRoundTrip(read(RICH));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data={format: libsvm, path: a.txt, options: {numFeatures: 5}, test: {path: t.txt}}",
        "data={format: idx, images: i.gz, labels: l.gz, test: {images: ti.gz, labels: tl.gz}}",
        "data={format: cifar, path: [a.bin, b.bin]}",
        "data={format: cifar, path: train.bin, classes: 100, test: {path: test.bin}}",
        "data={format: synthetic, name: spirals, samples: 9, noise: 0, classes: 5, seed: 7}",
        "data={format: bundled, name: iris, features: [a], label: b}",
        "network.layers=[{kind: conv2d, filters: 2, kernel: 3, stride: 2, padding: same, bias: true}]",
        "network.layers=[{kind: conv2d, filters: 2, kernel: 2, initializer: {kind: normal, scale: 2}}]",
        "network.layers=[{kind: maxPool, size: 2}, {kind: averagePool, size: 3}]",
        "network.layers=[globalAveragePool, flatten]",
        "network.layers=[{kind: residual, layers: [relu]}]",
        "network.layers=[{kind: residual, projection: true, layers: [{kind: residual, layers: [{kind: dense, units: 2}]}, batchNorm]}]",
        "optimizer=sgd",
        "optimizer=momentum",
        "optimizer=heavyBall",
        "optimizer=nesterov",
        "optimizer=adam",
        "optimizer={kind: adamW, weightDecay: 0.3}",
        "optimizer={kind: adagrad, epsilon: 1e-3}",
        "optimizer={kind: lars, weightDecay: 0.3, trustCoefficient: 0.7}",
        "optimizer={kind: lamb, beta1: 0.3, weightDecay: 0.7}",
        "loss=softmaxCrossEntropy",
        "loss={kind: softmaxCrossEntropy, labelSmoothing: 0.3, classWeights: [1, 0.1, 3e7]}",
        "loss=sigmoidCrossEntropy",
        "loss={kind: huber, delta: 0.3}",
        "network.layers=[layerNorm, leakyRelu, elu, gelu, silu, tanh, sigmoid]",
        "training.epochs=1"
      })
  void everyFormatAndKindReadsBackAsTheSame(String setting) {
    assertRoundTrip(read(MINIMAL, setting));
  }

  @Test
  void modelsDescribeTheirLayersInTheSameWords() {
    String layers =
        "[{kind: conv2d, filters: 2, kernel: 3, stride: 2, padding: same, bias: false}, {kind:"
            + " maxPool, size: 2}, {kind: averagePool, size: 1}, {kind: residual, projection: true,"
            + " layers: [{kind: batchNorm, moments: synchronized}, {kind: residual, layers: [relu,"
            + " batchNorm]}]}, globalAveragePool, flatten]";
    ModelDescription description =
        new ModelDescription(
            new Shape(8, 8, 3),
            read(MINIMAL, "network.layers=" + layers, "training.synchronizer=local")
                .network()
                .layers(),
            read(MINIMAL + "loss: softmaxCrossEntropy").loss());
    assertThat(ModelDescription.fromJson(description.toJson("1"), "model.json"))
        .isEqualTo(description);
  }

  /** Models of versions that knew no other moments. */
  @Test
  void modelsThatSayNothingOfMomentsHaveEachShardsOwn() {
    ModelDescription description =
        new ModelDescription(
            new Shape(1, 1, 3),
            read(MINIMAL, "network.layers=[batchNorm]").network().layers(),
            read(MINIMAL + "loss: softmaxCrossEntropy").loss());
    String json = description.toJson("1");
    String earlier = json.replaceFirst(",\\s*\"moments\" : \"shard\"", "");
    assertThat(earlier).isNotEqualTo(json).doesNotContain("moments");
    assertThat(ModelDescription.fromJson(earlier, "model.json")).isEqualTo(description);
  }

  @Test
  void decisionsOfTheRunCanBeWritten() {
    RunConfiguration configuration = read(MINIMAL);
    RunConfiguration decided =
        configuration
            .withLoss(read(MINIMAL + "loss: softmaxCrossEntropy").loss())
            .withTraining(configuration.training().withShards(2))
            .withData(read(MINIMAL, "data.task=classification").data());
    assertThat(ConfigurationWriter.toYaml(decided, Map.of()))
        .contains("loss:\n  kind: softmaxCrossEntropy", "shards: 2", "task: classification");
    assertRoundTrip(decided);
  }

  @Property
  void anyTextReadsBackAsTheSame(@ForAll @Size(min = 1, max = 3) List<@NotBlank String> texts) {
    RunConfiguration rich = read(RICH);
    RunConfiguration changed =
        rich.withData(
            new DataSettings(
                rich.data().location(),
                Map.of(texts.get(0), texts.get(0)),
                texts.get(0),
                texts,
                null,
                texts,
                null,
                rich.data().validation(),
                rich.data().test(),
                1,
                rich.data().normalize(),
                null,
                BadRowSettings.DEFAULT,
                rich.data().augment()));
    assertRoundTrip(changed);
  }

  @Property
  void anyNumberReadsBackAsTheSame(
      @ForAll @DoubleRange(min = 0, minIncluded = false, max = Double.MAX_VALUE) double rate,
      @ForAll long seed) {
    RunConfiguration changed =
        read(MINIMAL, "optimizer.learningRate=" + rate, "training.seed=" + seed);
    assertThat(changed.optimizer().learningRate()).isEqualTo(rate);
    assertThat(changed.training().seed()).isEqualTo(seed);
    assertRoundTrip(changed);
  }

  @Test
  void secretsOfTheEnvironmentAreNeverWritten() {
    Map<String, String> environment =
        Map.of("STORE_TOKEN", "hunter2", "DB_PASSWORD", "hunter22", "FOLDER", "/mnt");
    RunConfiguration configuration =
        read(
            MINIMAL,
            environment,
            "data={format: csv, path: '${FOLDER}/a?${STORE_TOKEN}', label: y, options: {pw:"
                + " '${DB_PASSWORD}'}}");
    assertThat(configuration.data().options()).containsEntry("pw", "hunter22");
    String yaml = ConfigurationWriter.toYaml(configuration, environment);
    assertThat(yaml)
        .doesNotContain("hunter2")
        .contains("/mnt/a?${STORE_TOKEN}", "pw: \"${DB_PASSWORD}\"");
    assertThat(readBack(yaml, environment)).isEqualTo(configuration);
  }

  @Test
  void wordsOfTheProgramAreNoSecrets() {
    Map<String, String> environment =
        Map.of("CACHE_KEY", "adam", "X_TOKEN", "true", "SORT_KEY", "relu", "Y_TOKEN", "standard");
    RunConfiguration configuration =
        read(
            MINIMAL,
            environment,
            "optimizer=adamW",
            "network.layers[0]={kind: dense, units: 4}",
            "name=adamW relu",
            "data={format: csv, path: relus.csv, label: y, options: {header: true, b: adam-b}}");
    String yaml = ConfigurationWriter.toYaml(configuration, environment);
    assertThat(yaml)
        .contains(
            "kind: adamW\n",
            "normalize: standard\n",
            "name: \"adamW ${SORT_KEY}\"",
            "relus.csv",
            "header: \"true\"",
            "b: \"${CACHE_KEY}-b\"");
    assertThat(readBack(yaml, environment)).isEqualTo(configuration);
    RunConfiguration relu =
        read(MINIMAL, environment, "network={layers: [relu, {kind: dense, units: 2}]}");
    assertThat(ConfigurationWriter.toYaml(relu, environment)).contains("kind: relu\n");
  }

  @Test
  void secretsThatAreWrittenOutAreLeftOutAndAskedFor() {
    Map<String, String> environment = Map.of("STORE_TOKEN", "hunter2/2+2");
    RunConfiguration configuration =
        read(
            MINIMAL,
            environment,
            "data={format: csv, path: ['s3a://AKIDX:${STORE_TOKEN}@b/x', 'https://h/y?sig=abcd'],"
                + " label: y, options: {password: opensesame, passwordHint: '', mode: 'a ${x'}}"
                    .replace("${x", "$${x"));
    String yaml = ConfigurationWriter.toYaml(configuration, environment);
    assertThat(yaml)
        .doesNotContain("AKIDX", "hunter2", "abcd", "opensesame")
        .startsWith(
            "# Secrets were left out. To use this file, set LOCKSTEP_SECRET_DATA_PATH_0,"
                + " LOCKSTEP_SECRET_DATA_PATH_1, LOCKSTEP_SECRET_DATA_OPTIONS_PASSWORD in the"
                + " environment.\n")
        .contains(
            "\"s3a://${LOCKSTEP_SECRET_DATA_PATH_0}:${STORE_TOKEN}@b/x\"",
            "\"https://h/y?sig=${LOCKSTEP_SECRET_DATA_PATH_1}\"",
            "mode: \"a $${x\"",
            "passwordHint: \"\"",
            "password: \"${LOCKSTEP_SECRET_DATA_OPTIONS_PASSWORD}\"");
    Map<String, String> all =
        Map.of(
            "STORE_TOKEN", "hunter2/2+2",
            "LOCKSTEP_SECRET_DATA_PATH_0", "AKIDX",
            "LOCKSTEP_SECRET_DATA_PATH_1", "abcd",
            "LOCKSTEP_SECRET_DATA_OPTIONS_PASSWORD", "opensesame");
    assertThat(readBack(yaml, all)).isEqualTo(configuration);
    assertThat(ConfigurationWriter.toYaml(readBack(yaml, all), all)).isEqualTo(yaml);

    // For comparing, others stand in: two configurations that differ in secrets are alike.
    Map<String, String> others = ConfigurationReader.standingIn(yaml, environment);
    assertThat(ConfigurationWriter.toYaml(readBack(yaml, others), others)).isEqualTo(yaml);
  }

  @ParameterizedTest
  @CsvSource({
    "PASSWORD, true",
    "db_password, true",
    "API_KEY, true",
    "APIKEY, true",
    "AWS_SECRET_ACCESS_KEY, true",
    "SECRET_NAME, true",
    "TOKEN2, true",
    "TOKENIZERS_PARALLELISM, false",
    "KEYTAB, false",
    "MONKEY, false",
    "TURKEY_SIZE, false",
    "SORT_KEY, true",
    "PGPASSWORD, true",
    "TOKEN_EXPIRY, false",
    "KEY_LENGTH, false",
    "LOCKSTEP_SECRET_DATA_OPTIONS_LENGTH, true",
    "HOME, false"
  })
  void secretsAreKnownByTheirNames(String name, boolean secret) {
    assertThat(Redaction.isSecretVariable(name)).isEqualTo(secret);
  }
}
