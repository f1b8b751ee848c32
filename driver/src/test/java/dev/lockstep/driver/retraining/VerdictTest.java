package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.CheckSettings;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.report.SplitMetrics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a challenger takes the champion's place. */
final class VerdictTest {
  private static RetrainingSettings settings(double minImprovement) {
    return new RetrainingSettings(
        "accuracy", minImprovement, null, null, null, null, CheckSettings.DEFAULT);
  }

  private static Verdict verdict(
      double minImprovement, double improvement, ImprovementInterval interval) {
    return Verdict.of(
        settings(minImprovement),
        Optional.of(
            new ModelComparison(
                "accuracy",
                new SplitMetrics(0.5, 100, Map.of("accuracy", 0.75)),
                new SplitMetrics(0.4, 100, Map.of("accuracy", 0.75 + improvement)),
                improvement,
                interval)));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.01, true",
    "0, 0, false",
    "0, -0.01, false",
    "0.1, 0.1, false",
    "0.1, 0.125, true",
    "0, NaN, false"
  })
  void itMustBeBetterByMoreThanIsRequired(double required, double improvement, boolean better) {
    Verdict verdict = verdict(required, improvement, null);
    assertThat(verdict.publish()).isEqualTo(better);
    assertThat(verdict.kind()).isEqualTo(better ? Decision.Kind.PUBLISHED : Decision.Kind.KEPT);
    assertThat(verdict.reason()).contains(better ? ", above the required" : "champion stays");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.01, true",
    "0, 0, false",
    "0, -0.01, false",
    "0.05, 0.02, false",
    "0, NaN, false"
  })
  void withAConfidenceTheLowerEndCounts(double required, double lower, boolean better) {
    Verdict verdict = verdict(required, 0.2, new ImprovementInterval(0.95, lower, 0.3, 1000));
    assertThat(verdict.publish()).isEqualTo(better);
    assertThat(verdict.reason()).contains("with confidence 0.95");
  }

  @Test
  void withoutAChampionItIsTheFirst() {
    Verdict verdict = Verdict.of(settings(0.5), Optional.empty());
    assertThat(verdict.publish()).isTrue();
    var json = StrictJson.object();
    verdict.write(json);
    assertThat(json.path("improvement").isNull()).isTrue();
    assertThat(json.path("interval").isNull()).isTrue();
    assertThat(json.path("metric").asText()).isEqualTo("accuracy");
  }

  @Test
  void whoAsksAgainIsToldWhatWasDecided() {
    Decision first =
        Decision.of(Decision.Kind.KEPT, "It is worse.", StrictJson.object().put("improvement", -1));
    Decision again =
        Decision.alreadyDone(
            "2026-11-25",
            StrictJson.parse(first.toJson().getBytes(StandardCharsets.UTF_8), "t").node(),
            Optional.of(7),
            "Try again.");
    assertThat(again.keepsChampion()).isTrue();
    assertThat(again.kind()).isEqualTo(Decision.Kind.ALREADY_DONE);
    assertThat(again.reason())
        .isEqualTo("It was decided for 2026-11-25 before (kept): It is worse.");
    assertThat(again.toJson()).contains("\"decidedBefore\" : \"kept\"", "\"improvement\" : -1");
  }

  @Test
  void whatServesInThePlaceOfWhatWasPublishedIsTold() {
    ObjectNode facts = StrictJson.object();
    Decision.put(facts, "challenger", 2, null);
    Decision first = Decision.of(Decision.Kind.PUBLISHED, "It is better.", facts);
    ObjectNode recorded =
        StrictJson.parse(first.toJson().getBytes(StandardCharsets.UTF_8), "t").node();
    String told = "It was decided for 2026-11-25 before (published): It is better.";
    for (Optional<Integer> champion : List.of(Optional.of(2), Optional.<Integer>empty())) {
      Decision again = Decision.alreadyDone("2026-11-25", recorded, champion, "Try again.");
      assertThat(again.reason()).isEqualTo(told);
      assertThat(again.keepsChampion()).isFalse();
    }
    assertThat(Decision.alreadyDone("2026-11-25", recorded, Optional.of(1), "Try again.").reason())
        .isEqualTo(
            told
                + " That version, v000002, is not the champion any more: v000001 serves now. Try"
                + " again.");
  }
}
