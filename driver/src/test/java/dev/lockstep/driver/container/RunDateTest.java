package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RunDateTest {
  private static final Instant NOW = Instant.parse("2025-11-26T00:10:00Z");

  /** 2025-11-24T16:00Z, in minutes. */
  private static final Map<String, String> SCHEDULED =
      Map.of("LOCKSTEP_JOB_NAME", "lockstep-retrain-29400000");

  @Test
  void isTheDayOfTheSchedule() {
    assertThat(RunDate.of(SCHEDULED, NOW, ZoneOffset.UTC))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-24"));
  }

  @Test
  void isADayOfTheContainersZone() {
    assertThat(RunDate.of(SCHEDULED, NOW, ZoneId.of("Asia/Tokyo")))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-25"));
  }

  /** Minutes of 2008, of more than a year ago and of more than an hour ahead, and none at all. */
  @ParameterizedTest
  @ValueSource(strings = {"2", "20251125", "28876329", "29401991", "999999999"})
  void isNoneWhereTheNameTellsNoMinuteOfASchedule(String number) {
    Map<String, String> byHand = Map.of("LOCKSTEP_JOB_NAME", "by-hand-" + number);
    assertThat(RunDate.of(byHand, NOW, ZoneOffset.UTC)).isEmpty();
  }

  @Test
  void isLeftAloneWhereSomebodyHasSetItOrNobodyAsks() {
    assertThat(
            RunDate.of(
                Map.of("LOCKSTEP_JOB_NAME", "night-29400000", "RUN_DATE", "2025-01-01"),
                NOW,
                ZoneOffset.UTC))
        .isEmpty();
    assertThat(RunDate.of(Map.of(), NOW, ZoneOffset.UTC)).isEmpty();
  }

  @Test
  void standsInArguments() throws ContainerException {
    Map<String, String> day = RunDate.of(SCHEDULED, NOW, ZoneOffset.UTC);

    assertThat(RunDate.expand("/data/runs/$(RUN_DATE)/$(OTHER)", day.get("RUN_DATE")))
        .isEqualTo("/data/runs/2025-11-24/$(OTHER)");
    assertThat(RunDate.expand("/data/runs/$(OTHER)", null)).isEqualTo("/data/runs/$(OTHER)");
  }

  @Test
  void isAskedForWhereAnArgumentNeedsIt() {
    assertThatExceptionOfType(ContainerException.class)
        .isThrownBy(() -> RunDate.expand("/data/runs/$(RUN_DATE)", null))
        .withMessageContainingAll(
            "'/data/runs/$(RUN_DATE)' needs a day", "set RUN_DATE in the job");
  }
}
