package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lr-find} on real data, and with options that make no sense. */
final class LearningRateCommandTest {
  private static final Path DIGITS = Path.of("..", "deploy", "conf", "digits.yaml");

  @TempDir private Path folder;

  private Outcome find(Path configuration, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "lr-find",
                configuration.toString(),
                "--output",
                folder.resolve("found").toString(),
                "--master",
                "local[2]",
                "--set",
                "training.synchronizer=local"));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private Path moons() throws IOException {
    return Files.writeString(
        folder.resolve("moons.yaml"),
        """
        data: {format: synthetic, name: moons, samples: 200}
        network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
        training: {epochs: 3, batchSize: 32, shards: 2, synchronizer: local}
        """);
  }

  @Test
  void theSuggestionForDigitsTrainsThemInFiveEpochs() throws IOException {
    Outcome outcome = find(DIGITS);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode found = Outcome.json(folder.resolve("found").resolve("lr-find.json"));
    double rate = found.path("suggestedLearningRate").asDouble();
    assertThat(rate).isBetween(3e-4, 0.03);
    String last = outcome.out().lines().reduce((before, after) -> after).orElseThrow();
    assertThat(last).startsWith("suggested learning rate: ");
    assertThat(Double.parseDouble(last.substring(last.indexOf(':') + 1))).isEqualTo(rate);

    int steps = found.path("steps").asInt();
    assertThat(found.path("diverged").asBoolean()).isTrue();
    assertThat(steps).isBetween(100, 499);
    List<String> rows = Files.readAllLines(folder.resolve("found").resolve("lr-find.csv"));
    assertThat(rows).hasSize(1 + steps);
    assertThat(rows.get(1)).startsWith("1,1.0E-6,");
    assertThat(folder.resolve("found").resolve("lr-find.svg")).content().contains("<svg xmlns=");

    JsonNode summary =
        Outcome.train(
            DIGITS,
            folder.resolve("run"),
            "--set",
            "training.synchronizer=local",
            "--set",
            "training.epochs=5",
            "--set",
            "optimizer.learningRate=" + rate);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.93);
  }

  @Test
  void onlyTheFindingsAreWritten() throws IOException {
    Outcome outcome =
        find(
            moons(),
            "--steps",
            "40",
            "--set",
            "schedule={kind: plateau}",
            "--set",
            "training.earlyStopping={metric: train.loss, patience: 1}");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err().lines())
        .hasSize(2)
        .anyMatch(line -> line.contains("schedule, early stopping and validation are off"))
        .anyMatch(line -> line.endsWith("lr-find.svg."));
    try (Stream<Path> files = Files.list(folder.resolve("found"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("lr-find.csv", "lr-find.json", "lr-find.svg");
    }
  }

  @Test
  void theConfiguredRateChangesNothingAndQuietIsQuiet() throws IOException {
    String[] options = {"--steps", "20", "--quiet", "--set", "optimizer.learningRate=0.5"};
    Outcome first = find(moons(), options);
    options[4] = "optimizer.learningRate=1e-9";
    Files.move(folder.resolve("found"), folder.resolve("first"));
    Outcome second = find(moons(), options);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err()).isEmpty();
    assertThat(second).isEqualTo(first);
    assertThat(folder.resolve("found").resolve("lr-find.csv"))
        .hasSameTextualContentAs(folder.resolve("first").resolve("lr-find.csv"));
  }

  @Test
  void numbersBeyondTheFiniteAreTheExpectedEnd() throws IOException {
    Files.writeString(
        folder.resolve("rows.csv"), "x,y\n" + "1000,1\n-2000,2\n3000,3\n-500,4\n".repeat(8));
    Path wild =
        Files.writeString(
            folder.resolve("wild.yaml"),
            """
            data:
              {format: csv, path: rows.csv, options: {header: true}, label: y, task: regression, normalize: none}
            network: {layers: [{kind: dense, units: 1}]}
            optimizer: {kind: sgd}
            training: {epochs: 50, batchSize: 8, shards: 2}
            """);
    Outcome outcome = find(wild, "--from", "1e30", "--to", "1e35");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .contains("The loss diverged after step")
        .endsWith("suggested learning rate: none\n");
    JsonNode found = Outcome.json(folder.resolve("found").resolve("lr-find.json"));
    assertThat(found.path("suggestedLearningRate").isNull()).isTrue();
    assertThat(found.path("steps").asInt()).isLessThan(10);
  }

  @ParameterizedTest
  @CsvSource({
    "--from, 10, --from: 10.0 must be less than --to",
    "--from, 0, --from: 0.0 must be a number above 0",
    "--from, NaN, --from: NaN must be a number above 0",
    "--to, Infinity, --to: Infinity must be a number above 0",
    "--to, -1, --to: -1.0 must be a number above 0",
    "--steps, 1, --steps: 1 must be at least 2",
    "--steps, many, 'many'",
  })
  void optionsThatMakeNoSenseAreUsageErrors(String option, String value, String message)
      throws IOException {
    Outcome outcome = find(moons(), option, value);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message);
    assertThat(outcome.out()).isEmpty();
    assertThat(folder.resolve("found")).doesNotExist();
  }

  @Test
  void aFolderInUseIsRefusedBeforeTheFirstStep() throws IOException {
    Path used = Files.createDirectories(folder.resolve("found")).resolve("results.txt");
    Files.writeString(used, "mine");
    Outcome outcome = find(moons());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("is not empty");
    assertThat(used).hasContent("mine");
  }
}
