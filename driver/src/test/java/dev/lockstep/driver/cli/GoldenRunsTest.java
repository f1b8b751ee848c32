package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Short runs through the command line end where PyTorch's runs end, and take the same way there.
 */
final class GoldenRunsTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");
  private static final double OF_A_STEP = 1e-4;

  /**
   * Cases that run with the threads of one process too; {@code GoldenReplicasTest} has them all.
   */
  private static final Set<String> ALSO_LOCAL =
      Set.of("batchnorm-dense-adam", "conv-batchnorm-maxpool", "example-weights", "gradient-clip");

  @TempDir private Path folder;

  static List<Arguments> runs() throws IOException {
    List<Arguments> runs = new ArrayList<>();
    try (Stream<Path> cases = Files.list(GOLDEN)) {
      for (Path golden : cases.filter(Files::isDirectory).sorted().toList()) {
        String name = golden.getFileName().toString();
        runs.add(Arguments.of(name, "tree"));
        if (ALSO_LOCAL.contains(name)) {
          runs.add(Arguments.of(name, "local"));
        }
      }
    }
    assertThat(runs).hasSizeGreaterThanOrEqualTo(34 + ALSO_LOCAL.size());
    return runs;
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("runs")
  void aRunFollowsPyTorch(String name, String synchronizer) throws IOException {
    Path golden = GOLDEN.resolve(name);
    Path run = folder.resolve("run");
    Outcome.done(
        "train",
        golden.resolve("config.json").toString(),
        "--output",
        run.toString(),
        "--master",
        "local[1]",
        "--set",
        "training.synchronizer=" + synchronizer);

    JsonNode expected = Outcome.json(golden.resolve("expected.json"));
    List<JsonNode> steps = Outcome.metrics(run, "step");
    assertThat(steps).hasSize(expected.path("steps").asInt());
    for (int i = 0; i < steps.size(); i++) {
      assertCloseTo(steps.get(i), "loss", expected.path("losses").get(i));
      assertCloseTo(steps.get(i), "learningRate", expected.path("learningRates").get(i));
      assertCloseTo(steps.get(i), "gradientNorm", expected.path("gradientNorms").get(i));
    }
    assertSameTensors(
        tensors(run.resolve("model").resolve("model.safetensors")),
        tensors(golden.resolve("expected.safetensors")),
        expected.path("tolerance").path("absolute").asDouble(),
        expected.path("tolerance").path("relative").asDouble());
  }

  private static void assertCloseTo(JsonNode step, String key, JsonNode expected) {
    assertThat(step.path(key).asDouble())
        .as("%s of step %s", key, step.path("step"))
        .isCloseTo(expected.asDouble(), within(OF_A_STEP * Math.abs(expected.asDouble())));
  }

  private static void assertSameTensors(
      List<Tensor> actual, List<Tensor> expected, double absolute, double relative) {
    assertThat(actual.stream().map(tensor -> tensor.name() + " " + tensor.shape()))
        .containsExactlyInAnyOrderElementsOf(
            expected.stream().map(tensor -> tensor.name() + " " + tensor.shape()).toList());
    for (Tensor wanted : expected) {
      Tensor found =
          actual.stream().filter(any -> any.name().equals(wanted.name())).findFirst().orElseThrow();
      assertThat(found.longs()).as(wanted.name()).isEqualTo(wanted.longs());
      if (wanted.floats() != null) {
        for (int i = 0; i < wanted.floats().length; i++) {
          double value = wanted.floats()[i];
          assertThat((double) found.floats()[i])
              .as("%s[%s]", wanted.name(), i)
              .isCloseTo(value, within(absolute + relative * Math.abs(value)));
        }
      }
    }
  }

  private static List<Tensor> tensors(Path file) throws IOException {
    try (InputStream input = Files.newInputStream(file)) {
      return SafeTensors.read(input, Files.size(file), file.toString());
    }
  }
}
