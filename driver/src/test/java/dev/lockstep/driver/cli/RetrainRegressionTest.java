package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.registry.ModelRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code lockstep retrain} where a number is predicted, from a window of two days: what is smaller
 * is better.
 */
final class RetrainRegressionTest {
  private static final int ROWS = 300;
  private static final String FIRST = "2026-11-01";
  private static final String SECOND = "2026-11-02";
  private static final String THIRD = "2026-11-03";

  @TempDir private Path place;

  @BeforeEach
  void configure() throws IOException {
    Files.createDirectories(place.resolve("data"));
    Files.createDirectories(place.resolve("holdout"));
    Files.writeString(
        place.resolve("height.yaml"),
        """
        name: height
        data:
          format: csv
          path: data/${RUN_DATE}.csv
          options: {header: true}
          label: height
          validation: {fraction: 0.1}
          test: {path: "holdout/${RUN_DATE}.csv"}
        network:
          layers: [{kind: dense, units: 1}]
        optimizer: {kind: adam, learningRate: 0.05}
        training: {epochs: 20, batchSize: 32, shards: 2, synchronizer: local}
        registry: {path: registry, keep: 3}
        retraining:
          metric: rmse
          minImprovement: 0.1
          window: {days: 2, missing: skip}
          checks: {psi: {warn: 0.1, fail: 0.25}}
        """);
  }

  /**
   * Writes the training and the test rows of a day. The height over a slope of 1 whose direction
   * turns from day to day; neither places nor heights tell by themselves that it did.
   *
   * @param degrees by which the direction is turned
   * @param stretch factor of the first coordinate
   */
  private void day(String date, double degrees, double stretch) throws IOException {
    for (String folder : List.of("data", "holdout")) {
      Random random = new Random((folder + date).hashCode());
      double angle = Math.toRadians(degrees);
      List<String> lines = new ArrayList<>(List.of("x,y,height"));
      for (int i = 0; i < ROWS; i++) {
        double x = random.nextGaussian();
        double y = random.nextGaussian();
        double height = x * Math.cos(angle) + y * Math.sin(angle) + 0.1 * random.nextGaussian();
        lines.add(String.format(Locale.ROOT, "%.4f,%.4f,%.4f", stretch * x, y, height));
      }
      Files.write(place.resolve(folder).resolve(date + ".csv"), lines);
    }
  }

  private Outcome retrain(String date, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "retrain",
                place.resolve("height.yaml").toString(),
                "--run-date",
                date,
                "--output",
                place.resolve("runs").resolve(date).toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private JsonNode decision(String date) {
    return Outcome.json(place.resolve("runs").resolve(date).resolve("decision.json"));
  }

  private static double rmse(JsonNode decision, String role) {
    return decision.path(role).path("metrics").path("rmse").asDouble();
  }

  private void assertChampion(int version, Integer... versions) {
    ModelRegistry registry =
        ModelRegistry.at(place.resolve("registry").toString(), new Configuration());
    assertThat(registry.requireChampion().version()).isEqualTo(version);
    assertThat(registry.versions()).containsExactly(versions);
    registry.verified(version);
  }

  @Test
  void aSmallerErrorIsPublishedADriftRefusedAndAChampionRolledBack() throws IOException {
    day(FIRST, 0, 1);
    Outcome first = retrain(FIRST);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err()).contains("2026-10-31.csv, so that day is left out");
    assertThat(rmse(decision(FIRST), "challenger")).isLessThan(0.2);
    assertChampion(1, 1);

    // Both days are trained on, so the new model lies between them; the test rows are the last's.
    day(SECOND, 60, 1);
    Outcome second = retrain(SECOND);
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.err()).contains("rmse of the challenger is", "above the required 0.1");
    assertThat(Files.readString(place.resolve("runs/" + SECOND + "/config.yaml")))
        .contains("data/" + FIRST + ".csv", "data/" + SECOND + ".csv");
    JsonNode published = decision(SECOND);
    assertThat(published.path("decision").asText()).isEqualTo("published");
    assertThat(published.path("metric").asText()).isEqualTo("rmse");
    assertThat(published.path("startedFrom").path("version").asInt()).isEqualTo(1);
    assertThat(published.path("challenger").path("metrics").path("examples").asInt())
        .isEqualTo(ROWS);
    assertThat(rmse(published, "champion")).isCloseTo(1, within(0.2));
    assertThat(rmse(published, "challenger")).isLessThan(0.8);
    assertThat(published.path("improvement").asDouble())
        .isEqualTo(rmse(published, "champion") - rmse(published, "challenger"))
        .isGreaterThan(0.1);
    assertChampion(2, 1, 2);

    day(THIRD, 60, 100);
    Outcome drifted = retrain(THIRD);
    assertThat(drifted.code()).as(drifted.err()).isEqualTo(3);
    assertThat(drifted.err())
        .contains("did not pass the checks", "Column 'x' has a population stability index of");
    assertThat(decision(THIRD).path("decision").asText()).isEqualTo("kept");
    assertThat(decision(THIRD).path("failure").asText()).isEqualTo("data");
    assertThat(decision(THIRD).path("checks").path("outcome").asText()).isEqualTo("failed");
    assertChampion(2, 1, 2);

    // Better, now that both days turn the same way, but not by as much as is asked for.
    day(THIRD, 60, 1);
    Outcome tooLittle = retrain(THIRD, "--set", "retraining.minImprovement=0.9");
    assertThat(tooLittle.code()).as(tooLittle.err()).isEqualTo(5);
    JsonNode kept = decision(THIRD);
    assertThat(kept.path("decision").asText()).isEqualTo("kept");
    assertThat(rmse(kept, "challenger")).isLessThan(rmse(kept, "champion"));
    assertThat(kept.path("improvement").asDouble()).isGreaterThan(0);
    assertChampion(2, 1, 2);

    Outcome rollback = Outcome.done("registry", "rollback", place.resolve("registry").toString());
    assertThat(rollback.err()).contains("v000001 is the champion of", "in the place of v000002.");
    assertChampion(1, 1, 2);
  }
}
