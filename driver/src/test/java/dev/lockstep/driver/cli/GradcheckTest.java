package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.check.GradientReport;
import dev.lockstep.trainer.check.TensorCheck;
import dev.lockstep.trainer.check.TensorCheck.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gradient check as a command. */
final class GradcheckTest {
  @TempDir private Path folder;

  private Outcome check(String layers, String... more) throws IOException {
    Path configuration = folder.resolve("check.yaml");
    Files.writeString(
        configuration,
        """
        data: {format: bundled, name: digits, shape: [8, 8, 1]}
        network:
          layers: [%s, {kind: dense, units: 10}]
        regularization: {l2: 0.01}
        training: {batchSize: 32, shards: 3}
        """
            .formatted(layers));
    String[] arguments = new String[4 + more.length];
    arguments[0] = "gradcheck";
    arguments[1] = configuration.toString();
    arguments[2] = "--master";
    arguments[3] = "local[2]";
    System.arraycopy(more, 0, arguments, 4, more.length);
    return Outcome.of(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{kind: dense, units: 20}, relu, {kind: dropout, keep: 0.5} | 3.bias",
        "{kind: conv2d, filters: 4, kernel: 3, padding: same}, batchNorm, relu, {kind: maxPool, size: 2}, flatten | 1.weight",
        "{kind: conv2d, filters: 4, kernel: 3, stride: 2}, {kind: residual, layers: [batchNorm, tanh, {kind: conv2d, filters: 4, kernel: 3, padding: same}]}, globalAveragePool | 1.layers.2.weight"
      })
  void rightGradientsPass(String layers, String tensor) throws IOException {
    Outcome outcome = check(layers);
    assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
    assertThat(outcome.err())
        .contains("Examples of the first mini-batch in use: 16. ")
        .contains("Dropout is off for the check");
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines.get(0)).matches("tensor +checked +difference +verdict");
    assertThat(lines).anyMatch(line -> line.matches(tensor + " +[0-9]+ of [0-9]+ .* agrees"));
    assertThat(lines.get(lines.size() - 1)).matches("overall +[0-9]+ of [0-9]+ +.*e-.* agrees");
    double difference = Double.parseDouble(lines.get(lines.size() - 1).split(" +", -1)[4]);
    assertThat(difference).isLessThan(1e-5);
  }

  @Test
  void quietPrintsTheTableOnly() throws IOException {
    Outcome outcome = check("tanh", "--quiet", "--rows", "3", "--set", "training.shards=1");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out().lines()).hasSize(4);
  }

  @Test
  void wrongOptionsAreUsageErrors() throws IOException {
    Outcome none = check("relu", "--rows", "0");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("--rows: must be at least 1, found 0.");
    Outcome flat = check("{kind: conv2d, filters: 2, kernel: 9}");
    assertThat(flat.code()).isEqualTo(2);
    assertThat(flat.err()).contains("network.layers[0]: kernel: 9 does not fit an input of 8x8x1");
  }

  @Test
  void wrongGradientEndsWithItsOwnCode() {
    PrintStream stdout = System.out;
    PrintStream stderr = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      GradientReport report =
          new GradientReport(
              List.of(
                  new TensorCheck("0.weight", 640, 199, 1, 2e-7, Verdict.AGREES),
                  new TensorCheck("0.bias", 10, 10, 0, 0.3, Verdict.DIFFERS)),
              0.02);
      assertThat(GradcheckCommand.conclude(report, false)).isEqualTo(6);
    } finally {
      System.setOut(stdout);
      System.setErr(stderr);
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            """
            tensor    checked     difference  verdict
            0.weight  199 of 640  2.0e-07     agrees
            0.bias    10 of 10    3.0e-01     differs
            overall   209 of 650  2.0e-02     differs
            """);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(
            "1 of 210 elements were left out",
            "lockstep: the gradient differs from finite differences by more than 1.0E-4 in 0.bias.");
  }
}
