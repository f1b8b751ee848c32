package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RunDateTest {
  private static final Instant NOW = Instant.parse("2025-11-26T00:10:00Z");

  /** 2025-11-24T16:00Z, in minutes. */
  private static final Map<String, String> SCHEDULED =
      Map.of("LOCKSTEP_JOB_NAME", "lockstep-retrain-29400000");

  private static Map<String, String> with(String daysBack) {
    Map<String, String> environment = new HashMap<>(SCHEDULED);
    environment.put("LOCKSTEP_RUN_DATE_DAYS_BACK", daysBack);
    return environment;
  }

  @Test
  void isTheDayOfTheSchedule() throws ContainerException {
    assertThat(RunDate.of(SCHEDULED, NOW, ZoneOffset.UTC))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-24"));
  }

  @Test
  void isADayOfTheContainersZone() throws ContainerException {
    assertThat(RunDate.of(SCHEDULED, NOW, ZoneId.of("Asia/Tokyo")))
        .containsOnly(Map.entry("RUN_DATE", "2025-11-25"));
  }

  /** The day of the schedule has only just begun. */
  @ParameterizedTest
  @CsvSource({"'', 2025-11-24", "0, 2025-11-24", "1, 2025-11-23", "24, 2025-10-31"})
  void isSoManyDaysBefore(String daysBack, String day) throws ContainerException {
    assertThat(RunDate.of(with(daysBack), NOW, ZoneOffset.UTC))
        .containsOnly(Map.entry("RUN_DATE", day));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "one", "1.0", " 1", "10000"})
  void daysThatAreNoneAreRefused(String daysBack) {
    assertThatExceptionOfType(ContainerException.class)
        .isThrownBy(() -> RunDate.of(with(daysBack), NOW, ZoneOffset.UTC))
        .withMessage(
            "LOCKSTEP_RUN_DATE_DAYS_BACK must be a whole number from 0 to 9999, such as 1 for the"
                + " day before, found '"
                + daysBack
                + "'.");
  }

  /** Minutes of 2008, of more than a year ago and of more than an hour ahead, and none at all. */
  @ParameterizedTest
  @ValueSource(strings = {"2", "20251125", "28876329", "29401991", "999999999"})
  void isNoneWhereTheNameTellsNoMinuteOfASchedule(String number) throws ContainerException {
    Map<String, String> byHand = Map.of("LOCKSTEP_JOB_NAME", "by-hand-" + number);
    assertThat(RunDate.of(byHand, NOW, ZoneOffset.UTC)).isEmpty();
  }

  @Test
  void isLeftAloneWhereSomebodyHasSetItOrNobodyAsks() throws ContainerException {
    assertThat(
            RunDate.of(
                Map.of(
                    "LOCKSTEP_JOB_NAME",
                    "night-29400000",
                    "RUN_DATE",
                    "2025-01-01",
                    "LOCKSTEP_RUN_DATE_DAYS_BACK",
                    "1"),
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
