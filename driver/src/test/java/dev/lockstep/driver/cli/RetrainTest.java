package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.registry.ModelRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lockstep retrain}, night after night. */
final class RetrainTest {
  private static final String FIRST = "2026-11-01";
  private static final String SECOND = "2026-11-02";
  private static final String THIRD = "2026-11-03";

  @TempDir private static Path pattern;
  @TempDir private Path place;
  private DailyData daily;

  /** The first night, which every test has behind it. */
  @BeforeAll
  static void firstNight() {
    Outcome outcome = new DailyData(pattern).day(FIRST, 0, 1).retrain(FIRST);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("There was no champion, so the model is the first one.");
  }

  @BeforeEach
  void copy() throws IOException {
    try (var files = Files.walk(pattern)) {
      for (Path file : files.toList()) {
        Path target = place.resolve(pattern.relativize(file));
        if (Files.notExists(target)) {
          Files.copy(file, target);
        }
      }
    }
    daily = new DailyData(place);
  }

  private JsonNode decision(String run) {
    return Outcome.json(daily.run(run).resolve("decision.json"));
  }

  private ModelRegistry registry() {
    return ModelRegistry.at(daily.registry().toString(), new Configuration());
  }

  private void assertChampion(int version, Integer... versions) {
    assertThat(registry().requireChampion().version()).isEqualTo(version);
    assertThat(registry().versions()).containsExactly(versions);
    registry().verified(version);
  }

  @Test
  void theFirstNightPublishesTheFirstVersion() {
    JsonNode decision = decision(FIRST);
    assertThat(decision.path("decision").asText()).isEqualTo("published");
    assertThat(decision.path("runDate").asText()).isEqualTo(FIRST);
    assertThat(decision.path("champion").isNull()).isTrue();
    assertThat(decision.path("challenger").path("version").asInt()).isEqualTo(1);
    assertThat(decision.path("challenger").path("metrics").path("accuracy").asDouble())
        .isGreaterThan(0.9);
    assertThat(decision.path("startedFrom").path("kind").asText()).isEqualTo("cold");
    assertThat(decision.path("checks").path("outcome").asText()).isEqualTo("passed");
    assertChampion(1, 1);
    assertThat(registry().lineage(1).runDate()).isEqualTo(FIRST);
    assertThat(registry().lineage(1).parent()).isNull();
    assertThat(registry().lineage(1).configuration().path("network").path("layers")).hasSize(3);
    assertThat(registry().statistics(1)).isPresent();
  }

  @Test
  void aBetterChallengerIsPublishedOnceForItsDate() throws IOException {
    daily.day(SECOND, 60, 1);
    Outcome outcome = daily.retrain(SECOND);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out().strip()).isEqualTo(daily.run(SECOND).toString());
    assertThat(outcome.err())
        .contains("Training begins with the weights of the champion, v000001.")
        .contains("accuracy of the challenger is");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("published");
    assertThat(decision.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(decision.path("challenger").path("version").asInt()).isEqualTo(2);
    double improvement = decision.path("improvement").asDouble();
    assertThat(improvement)
        .isGreaterThan(0.1)
        .isEqualTo(
            decision.path("challenger").path("metrics").path("accuracy").asDouble()
                - decision.path("champion").path("metrics").path("accuracy").asDouble());
    assertThat(decision.path("startedFrom").path("version").asInt()).isEqualTo(1);
    assertChampion(2, 1, 2);
    assertThat(registry().lineage(2).parent()).isEqualTo(1);
    assertThat(Outcome.json(daily.run(SECOND).resolve("summary.json")).path("notes").toString())
        .contains("weights of the champion, v000001");
    assertThat(registry().decision(SECOND).orElseThrow()).isEqualTo(decision);

    Path summary = daily.run(SECOND).resolve("summary.json");
    Object written = Files.getLastModifiedTime(summary);
    Outcome again = daily.retrain(SECOND);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("It was decided for " + SECOND + " before (published)");
    assertThat(Files.getLastModifiedTime(summary)).isEqualTo(written);
    JsonNode second = decision(SECOND);
    assertThat(second.path("decision").asText()).isEqualTo("alreadyDone");
    assertThat(second.path("decidedBefore").asText()).isEqualTo("published");
    assertThat(second.path("challenger")).isEqualTo(decision.path("challenger"));
    assertChampion(2, 1, 2);
  }

