package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;

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

  @Test
  void isTodayForAJobThatAPersonHasStarted() {
    assertThat(RunDate.of(Map.of("LOCKSTEP_JOB_NAME", "by-hand-2"), NOW, ZoneOffset.UTC))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-26"));
  }

  /** Minutes of 2008, of more than a year ago and of more than an hour ahead. */
  @ParameterizedTest
  @ValueSource(strings = {"20251125", "28876329", "29401991", "999999999"})
  void isTodayWhereTheNumberIsNoMinuteOfASchedule(String number) {
    assertThat(RunDate.of(Map.of("LOCKSTEP_JOB_NAME", "by-hand-" + number), NOW, ZoneOffset.UTC))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-26"));
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
  void standsInArguments() {
    Map<String, String> day = RunDate.of(SCHEDULED, NOW, ZoneOffset.UTC);

    assertThat(RunDate.expand("/data/runs/$(RUN_DATE)/$(OTHER)", day))
        .isEqualTo("/data/runs/2025-11-24/$(OTHER)");
    assertThat(RunDate.expand("/data/runs/$(RUN_DATE)", Map.of()))
        .isEqualTo("/data/runs/$(RUN_DATE)");
  }
}
