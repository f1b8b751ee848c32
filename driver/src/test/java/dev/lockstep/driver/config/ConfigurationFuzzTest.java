package dev.lockstep.driver.config;

import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/**
 * Spoiled configurations and descriptions of models are read or refused, in bounded time and
 * memory.
 */
@Tag("fuzz")
class ConfigurationFuzzTest {
  private static final String EVERYTHING =
      """
      name: all
      data:
        format: csv
        path: [a.csv, b/*.csv]
        options: {sep: ";", header: true}
        label: y
        features: [x, "null", "é😀"]
        task: classification
        validation: {path: v.csv}
        test: {fraction: 0.2}
        categorical: [x]
        shape: [2, 2, 2]
        augment: [{kind: shift, pixels: 2}, flip]
      network:
        layers:
          - &d {kind: dense, units: 8, initializer: {kind: normal, scale: 0.1}, bias: true}
          - {kind: residual, projection: true, layers: [{kind: batchNorm}, *d]}
          - {kind: conv2d, filters: 2, kernel: 3, stride: 2, padding: same}
          - {kind: dropout, keep: 0.5}
      loss: {kind: softmaxCrossEntropy, labelSmoothing: 0.3, classWeights: [1, 0.1]}
      regularization: {l1: 1e-7, l2: 0.5}
      optimizer: {kind: adam, learningRate: 0.1}
      schedule: {kind: cosine, steps: 10, warmupSteps: 2}
      training: {epochs: 3, batchSize: 1_000, seed: -1, gradientClip: {norm: 0.1}}
      tuning:
        metric: validation.accuracy
        trials: 4
        parameters:
          optimizer.learningRate: {scale: log, from: 1.0e-4, to: 1.0}
          training.batchSize: {choice: [32, 64]}
      """;
  private static final List<byte[]> CONFIGURATIONS =
      List.of(
          bytes(EVERYTHING),
          bytes(Configurations.MINIMAL),
          bytes(
              "{\"data\": {\"format\": \"cifar\", \"path\": \"a.bin\"},\"network\": {\"layers\":"
                  + " [\"relu\"]}, \"training\": {\"steps\": 1}}"),
          bytes("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"));
  private static final List<byte[]> MODELS =
      List.of(
          bytes(
              """
              {"format": "lockstep-model", "formatVersion": 1, "lockstepVersion": "1",
               "inputShape": {"height": 4, "width": 4, "channels": 1},
               "network": {"layers": [
                 {"kind": "conv2d", "filters": 2, "kernel": 3, "stride": 1, "padding": "same", "bias": null},
                 {"kind": "batchNorm"}, {"kind": "relu"}, {"kind": "flatten"},
                 {"kind": "dense", "units": 3, "initializer": {"kind": "he"}, "bias": true}]},
               "loss": {"kind": "softmaxCrossEntropy"}}
              """),
          bytes(
              "{\"format\":\"lockstep-model\",\"formatVersion\":1,\"inputShape\":{\"height\":1,\"width\":1,\"channels\":3},"
                  + "\"network\":{\"layers\":[{\"kind\":\"residual\",\"layers\":[{\"kind\":\"tanh\"}]}]},\"loss\":\"meanSquaredError\"}"));

  private static final Path FILE = file();
  private static final ReaderTrial CONFIGURATION =
      new ReaderTrial(
          "configuration",
          2000,
          4 << 20,
          file ->
              ConfigurationReader.read(
                  Files.write(FILE, file).toString(), List.of(), Map.of("A", "b")));
  private static final ReaderTrial SETTING =
      new ReaderTrial(
          "--set",
          2000,
          4 << 20,
          file ->
              Configurations.read(
                  Configurations.MINIMAL, new String(file, StandardCharsets.UTF_8)));
  private static final ReaderTrial MODEL =
      new ReaderTrial(
          "model.json",
          1000,
          4 << 20,
          file ->
              ModelDescription.fromJson(new String(file, StandardCharsets.UTF_8), "model.json"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Path file() {
    try {
      return Files.createDirectories(Path.of("target", "fuzz")).resolve("configuration.yaml");
    } catch (IOException unwritable) {
      throw new IllegalStateException(unwritable);
    }
  }

  private static final List<byte[]> SETTINGS =
      List.of(
          bytes("network.layers[0].units=64"),
          bytes("optimizer={kind: adam, beta1: [1, 2]}"),
          bytes("data.path=[a.csv, ${A}]"));

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledConfigurationsAreReadOrRefused(@ForAll("configurations") Corruption corruption) {
    CONFIGURATION.assertReadOrRefused(corruption.of(CONFIGURATIONS));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledSettingsAreReadOrRefused(@ForAll("settings") Corruption corruption) {
    SETTING.assertReadOrRefused(corruption.of(SETTINGS));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledModelsAreReadOrRefused(@ForAll("models") Corruption corruption) {
    MODEL.assertReadOrRefused(corruption.of(MODELS));
  }

  /** Generated files seldom have a list as long as this, and seldom in the right place. */
  @Property(generation = GenerationMode.EXHAUSTIVE)
  void aLongListIsReadOrRefused(@ForAll("lists") String around, @ForAll("items") String item) {
    CONFIGURATION.assertReadOrRefused(bytes(around.formatted((item + ",").repeat(10_000))));
  }

  @Provide
  Arbitrary<String> lists() {
    return Arbitraries.of(
        "[%s]",
        "data: {path: [%s]}",
        "data: {features: [%s]}",
        "data: {categorical: [%s]}",
        "data: {shape: [%s]}",
        "data: {augment: [%s]}",
        "network: {layers: [%s]}",
        "network: {layers: [{kind: residual, layers: [%s]}]}",
        "loss: {kind: softmaxCrossEntropy, classWeights: [%s]}",
        "tuning: {parameters: {optimizer.learningRate: {choice: [%s]}}}",
        "retraining: {checks: {schema: [%s]}}");
  }

  @Provide
  Arbitrary<String> items() {
    return Arbitraries.of("1", "x", "[]", "{}", "relu", "{kind: 1}", "${A}", "null");
  }

  @Provide
  Arbitrary<Corruption> configurations() {
    return Corruption.any(CONFIGURATIONS.size());
  }

  @Provide
  Arbitrary<Corruption> settings() {
    return Corruption.any(SETTINGS.size());
  }

  @Provide
  Arbitrary<Corruption> models() {
    return Corruption.any(MODELS.size());
  }
}