  @Test
  void aChallengerThatIsNotBetterLeavesTheChampion() {
    daily.day(SECOND, 0, 1);
    Outcome outcome =
        daily.retrain(SECOND, "--set", "retraining={minImprovement: 0.2, confidence: 0.95}");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(5);
    assertThat(outcome.err()).contains("with confidence 0.95, which is not above the required 0.2");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("challenger").path("version").isNull()).isTrue();
    assertThat(decision.path("interval").path("lower").asDouble())
        .isLessThanOrEqualTo(decision.path("improvement").asDouble());
    assertChampion(1, 1);

    Outcome again = Outcome.of(daily.arguments(SECOND, "elsewhere"));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(
            Outcome.json(daily.run("elsewhere").resolve("decision.json"))
                .path("decidedBefore")
                .asText())
        .isEqualTo("kept");
    assertThat(daily.run("elsewhere")).isDirectoryNotContaining("glob:**summary.json");
  }

  @Test
  void dataThatFailACheckAreNotTrainedOnAndCanBeReplaced() {
    daily.day(SECOND, 60, 100);
    Outcome outcome = daily.retrain(SECOND);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.err()).contains("did not pass the checks", "Column 'x'");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("failure").asText()).isEqualTo("data");
    assertThat(decision.path("checks").path("outcome").asText()).isEqualTo("failed");
    assertThat(daily.run(SECOND)).isDirectoryNotContaining("glob:**config.yaml");
    assertChampion(1, 1);
    assertThat(registry().decision(SECOND)).isEmpty();

    daily.day(SECOND, 60, 1);
    Outcome again = daily.retrain(SECOND);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(decision(SECOND).path("decision").asText()).isEqualTo("published");
    assertChampion(2, 1, 2);
  }

  @Test
  void whatAChecksWarnsOfIsTold() {
    daily.day(SECOND, 60, 100);
    Outcome outcome =
        daily.retrain(SECOND, "--set", "retraining.checks.psi={warn: 0.1, fail: off}");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("Column 'x' has a population stability index");
    assertThat(decision(SECOND).path("checks").path("outcome").asText()).isEqualTo("warned");
    assertThat(Outcome.json(daily.run(SECOND).resolve("summary.json")).path("notes").toString())
        .contains("population stability index");
  }

  @Test
  void aDivergedRunLeavesTheChampionAndMayBeTriedAgain() {
    daily.day(SECOND, 60, 1);
    Outcome outcome =
        daily.retrain(
            SECOND,
            "--set",
            "optimizer={kind: sgd, learningRate: 1e30}",
            "--set",
            "regularization.l2=1e30");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(4);
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("failure").asText()).isEqualTo("diverged");
    assertThat(decision.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(registry().decision(SECOND)).isEmpty();
    assertChampion(1, 1);

    Outcome again = Outcome.of(daily.arguments(SECOND, "another"));
    assertThat(again.code()).as(again.err()).isZero();
    assertChampion(2, 1, 2);
  }

  @Test
  void aChangedNetworkBeginsAnew() {
    daily.day(SECOND, 60, 1);
    Outcome outcome = daily.retrain(SECOND, "--set", "network.layers[0].units=6");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .contains(
            "The network is not that of the champion, v000001 (network.layers[0].units was 4 and is"
                + " 6): training begins anew.");
    assertThat(decision(SECOND).path("startedFrom").path("kind").asText()).isEqualTo("cold");
    assertThat(registry().lineage(2).parent()).isNull();
    assertThat(registry().lineage(2).replaced()).isEqualTo(1);
  }

  @Test
  void otherInitializersAreNoOtherNetwork() {
    daily.day(SECOND, 60, 1);
    Outcome outcome = daily.retrain(SECOND, "--set", "network.layers[0].initializer=zeros");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(decision(SECOND).path("startedFrom").path("kind").asText()).isEqualTo("warm");
  }

  @Test
  void aPublicationThatWasBrokenOffIsCompletedAndNotRepeated() throws IOException {
    daily.day(SECOND, 60, 1);
    Path pointer = daily.registry().resolve("champion.json");
    byte[] before = Files.readAllBytes(pointer);
    assertThat(daily.retrain(SECOND).code()).isZero();
    Files.write(pointer, before);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    assertChampion(1, 1, 2);

    Outcome again = daily.retrain(SECOND);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("Completed the publication of v000002");
    assertThat(decision(SECOND).path("decision").asText()).isEqualTo("alreadyDone");
    assertChampion(2, 1, 2);
  }

  @Test
  void aRunThatEndedWithoutADecisionIsOnlyDecided() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND, "--set", "retraining.minImprovement=0.9").code()).isEqualTo(5);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    Path model = daily.run(SECOND).resolve("model/model.safetensors");
    Object written = Files.getLastModifiedTime(model);
    Outcome again = daily.retrain(SECOND);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("Goes on with the run for " + SECOND);
    assertThat(Files.getLastModifiedTime(model)).isEqualTo(written);
    assertThat(decision(SECOND).path("startedFrom").path("version").asInt()).isEqualTo(1);
    assertChampion(2, 1, 2);
  }

  @Test
  void aWindowTakesTheDaysThatAreThere() throws IOException {
    daily.day(THIRD, 30, 1);
    String window = "retraining.window={days: 3, missing: skip}";
    Outcome refused = daily.retrain(THIRD, "--set", "retraining.window={days: 3, missing: fail}");
    assertThat(refused.code()).as(refused.err()).isEqualTo(3);
    assertThat(refused.err()).contains("retraining.window: there are no data at", SECOND + ".csv");

    Outcome outcome = daily.retrain(THIRD, "--set", window, "--set", "registry.path=another");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains(SECOND + ".csv, so that day is left out");
    assertThat(Files.readString(daily.run(THIRD).resolve("config.yaml")))
        .contains("data/" + FIRST + ".csv", "data/" + THIRD + ".csv")
        .doesNotContain(SECOND);
    assertThat(decision(THIRD).path("challenger").path("metrics").path("examples").asInt())
        .isEqualTo(240);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "registry=null | registry: missing; retrain needs registry.path",
        "data.test.fraction=0 | data.test: retrain compares models on the test split",
        "retraining.metric=rmse | retraining.metric: rmse is no metric of a classification",
        "data.path=data/2026-11-01.csv | retraining.window: data.path must name the files of a day",
      })
  void whatIsWrongIsSaid(String setting, String told) {
    daily.day(SECOND, 60, 1);
    Outcome outcome =
        setting.startsWith("data.path")
            ? daily.retrain(SECOND, "--set", setting, "--set", "retraining.window.days=2")
            : daily.retrain(SECOND, "--set", setting);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains(told);
    assertChampion(1, 1);
  }

  @Test
  void aRunDateMustFitAFileName() {
    Outcome outcome = daily.retrain("../x");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("The run date must be a date such as", "found '../x'");
  }

  @Test
  void theFolderOfAnotherDateIsNotWrittenTo() {
    daily.day(SECOND, 60, 1);
    Outcome outcome = Outcome.of(daily.arguments(SECOND, FIRST));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains("is not empty");
  }

  @Test
  void aDamagedChampionIsSaidToBeDamaged() throws IOException {
    daily.day(SECOND, 60, 1);
    Path weights = daily.registry().resolve("versions/v000001/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    Outcome outcome = daily.retrain(SECOND);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("Version v000001", "its SHA-256 is not the one");
  }

  @Test
  void theCommandsOfTheRegistry() {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND).code()).isZero();
    String path = daily.registry().toString();
    List<String> table = Outcome.done("registry", "list", path).out().lines().toList();
    assertThat(table).hasSize(3);
    assertThat(table.get(1)).startsWith("v000001 ").contains(FIRST).doesNotContain("champion");
    assertThat(table.get(2)).startsWith("v000002   champion ").contains(SECOND, "accuracy ");

    Outcome rollback = Outcome.done("registry", "rollback", path);
    assertThat(rollback.out().strip()).endsWith("registry/versions/v000001");
    assertThat(rollback.err()).contains("v000001 is the champion of", "in the place of v000002.");
    Outcome twice = Outcome.of("registry", "rollback", path);
    assertThat(twice.code()).isEqualTo(2);
    assertThat(twice.err()).contains("Before v000001 no version");
    assertThat(Outcome.done("registry", "list", path, "--json").out()).contains("\"champion\" : 1");
    assertThat(Outcome.done("registry", "show", path).out())
        .contains("\"version\" : 1", "\"dataFingerprint\"", "\"champion\" : true");
    assertThat(Outcome.done("registry", "show", path, "2").out()).contains("\"parent\" : 1");
    assertThat(Outcome.of("registry", "show", path, "7").code()).isEqualTo(2);

    Outcome evaluated =
        Outcome.done(
            "evaluate",
            path,
            "--data",
            place.resolve("data/" + FIRST + ".csv").toString(),
            "--master",
            "local[2]");
    assertThat(evaluated.outAsJson().path("accuracy").asDouble()).isGreaterThan(0.9);
  }
}
