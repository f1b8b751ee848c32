package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.folder.Folders;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.retraining.Decision;
import dev.lockstep.driver.retraining.RetrainingRun;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.driver.run.StopRequest;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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
    Folders.copy(pattern, place);
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
  void olderRunFoldersGoOnceItIsDecided() {
    daily.day(SECOND, 60, 1);
    Outcome outcome = daily.retrain(SECOND, "--set", "retraining.keepRuns=1");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("Removed 1 older run folder of");
    assertThat(daily.run(FIRST)).doesNotExist();
    assertThat(decision(SECOND).path("decision").asText()).isEqualTo("published");
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
    assertThat(again.code()).as(again.err()).isEqualTo(5);
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
  void operatorsAreToldOfChecksAndDecision() {
    daily.day(SECOND, 60, 1);
    Outcome outcome = daily.retrain(SECOND, "--log-format", "json");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err().lines())
        .anyMatch(line -> line.contains("\"dataChecked\"") && line.contains(SECOND))
        .anyMatch(
            line ->
                line.contains("\"decided\"")
                    && line.contains("\"decision\":\"published\"")
                    && line.contains("\"champion\":2"));
  }

  @Test
  void operatorsAreToldOfANightThatFails() {
    String runDate = "\"runDate\":\"" + SECOND + "\"";
    Outcome noData = daily.retrain(SECOND, "--log-format", "json");
    assertThat(noData.code()).as(noData.err()).isEqualTo(3);
    daily.day(SECOND, 60, 100);
    Outcome suspicious = daily.retrain(SECOND, "--log-format", "json");
    assertThat(suspicious.code()).as(suspicious.err()).isEqualTo(3);
    for (Outcome outcome : List.of(noData, suspicious)) {
      List<String> started = events(outcome, "retrainingStarted");
      assertThat(started).hasSize(1);
      assertThat(started.get(0)).contains(runDate, "\"name\":\"points\"", "\"registry\":");
      List<String> failed = events(outcome, "failed");
      assertThat(failed).as(outcome.err()).hasSize(1);
      assertThat(failed.get(0))
          .contains(runDate, "\"kind\":\"data\"", "\"run\":\"" + daily.run(SECOND) + "\"");
      assertThat(events(outcome, "decided")).isEmpty();
    }
    assertThat(events(suspicious, "dataSuspicious")).hasSize(1);
  }

  private static List<String> events(Outcome outcome, String kind) {
    return outcome
        .err()
        .lines()
        .filter(line -> line.contains("\"event\":\"" + kind + "\""))
        .toList();
  }

  @Test
  void aDivergedRunLeavesTheChampionAndMayBeTriedAgain() {
    daily.day(SECOND, 60, 1);
    Outcome outcome =
        daily.retrain(
            SECOND,
            "--log-format",
            "json",
            "--set",
            "optimizer={kind: sgd, learningRate: 1e30}",
            "--set",
            "regularization.l2=1e30");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(4);
    assertThat(events(outcome, "diverged")).hasSize(1).allMatch(it -> it.contains("\"runDate\""));
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("failure").asText()).isEqualTo("diverged");
    assertThat(decision.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(registry().decision(SECOND)).isEmpty();
    assertChampion(1, 1);

    Outcome same = daily.retrain(SECOND);
    assertThat(same.code()).as(same.err()).isEqualTo(4);
    assertThat(same.err())
        .contains("diverged", "remove the folder or give another --output to train anew")
        .doesNotContain("--force");
    assertThat(decision(SECOND)).as("the first one, which knows more").isEqualTo(decision);
    assertThat(decision.path("checks").path("outcome").asText()).isEqualTo("passed");

    Outcome again = Outcome.of(daily.arguments(SECOND, "another"));
    assertThat(again.code()).as(again.err()).isZero();
    assertChampion(2, 1, 2);
  }

  /** Every step multiplies the weights by 999. */
  @Test
  void nothingIsAdvisedThatTheCommandDoesNotHave() throws IOException {
    daily.day(SECOND, 60, 1);
    Outcome outcome =
        daily.retrain(
            SECOND,
            "--set",
            "optimizer={kind: sgd, learningRate: 1}",
            "--set",
            "regularization.l2=1000",
            "--set",
            "training.checkpoint.everySteps=2");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(4);
    String advice =
        ". Change the configuration or the data, and remove the folder or give another --output to"
            + " train anew.";
    assertThat(outcome.err())
        .contains("The last good checkpoint is", advice)
        .doesNotContain("--force");
    assertThat(decision(SECOND).path("reason").asText()).contains(advice).doesNotContain("--force");
  }

  /** The network has as many outputs as the champion's data have classes. */
  @Test
  void aClassThatTheChampionDoesNotKnowFailsACheck() throws IOException {
    daily.day(SECOND, 60, 1);
    Path file = place.resolve("data/" + SECOND + ".csv");
    Files.writeString(file, Files.readString(file).replaceFirst("right", "rigth"));
    Outcome outcome = daily.retrain(SECOND);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.err()).contains("The label has new classes: rigth.");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("failure").asText()).isEqualTo("data");
    assertThat(decision.path("checks").path("outcome").asText()).isEqualTo("failed");
    assertChampion(1, 1);
  }

  @Test
  void aModelIsNotComparedOnDataThatItWasNotTrainedOn() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND, "--set", "retraining.minImprovement=0.9").code()).isEqualTo(5);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    JsonNode kept = decision(SECOND);
    assertThat(daily.retrain(SECOND, "--set", "data.test.fraction=0.4").code()).isEqualTo(2);
    assertThat(decision(SECOND)).as("what was decided stays").isEqualTo(kept);
    Files.delete(daily.run(SECOND).resolve("decision.json"));

    Outcome otherSplit = daily.retrain(SECOND, "--set", "data.test.fraction=0.4");
    assertThat(otherSplit.code()).as(otherSplit.err()).isEqualTo(2);
    assertThat(otherSplit.err())
        .contains(
            "was configured in another way: data.test.fraction was 0.3 and is 0.4.",
            "remove the folder or give another --output");
    assertThat(decision(SECOND).path("decision").asText()).isEqualTo("kept");
    assertThat(decision(SECOND).path("failure").asText()).isEqualTo("usage");
    assertThat(decision(SECOND).path("reason").asText()).contains("data.test.fraction was 0.3");

    daily.day(SECOND, 61, 1);
    Outcome otherData = daily.retrain(SECOND);
    assertThat(otherData.code()).as(otherData.err()).isEqualTo(3);
    assertThat(otherData.err())
        .contains("was on other data than those that are there now. Restore them");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("failure").asText()).isEqualTo("data");
    assertThat(decision.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(registry().decision(SECOND)).isEmpty();
    assertChampion(1, 1);
  }

  @Test
  void theFolderIsLookedAtWhenItIsThisRunsTurn() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND, "--set", "retraining.minImprovement=0.9").code()).isEqualTo(5);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    Path aside = place.resolve("aside");
    Files.move(daily.run(SECOND), aside);
    try (RunLock turn =
        registry().takeRunDate(SECOND, LockOwner.here(null, null), sentence -> {})) {
      Decision decision = retrain(SECOND, () -> {}, sentence -> endOther(sentence, aside, turn));
      assertThat(decision.kind()).isEqualTo(Decision.Kind.PUBLISHED);
    }
    assertChampion(2, 1, 2);
  }

  @Test
  void theChampionIsShownWhileTheTurnIsWaitedFor() throws IOException {
    List<Object> shown = new ArrayList<>();
    try (RunLock turn = registry().takeRunDate(FIRST, LockOwner.here(null, null), sentence -> {})) {
      Decision decision = retrain(FIRST, () -> {}, sentence -> look(sentence, shown, turn));
      assertThat(decision.kind()).isEqualTo(Decision.Kind.ALREADY_DONE);
    }
    assertThat(shown).containsExactly(1);
  }

  /** Takes down which champion the metrics show, and ends who has the turn. */
  private static void look(String sentence, List<Object> shown, RunLock turn) {
    if (sentence.startsWith("Waiting for another writer")) {
      shown.add(
          SparkEnv.get()
              .metricsSystem()
              .getSourcesByName("lockstep.registry")
              .head()
              .metricRegistry()
              .getGauges()
              .get("champion.version")
              .getValue());
      turn.close();
    }
  }

  @Test
  void aDecisionStaysWhileNobodyKnowsWhatWasDecided() throws IOException {
    JsonNode published = decision(FIRST);
    Files.writeString(daily.registry().resolve("decisions/" + FIRST + ".json"), "{\"decision\": ");
    Outcome outcome = daily.retrain(FIRST);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(decision(FIRST)).isEqualTo(published);

    assertThat(Outcome.of(daily.arguments(FIRST, "elsewhere")).code()).isEqualTo(3);
    assertThat(daily.run("elsewhere")).doesNotExist();
  }

  @Test
  void afterARollbackTheDateIsDecidedAnewIfAsked() {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND).code()).isZero();
    String path = daily.registry().toString();
    Outcome.done("registry", "rollback", path);
    assertChampion(1, 1, 2);
    Outcome same = daily.retrain(SECOND);
    assertThat(same.code()).as(same.err()).isZero();
    assertThat(same.err())
        .contains("before (published)")
        .contains(
            "v000002, is not the champion any more: v000001 serves now. --again decides anew");

    Outcome occupied = daily.retrain(SECOND, "--again");
    assertThat(occupied.code()).as(occupied.err()).isEqualTo(2);
    assertThat(occupied.err())
        .contains("--again: " + daily.run(SECOND) + " holds the training that was decided by")
        .contains("Give another --output to train anew.");
    assertThat(decision(SECOND).path("decision").asText()).isEqualTo("alreadyDone");

    String[] anew = daily.arguments(SECOND, "anew", "--again");
    Outcome again = Outcome.of(anew);
    assertThat(again.code()).as(again.err()).isZero();
    JsonNode decision = decision("anew");
    assertThat(decision.path("decision").asText()).isEqualTo("published");
    assertThat(decision.path("challenger").path("version").asInt()).isEqualTo(3);
    assertThat(decision.path("startedFrom").path("version").asInt()).isEqualTo(1);
    assertThat(registry().decision(SECOND).orElseThrow()).isEqualTo(decision);
    assertChampion(3, 1, 2, 3);

    Outcome repeated = Outcome.of(anew);
    assertThat(repeated.code()).as(repeated.err()).isZero();
    assertThat(decision("anew").path("decision").asText()).isEqualTo("alreadyDone");
    assertChampion(3, 1, 2, 3);

    // The later decision counts, though an earlier one published the newest version.
    String[] kept =
        daily.arguments(SECOND, "kept", "--again", "--set", "retraining.minImprovement=0.9");
    assertThat(Outcome.of(kept).code()).isEqualTo(5);
    Outcome told = Outcome.of(daily.arguments(SECOND, "told"));
    assertThat(told.code()).as(told.err()).isEqualTo(5);
    assertThat(told.err()).contains("before (kept)");
    assertChampion(3, 1, 2, 3);
  }

  @Test
  void decidingAnewGoesOnWhereItWasBrokenOff() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND, "--set", "retraining.minImprovement=0.9").code()).isEqualTo(5);
    byte[] first = Files.readAllBytes(daily.registry().resolve("decisions/" + SECOND + ".json"));
    Path pointer = daily.registry().resolve("champion.json");
    byte[] before = Files.readAllBytes(pointer);
    String[] anew = daily.arguments(SECOND, "anew", "--again");
    assertThat(Outcome.of(anew).code()).isZero();
    Path model = daily.run("anew").resolve("model/model.safetensors");
    Object written = Files.getLastModifiedTime(model);

    // As if it had ended before the version served.
    Files.write(pointer, before);
    Files.write(daily.registry().resolve("decisions/" + SECOND + ".json"), first);
    Files.delete(daily.run("anew").resolve("decision.json"));
    Outcome again = Outcome.of(anew);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("Completed the publication of v000002");
    assertThat(decision("anew").path("decision").asText()).isEqualTo("alreadyDone");
    assertThat(Files.getLastModifiedTime(model)).isEqualTo(written);
    assertChampion(2, 1, 2);
  }

  @Test
  void onlyARunDateIsDecidedAgain() {
    Outcome outcome =
        Outcome.of(
            "retrain",
            daily.configuration().toString(),
            "--again",
            "--set",
            "data.path=" + place.resolve("data/" + FIRST + ".csv"));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains("--again needs a run date");
  }

  @Test
  void aRegistryIsForOneModel() {
    String[] other = {"--set", "name=other"};
    Outcome refused = Outcome.of(daily.arguments(FIRST, "other", other));
    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err())
        .contains("was decided about 'points', and name is 'other'. A registry is for one model")
        .contains("a registry.path of its own", "set name: points.");
    assertThat(daily.run("other")).doesNotExist();

    daily.day(SECOND, 60, 1);
    Outcome warned = daily.retrain(SECOND, other);
    assertThat(warned.code()).as(warned.err()).isZero();
    String warning = "The champion, v000001, was trained as 'points', and this is 'other'.";
    assertThat(warned.err()).contains(warning);
    assertThat(decision(SECOND).path("warnings").toString()).contains(warning);
  }

  /** Retrains within the test, which is called when the steps begin and with each sentence. */
  private Decision retrain(String date, Runnable atSteps, Consumer<String> messages)
      throws IOException {
    try (SparkSession session = SparkStart.start("test", "local[2]", Map.of())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      return new RetrainingRun(
              spark,
              ConfigurationFile.read(
                  daily.configuration().toString(),
                  List.of("retraining.runDate=\"" + date + "\""),
                  new CommonOptions()),
              day -> {
                throw new AssertionError("There is no window.");
              },
              RunFolder.at(daily.run(date).toString(), spark.hadoopConfiguration()),
              StartMode.NEW,
              steps -> {
                atSteps.run();
                return ProgressPrinter.notesOnly(System.err);
              },
              StopRequest.NEVER,
              messages,
              EventLog.NONE)
          .execute()
          .orElseThrow();
    }
  }

  @Test
  void whoBecomesChampionWhileModelsAreComparedIsComparedWith() throws IOException {
    daily.day(SECOND, 60, 1).day(THIRD, 120, 1);
    Path pointer = daily.registry().resolve("champion.json");
    byte[] first = Files.readAllBytes(pointer);
    assertThat(daily.retrain(SECOND).code()).isZero();
    List<String> told = new ArrayList<>();
    // Seen from now on, and until the registry is written to, as broken off before its last step.
    Decision decision = retrain(THIRD, () -> replace(pointer, first), told::add);
    assertThat(told).contains("Another model has become champion meanwhile, so that one counts.");
    assertThat(decision.kind()).isEqualTo(Decision.Kind.PUBLISHED);
    assertThat(decision(THIRD).path("champion").path("version").asInt()).isEqualTo(2);
    assertThat(registry().lineage(3).replaced()).isEqualTo(2);
    assertChampion(3, 1, 2, 3);
  }

  /** What is no fault of the data is told too, once there is a folder to tell it in. */
  @ParameterizedTest
  @EnumSource(
      value = ErrorKind.class,
      names = {"RESOURCE", "INTERNAL"})
  void everyFailureThatLeavesAFolderLeavesADecision(ErrorKind kind) {
    daily.day(SECOND, 60, 1);
    assertThatThrownBy(
            () ->
                retrain(
                    SECOND,
                    () -> {
                      throw new LockstepException(kind, "The cluster is gone.");
                    },
                    sentence -> {}))
        .isInstanceOf(LockstepException.class);
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("failure").asText()).isEqualTo(kind.name().toLowerCase(Locale.ROOT));
    assertThat(decision.path("reason").asText()).isEqualTo("The cluster is gone.");
    assertThat(decision.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(decision.path("challenger").path("version").isNull()).isTrue();
    assertThat(registry().decision(SECOND)).isEmpty();
    assertChampion(1, 1);
  }

  @Test
  void aFolderThatAnotherProcessHasIsNotWrittenTo() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND, "--set", "retraining.minImprovement=0.9").code()).isEqualTo(5);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    Files.delete(daily.run(SECOND).resolve("summary.json"));
    Files.delete(daily.run(SECOND).resolve("decision.json"));
    RunFolder folder = RunFolder.at(daily.run(SECOND).toString(), new Configuration());
    LockOwner other = LockOwner.here("another application", 1);
    try (RunLock held = RunLock.acquire(folder, other, LockTimes.DEFAULT, sentence -> {})) {
      assertThat(daily.retrain(SECOND).code()).isEqualTo(2);
      held.confirmHeld();
      assertThat(daily.run(SECOND).resolve("decision.json")).doesNotExist();
    }
  }

  /** The training has its data in memory; only the champion's score reads them again. */
  @Test
  void aFileThatIsReplacedAfterTheTrainingIsNoticed() throws IOException {
    daily.day(SECOND, 60, 1);
    Path file = place.resolve("data/" + SECOND + ".csv");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(7, "9.5,9.5," + lines.get(7).substring(lines.get(7).lastIndexOf(',') + 1));
    byte[] replaced = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> retrain(SECOND, () -> replace(file, replaced), sentence -> {}))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining(
            "The data changed between training and comparison: " + file + " holds other rows");
    JsonNode decision = decision(SECOND);
    assertThat(decision.path("decision").asText()).isEqualTo("kept");
    assertThat(decision.path("failure").asText()).isEqualTo("data");
    assertThat(registry().decision(SECOND)).isEmpty();
    assertChampion(1, 1);
  }

  @Test
  void aTrainingThatWasBrokenOffDoesNotGoOnWithOtherData() throws IOException {
    daily.day(SECOND, 60, 1);
    String[] checkpoints = {"--set", "training.checkpoint.everySteps=10"};
    assertThat(
            daily
                .retrain(
                    SECOND,
                    checkpoints[0],
                    checkpoints[1],
                    "--set",
                    "retraining.minImprovement=0.9")
                .code())
        .isEqualTo(5);
    Files.delete(daily.registry().resolve("decisions/" + SECOND + ".json"));
    Files.delete(daily.run(SECOND).resolve("summary.json"));
    assertThat(daily.run(SECOND).resolve("checkpoints")).isNotEmptyDirectory();
    Files.delete(daily.run(SECOND).resolve("decision.json"));
    daily.day(SECOND, 61, 1);
    Outcome outcome = daily.retrain(SECOND, checkpoints);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.err())
        .contains(
            "was on other data than those that are there now. Restore them, or remove the folder")
        .doesNotContain("--force", "--resume:");
    assertThat(decision(SECOND).path("failure").asText()).isEqualTo("data");
  }

  private static void replace(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  @Test
  void whatMayHaveBeenSeenBeforeIsWarnedOf() {
    daily.day(SECOND, 60, 1).day(THIRD, 60, 1);
    assertThat(daily.retrain(SECOND).code()).isZero();
    assertThat(decision(SECOND).path("warnings")).isEmpty();
    String file = place.resolve("data/" + SECOND + ".csv").toString();
    String warning = "the champion may have been trained on some of its rows.";
    List<String> settings = List.of("retraining.window={days: 2}", "data.path=" + file);
    for (int i = 0; i < settings.size(); i++) {
      Outcome outcome = Outcome.of(daily.arguments(THIRD, "warned" + i, "--set", settings.get(i)));
      assertThat(outcome.code()).as(outcome.err()).isIn(0, 5);
      JsonNode decision = Outcome.json(daily.run("warned" + i).resolve("decision.json"));
      assertThat(decision.path("decision").asText()).isNotEqualTo("alreadyDone");
      assertThat(outcome.err()).contains(file, warning);
      assertThat(decision.path("warnings").toString()).contains(warning);
      forget(THIRD);
    }
  }

  /** As if nothing had been decided for the date, and the second version were the champion. */
  private void forget(String date) {
    try {
      Files.delete(daily.registry().resolve("decisions/" + date + ".json"));
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    if (registry().requireChampion().version() != 2) {
      Outcome.done("registry", "rollback", daily.registry().toString(), "2");
    }
  }

  @Test
  void anAttemptThatIsRepeatedWithoutARunDatePublishesOnce() throws IOException {
    String[] arguments = {
      "retrain",
      daily.configuration().toString(),
      "--output",
      daily.run("undated").toString(),
      "--master",
      "local[2]",
      "--set",
      "data.path=" + place.resolve("data/" + SECOND + ".csv")
    };
    daily.day(SECOND, 60, 1);
    assertThat(Outcome.of(arguments).code()).isZero();
    assertChampion(2, 1, 2);

    String[] resumed = Arrays.copyOf(arguments, arguments.length + 1);
    resumed[arguments.length] = "--resume";
    Outcome again = Outcome.of(resumed);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("was decided for", "before (published)");
    assertThat(decision("undated").path("decision").asText()).isEqualTo("alreadyDone");
    assertChampion(2, 1, 2);

    // A folder that was emptied, or that another machine has by the same name, holds no such run.
    Files.move(daily.run("undated"), place.resolve("moved"));
    daily.day(SECOND, 120, 1);
    Outcome emptied = Outcome.of(resumed);
    assertThat(emptied.code()).as(emptied.err()).isZero();
    assertThat(decision("undated").path("decision").asText()).isEqualTo("published");
    assertChampion(3, 1, 2, 3);
  }

  @Test
  void noSecretIsPublished() throws IOException {
    String secret = "Xk39-vault-Qz71";
    daily.day(SECOND, 60, 1);
    Outcome outcome =
        daily.retrain(SECOND, "--set", "data.options={header: true, password: " + secret + "}");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out() + outcome.err()).doesNotContain(secret);
    assertThat(registry().lineage(2).configuration().at("/data/options/password").asText())
        .startsWith("${LOCKSTEP_SECRET_");
    for (Path folder : List.of(daily.registry(), daily.run(SECOND))) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
              .as(file.toString())
              .doesNotContain(secret);
        }
      }
    }
  }

  /** What the process that had its turn before leaves behind. */
  private void endOther(String sentence, Path left, RunLock turn) {
    if (sentence.startsWith("Waiting for another writer")) {
      try {
        Files.move(left, daily.run(SECOND));
      } catch (IOException unwritable) {
        throw new UncheckedIOException(unwritable);
      }
      turn.close();
    }
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
  void aRollbackDoesNotTakeBackWhatNobodyHasSeenServing() throws IOException {
    daily.day(SECOND, 60, 1);
    Path pointer = daily.registry().resolve("champion.json");
    byte[] before = Files.readAllBytes(pointer);
    assertThat(daily.retrain(SECOND).code()).isZero();
    Files.write(pointer, before);

    Outcome rollback = Outcome.of("registry", "rollback", daily.registry().toString());
    assertThat(rollback.code()).as(rollback.err()).isEqualTo(2);
    assertThat(rollback.err())
        .contains("v000002 has become the champion of", "so nothing was rolled back.");
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
    assertThat(decision(THIRD).path("decision").asText()).isEqualTo("kept");
    assertThat(decision(THIRD).path("failure").asText()).isEqualTo("data");

    Outcome outcome = daily.retrain(THIRD, "--set", window, "--set", "registry.path=another");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains(SECOND + ".csv, so that day is left out");
    assertThat(Files.readString(daily.run(THIRD).resolve("config.yaml")))
        .contains("data/" + FIRST + ".csv", "data/" + THIRD + ".csv")
        .doesNotContain(SECOND);
    assertThat(decision(THIRD).path("challenger").path("metrics").path("examples").asInt())
        .isEqualTo(240);

    // What was decided needs no data any more.
    Files.delete(place.resolve("data/" + FIRST + ".csv"));
    Outcome again =
        daily.retrain(
            THIRD,
            "--set",
            "retraining.window={days: 3, missing: fail}",
            "--set",
            "registry.path=another");
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(decision(THIRD).path("decision").asText()).isEqualTo("alreadyDone");
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
    assertThat(daily.run(SECOND).resolve("config.yaml")).as("nothing is trained").doesNotExist();
    assertChampion(1, 1);
  }

  @Test
  void aMetricThatCannotDecideIsRefusedOnTheFirstNightToo() {
    Outcome outcome =
        Outcome.of(
            daily.arguments(
                FIRST,
                "first",
                "--set",
                "registry.path=another",
                "--set",
                "retraining.metric=rmse"));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains("retraining.metric: rmse is no metric of a classification");
  }

  @Test
  void aRunDateMustFitAFileName() {
    Outcome outcome = daily.retrain("../x");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("The run date must be a date such as", "found '../x'");
  }

  @Test
  void aFolderOfSomethingElseIsNotWrittenTo() throws IOException {
    daily.day(SECOND, 60, 1);
    Outcome outcome = Outcome.of(daily.arguments(SECOND, FIRST));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains("holds the run for " + FIRST + ", not for " + SECOND);
    assertThat(Outcome.of(daily.arguments(SECOND, FIRST, "--resume")).code()).isEqualTo(2);
    Path foreign = daily.run("foreign").resolve("thesis.txt");
    Files.createDirectories(foreign.getParent());
    Files.writeString(foreign, "all of it");
    Outcome other = Outcome.of(daily.arguments(SECOND, "foreign"));
    assertThat(other.code()).as(other.err()).isEqualTo(2);
    assertThat(other.err()).contains("is not empty");

    Path decision = daily.run("foreign").resolve("decision.json");
    Files.writeString(decision, "to stay");
    for (String date : List.of(FIRST, SECOND)) {
      Outcome resumed = Outcome.of(daily.arguments(date, "foreign", "--resume"));
      assertThat(resumed.code()).as(resumed.err()).isEqualTo(2);
      assertThat(Outcome.of(daily.arguments(date, "foreign")).code()).isEqualTo(2);
    }
    assertThat(decision).hasContent("to stay");
    assertThat(daily.run("foreign")).isDirectoryContaining("glob:**thesis.txt");
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
  void theCommandsOfTheRegistry() throws IOException {
    daily.day(SECOND, 60, 1);
    assertThat(daily.retrain(SECOND).code()).isZero();
    String path = daily.registry().toString();
    List<String> table = Outcome.done("registry", "list", path).out().lines().toList();
    assertThat(table).hasSize(3);
    assertThat(table.get(1)).startsWith("v000001 ").contains(FIRST).doesNotContain("champion");
    assertThat(table.get(2)).startsWith("v000002   champion ").contains(SECOND, "accuracy ");

    Outcome rollback = Outcome.done("registry", "rollback", path, "--log-format", "json");
    assertThat(events(rollback, "rolledBack")).hasSize(1);
    assertThat(events(rollback, "rolledBack").get(0))
        .contains("\"champion\":1", "\"before\":2", "\"registry\":\"" + path + "\"");
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

    // What a publisher is at, or was when it ended.
    Files.createDirectory(daily.registry().resolve("versions/v000003"));
    assertThat(Outcome.done("registry", "list", path).out())
        .containsPattern("v000003 +not published yet");
    assertThat(Outcome.done("registry", "list", path, "--json").out())
        .containsPattern("\"version\" : 3,\\s+\"published\" : false");
    assertThat(Outcome.done("registry", "rollback", path, "2").err()).contains("Removed v000003");

    // Where it is lost which one serves, a person is to choose and needs all there is to know.
    Files.delete(daily.registry().resolve("champion.json"));
    Outcome lost = Outcome.done("registry", "list", path);
    assertThat(lost.err()).contains("champion.json is gone", "'registry rollback PATH VERSION'");
    assertThat(lost.out())
        .contains(FIRST, SECOND)
        .containsPattern("v000002 .*accuracy ")
        .doesNotContain("champion", "not published");
    assertThat(Outcome.of("registry", "rollback", path).code()).isEqualTo(3);
    assertThat(Outcome.done("registry", "rollback", path, "1").err())
        .contains("v000001 is the champion of");
    assertThat(Outcome.done("registry", "list", path).out()).containsPattern("v000001 +champion");
  }
}
