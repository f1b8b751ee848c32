package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** {@code lockstep tune}, as its user sees it. */
final class TuneTest {
  private static final int MANY = 16;

  @TempDir private Path folder;

  private Path digits(String settings, String... parameters) throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            name: small
            data: {format: bundled, name: digits, validation: {fraction: 0.2}, test: {fraction: 0.2}}
            network: {layers: [{kind: dense, units: 16}, relu, {kind: dense, units: 10}]}
            optimizer: {kind: adam}
            training: {epochs: 4, batchSize: 64, shards: 2, synchronizer: local}
            tuning:
            """);
    settings.lines().forEach(line -> text.append("  ").append(line).append('\n'));
    text.append("  parameters:\n");
    for (String parameter : parameters) {
      text.append("    ").append(parameter).append('\n');
    }
    return Files.writeString(folder.resolve("small.yaml"), text);
  }

  private Path rates(String settings) throws IOException {
    return digits(settings, "optimizer.learningRate: {scale: log, from: 1e-4, to: 1}");
  }

  private String[] arguments(Path configuration, String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "tune",
                configuration.toString(),
                "--output",
                folder.resolve(output).toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private Outcome tune(Path configuration, String output, String... more) {
    return Outcome.of(arguments(configuration, output, more));
  }

  private String text(String output, String file) throws IOException {
    return Files.readString(folder.resolve(output).resolve(file));
  }

  /** The lines of {@code trials.jsonl} without their times. */
  private List<JsonNode> trials(String output) throws IOException {
    List<JsonNode> trials = new ArrayList<>();
    for (String line : text(output, "trials.jsonl").lines().toList()) {
      ObjectNode record = (ObjectNode) Outcome.JSON.readTree(line);
      record.remove("seconds");
      trials.add(record);
    }
    return trials;
  }

  private static double accuracy(JsonNode record) {
    return record.path("validation").path("accuracy").asDouble();
  }

  @Test
  void randomTrialsFindARateAtLeastAsGoodAsTheDefault() throws IOException {
    Path configuration = rates("trials: " + MANY + "\nparallel: 2");
    Outcome outcome = tune(configuration, "search");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode asConfigured = Outcome.train(configuration, folder.resolve("default"));
    JsonNode tuning = Outcome.json(folder.resolve("search").resolve("tuning.json"));
    JsonNode best = tuning.path("ranking").get(0);
    assertThat(tuning.path("ranking")).hasSize(MANY);
    assertThat(best.path("value").asDouble()).isGreaterThanOrEqualTo(accuracy(asConfigured));

    // The table is on stdout, best first, with the configuration to train below it.
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines).hasSize(MANY + 2);
    assertThat(lines.get(0)).contains("rank", "trial", "validation.accuracy");
    assertThat(lines.get(1).strip()).startsWith("1 ").contains("completed");
    Path ready = folder.resolve("search").resolve("best.yaml");
    assertThat(lines.get(MANY + 1)).isEqualTo(ready.toString());
    assertThat(outcome.err().lines().filter(line -> line.contains(" completed after epoch 4")))
        .hasSize(MANY);

    // Training it gives the trial's bits, from anywhere, with the test split that no trial knew.
    JsonNode trained = Outcome.train(ready, folder.resolve("trained"));
    JsonNode trial =
        Outcome.json(
            folder
                .resolve("search")
                .resolve("trials/%03d/summary.json".formatted(best.path("trial").asInt())));
    assertThat(trained.path("parametersSha256")).isEqualTo(trial.path("parametersSha256"));
    assertThat(trained.path("test").path("accuracy").isNumber()).isTrue();
    assertThat(trial.path("test").isMissingNode()).isTrue();
    assertThat(Files.readString(ready)).startsWith("# Trial ").doesNotContain("tuning:");
    assertThat(folder.resolve("search/trials/001")).isDirectoryContaining("glob:**/report.html");
    assertThat(folder.resolve("search/trials/001/model")).doesNotExist();
    assertThat(text("search", "report.html")).contains("<svg", "trials/001/report.html");
    assertThat(text("search", "parallel-coordinates.svg")).startsWith("<svg");
    assertThat(text("search", "ranking.csv").lines()).hasSize(MANY + 1);
  }

  @ParameterizedTest
  @CsvSource({"''", "'halving: {factor: 2, minEpochs: 1}'"})
  void howManyRunAtOnceChangesNothing(String halving) throws IOException {
    Path configuration = rates("trials: 6\n" + halving);
    assertThat(tune(configuration, "one").code()).isZero();
    assertThat(tune(configuration, "three", "--set", "tuning.parallel=3").code()).isZero();
    assertThat(trials("three")).isEqualTo(trials("one"));
    assertThat(text("three", "ranking.csv")).isEqualTo(text("one", "ranking.csv"));
    assertThat(text("three", "best.yaml")).isEqualTo(text("one", "best.yaml"));
  }

  @ParameterizedTest
  @CsvSource({"''", "'halving: {factor: 2, minEpochs: 3}'"})
  void aTrialIsRankedByTheWeightsItEndsWith(String halving) throws IOException {
    Path configuration = rates("trials: 2\n" + halving);
    String[] early = {
      "--set", "training.validateEveryEpochs=3",
      "--set", "training.earlyStopping={metric: train.loss, patience: 1, minDelta: 1e6}"
    };
    Outcome outcome = tune(configuration, "early", early);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    for (JsonNode trial : trials("early")) {
      assertThat(trial.path("status").asText()).isEqualTo("stoppedEarly");
      assertThat(trial.path("value").isNumber()).isTrue();
      assertThat(trial.path("value").asDouble()).isEqualTo(accuracy(trial));
    }
  }

  @Test
  void theClusterGivesTheSameBits() throws IOException {
    Path configuration = rates("trials: 3\nparallel: 3");
    assertThat(tune(configuration, "local").code()).isZero();
    String[] tree = {"--set", "training.synchronizer=tree"};
    assertThat(tune(configuration, "tree", tree).code()).isZero();
    assertThat(trials("tree")).isEqualTo(trials("local"));
  }

  @Test
  void trialsSideBySideMeasureNothingAndCannotHoldTheCluster() throws IOException {
    Path configuration = rates("trials: 2\nparallel: 2");
    String[] auto = {"--set", "training.synchronizer=auto"};
    Outcome outcome = tune(configuration, "auto", auto);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .containsOnlyOnce(
            "synchronizer auto: took local for all trials, since trials that train side by side"
                + " cannot be measured.");
    assertThat(text("auto", "trials/001/config.yaml")).contains("synchronizer: auto");
    assertThat(text("auto", "trials/001/summary.json")).contains("\"synchronizer\" : \"local\"");

    Outcome refused = tune(configuration, "no", "--set", "training.synchronizer=barrier");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("training.synchronizer: 'barrier'", "tuning.parallel is 2");
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void halvingTrainsFewTrialsToTheEnd() throws IOException {
    Path configuration = rates("trials: 8\nparallel: 2\nhalving: {factor: 2, minEpochs: 1}");
    Outcome outcome = tune(configuration, "halved");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    List<JsonNode> trials = trials("halved");
    assertThat(trials).extracting(trial -> trial.path("rung").asInt()).isSorted();
    assertThat(trials).filteredOn(trial -> trial.path("rung").asInt() == 1).hasSize(8);
    assertThat(trials).filteredOn(trial -> trial.path("rung").asInt() == 2).hasSize(4);
    assertThat(trials).filteredOn(trial -> trial.path("rung").asInt() == 3).hasSize(2);
    JsonNode ranking = Outcome.json(folder.resolve("halved/tuning.json")).path("ranking");
    assertThat(ranking).extracting(trial -> trial.path("status").asText()).startsWith("completed");
    assertThat(ranking)
        .extracting(trial -> trial.path("epochs").asInt())
        .containsExactly(4, 4, 2, 2, 1, 1, 1, 1);

    // What trained in legs has the bits of what trained at once.
    assertThat(tune(configuration, "whole", "--set", "tuning.halving=null").code()).isZero();
    String best = "trials/%03d/".formatted(ranking.get(0).path("trial").asInt());
    JsonNode inLegs = Outcome.json(folder.resolve("halved").resolve(best + "summary.json"));
    JsonNode atOnce = Outcome.json(folder.resolve("whole").resolve(best + "summary.json"));
    assertThat(inLegs.path("parametersSha256")).isEqualTo(atOnce.path("parametersSha256"));
    assertThat(Outcome.metrics(folder.resolve("halved").resolve(best), "step"))
        .hasSameSizeAs(Outcome.metrics(folder.resolve("whole").resolve(best), "step"));
  }

  @ParameterizedTest
  @CsvSource({"'', 3", "'halving: {factor: 2, minEpochs: 1}', 8"})
  void aSearchThatWasKilledEndsWithTheSameRanking(String halving, int linesBeforeDeath)
      throws IOException, InterruptedException {
    Path configuration = rates("trials: 8\nseed: 3\n" + halving);
    // Long enough that the killing surely comes before the end.
    String[] longer = {"--set", "training.epochs=12"};
    Process child =
        OwnProcess.start(folder.resolve("child.log"), arguments(configuration, "killed", longer));
    Path journal = folder.resolve("killed/trials.jsonl");
    OwnProcess.await(child, () -> linesOf(journal) >= linesBeforeDeath);
    child.destroyForcibly().waitFor();
    assertThat(folder.resolve("killed/tuning.json"))
        .as(Files.readString(folder.resolve("child.log")))
        .doesNotExist();
    // The last line as a file system that tears lines would leave it.
    if (Files.exists(journal)) {
      Files.writeString(journal, Files.readString(journal) + "{\"trial\":7,\"stat");
    }

    Outcome again =
        tune(configuration, "killed", longer[0], longer[1], "--set", "tuning.parallel=2");
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("is known");
    assertThat(tune(configuration, "whole", longer).code()).isZero();
    assertThat(text("killed", "ranking.csv")).isEqualTo(text("whole", "ranking.csv"));
    assertThat(trials("killed")).isEqualTo(trials("whole"));
    assertThat(text("killed", "best.yaml")).isEqualTo(text("whole", "best.yaml"));
  }

  private static int linesOf(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return (int) lines.count();
    } catch (IOException notThereAtTheMoment) {
      return 0;
    }
  }

  @Test
  void operatorsAreToldOfTheSearchAndOfEachTrial() throws IOException {
    Outcome outcome = tune(rates("trials: 3\nparallel: 2"), "search", "--log-format", "json");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    List<JsonNode> events = new ArrayList<>();
    for (String line : outcome.err().lines().toList()) {
      JsonNode event = Outcome.JSON.readTree(line);
      if (!event.path("event").asText().equals("message")) {
        events.add(event);
      }
    }
    assertThat(events)
        .extracting(event -> event.path("event").asText())
        .containsExactly(
            "searchStarted", "trialEnded", "trialEnded", "trialEnded", "searchCompleted");
    assertThat(events.get(0).path("trials").asInt()).isEqualTo(3);
    JsonNode best =
        Outcome.json(folder.resolve("search").resolve("tuning.json")).path("ranking").get(0);
    JsonNode end = events.get(4);
    assertThat(end.path("metric").asText()).isEqualTo("validation.accuracy");
    assertThat(end.path("bestTrial")).isEqualTo(best.path("trial"));
    assertThat(end.path("score").asDouble()).isEqualTo(best.path("value").asDouble());
    assertThat(events.subList(1, 4))
        .filteredOn(event -> event.path("trial").equals(best.path("trial")))
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.path("status").asText()).isEqualTo("completed");
              assertThat(event.path("score").asDouble()).isEqualTo(best.path("value").asDouble());
              assertThat(event.path("epoch").asInt()).isEqualTo(4);
            });
  }

  @Test
  void aFinishedSearchSaysSoAndAnotherOneIsRefused() throws IOException {
    Path configuration = rates("trials: 2");
    Outcome first = tune(configuration, "search");
    assertThat(first.code()).as(first.err()).isZero();
    Outcome again = tune(configuration, "search");
    assertThat(again.code()).isZero();
    assertThat(again.out()).isEqualTo(first.out());
    assertThat(again.err()).contains("is finished").doesNotContain("after epoch");

    Outcome other = tune(configuration, "search", "--set", "training.epochs=5");
    assertThat(other.code()).isEqualTo(ExitCode.USAGE);
    assertThat(other.err()).contains("training.epochs is 4 there and 5 now");
    Path run = folder.resolve("search");
    Outcome train = Outcome.of("train", configuration.toString(), "--output", run.toString());
    assertThat(train.code()).isEqualTo(ExitCode.USAGE);

    // Trials of another search, in whatever way they got there.
    Path journal = run.resolve("trials.jsonl");
    Files.delete(run.resolve("tuning.json"));
    Files.writeString(
        journal,
        Files.readString(journal).replaceFirst("\"optimizer.learningRate\":", "\"other\":"));
    assertThat(tune(configuration, "search").code()).isEqualTo(ExitCode.DATA);
  }

  @Test
  void aTrialThatItsLastUpdateRuinsHasDiverged() throws IOException {
    Path configuration =
        digits(
            "search: grid", "optimizer: {choice: [{kind: sgd, learningRate: 1e30}, {kind: adam}]}");
    Outcome outcome =
        tune(configuration, "search", "--set", "training.epochs=null", "--set", "training.steps=1");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode last = Outcome.json(folder.resolve("search/tuning.json")).path("ranking").get(1);
    assertThat(last.path("trial").asInt()).isEqualTo(1);
    assertThat(last.path("status").asText()).isEqualTo("diverged");
    assertThat(last.path("value").isNull()).isTrue();
  }

  @Test
  void aFolderWithSomethingElseIsRefused() throws IOException {
    Files.createDirectories(folder.resolve("full"));
    Files.writeString(folder.resolve("full/notes.txt"), "mine");
    Outcome outcome = tune(rates("trials: 2"), "full");
    assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
    assertThat(outcome.err()).contains("is not empty");
  }

  /** A rate of 1e30 overflows; the other trials are not troubled. */
  @Test
  void aTrialThatDivergesComesLast() throws IOException {
    Path configuration =
        digits(
            "search: grid\nparallel: 2\nhalving: {factor: 2, minEpochs: 1}",
            "optimizer: {choice: [{kind: sgd, learningRate: 1e30}, {kind: adam}, sgd]}");
    Outcome outcome = tune(configuration, "search");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode ranking = Outcome.json(folder.resolve("search/tuning.json")).path("ranking");
    assertThat(ranking).extracting(trial -> trial.path("trial").asInt()).containsExactly(2, 3, 1);
    assertThat(ranking.get(2).path("status").asText()).isEqualTo("diverged");
    assertThat(ranking.get(2).path("value").isNull()).isTrue();

    Outcome hopeless = tune(configuration, "all", "--set", "tuning.trials=1");
    assertThat(hopeless.code()).isEqualTo(ExitCode.DIVERGED);
    assertThat(hopeless.err()).contains("no trial ended with a finite validation.accuracy");
    assertThat(folder.resolve("all/best.yaml")).doesNotExist();
  }

  /** Trials that change the data prepare their own. */
  @Test
  void dataAndLossesCanVaryToo() throws IOException {
    Path configuration =
        digits(
            "search: grid\nmetric: validation.loss",
            "data.normalize: {choice: [standard, minMax]}",
            "training.shards: {choice: [2, 3]}");
    Outcome outcome = tune(configuration, "search", "--set", "training.epochs=1", "--quiet");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).isEmpty();
    JsonNode ranking = Outcome.json(folder.resolve("search/tuning.json")).path("ranking");
    assertThat(ranking).extracting(trial -> trial.path("value").asDouble()).isSorted();
    assertThat(text("search", "trials/004/config.yaml")).contains("normalize: minMax", "shards: 3");
  }

  /** With early stopping a trial counts as its best epoch does. */
  @Test
  void earlyStoppingCountsTheBestEpoch() throws IOException {
    Path configuration = rates("trials: 3\nmetric: validation.loss");
    String[] more = {
      "--set", "training.earlyStopping={metric: validation.loss, patience: 1}",
      "--set", "optimizer.kind=sgd",
      "--set", "tuning.parameters={optimizer.learningRate: {choice: [0.1, 0.5, 3]}}"
    };
    Outcome outcome = tune(configuration, "search", more);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    for (JsonNode trial : trials("search")) {
      Path run = folder.resolve("search/trials/%03d".formatted(trial.path("trial").asInt()));
      double lowest =
          Outcome.metrics(run, "epoch").stream()
              .mapToDouble(epoch -> epoch.path("validation").path("loss").asDouble())
              .min()
              .orElseThrow();
      if (!trial.path("status").asText().equals("diverged")) {
        assertThat(trial.path("value").asDouble()).isEqualTo(lowest);
        assertThat(trial.path("validation").path("loss").asDouble()).isEqualTo(lowest);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "optimizer.lerningRate: {choice: [1]} | optimizer.lerningRate",
        "network.layers[7].units: {choice: [1]} | network.layers has the entries",
        "network.layers[0].units: {scale: integer, from: 0, to: 9} | network.layers[0].units=0",
        "optimizer.learningRate: {scale: linear, from: -1, to: 1} | optimizer.learningRate=-1",
        "network.layers[2].units: {choice: [10, 11]} | needs 10",
        "training.batchSize: {scale: linear, from: 1, to: 2} | a whole number"
      })
  void whatCannotWorkIsSaidBeforeTheFirstTrial(String parameter, String part) throws IOException {
    Outcome outcome = tune(digits("trials: 2", parameter), "search");
    assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
    assertThat(outcome.err()).contains("tuning.parameters: ").contains(part);
    assertThat(folder.resolve("search")).doesNotExist();
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    Path configuration = rates("trials: 2");
    Outcome none = tune(configuration, "search", "--set", "tuning=null");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("tuning: missing");
    Outcome noSplit = tune(configuration, "search", "--set", "data.validation.fraction=0");
    assertThat(noSplit.code()).isEqualTo(ExitCode.USAGE);
    assertThat(noSplit.err()).contains("tuning.metric: 'validation.accuracy' needs a validation");
    assertThat(folder.resolve("search")).doesNotExist();
  }

  @Test
  void theExampleFindsAGoodNetwork() {
    Path example = Path.of("..", "deploy", "conf", "digits-tune.yaml");
    Outcome outcome = tune(example, "example");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode ranking = Outcome.json(folder.resolve("example/tuning.json")).path("ranking");
    assertThat(ranking.get(0).path("value").asDouble()).isGreaterThanOrEqualTo(0.95);
  }
}
