package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files the days of a window are. */
final class DayWindowTest {
  @TempDir private Path place;

  private final List<String> notes = new ArrayList<>();

  private RunConfiguration of(String date, String path, String window) {
    String text =
        """
        data: {format: csv, path: PATH, label: y}
        network: {layers: [{kind: dense, units: 2}]}
        retraining: {window: WINDOW}
        """
            .replace("PATH", path)
            .replace("WINDOW", window);
    return ConfigurationReader.read(
        text, "test", place.toString(), List.of("retraining.runDate=\"" + date + "\""), Map.of());
  }

  private List<String> paths(String date, String path, String window) {
    return DayWindow.over(
            of(date, path, window), day -> of(day, path, window), new Configuration(), notes::add)
        .data()
        .location()
        .paths()
        .stream()
        .map(each -> place.relativize(Path.of(each)).toString())
        .toList();
  }

  private void write(String... names) throws IOException {
    for (String name : names) {
      Path file = place.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "y");
    }
  }

  private LockstepException refusal(String date, String path, String window) {
    return catchThrowableOfType(LockstepException.class, () -> paths(date, path, window));
  }

  @Test
  void theDaysEndWithTheRunDateAndCrossMonths() throws IOException {
    write("d-2024-02-28.csv", "d-2024-02-29.csv", "d-2024-03-01.csv");
    assertThat(paths("2024-03-01", "'d-${RUN_DATE}.csv'", "{days: 3}"))
        .containsExactly("d-2024-02-28.csv", "d-2024-02-29.csv", "d-2024-03-01.csv");
    assertThat(notes).isEmpty();
  }

  @Test
  void whatIsNoDaysOwnIsThereOnceAndNeverMissing() throws IOException {
    write("2026-11-02/part-0.csv");
    assertThat(paths("2026-11-03", "[always.csv, '${RUN_DATE}/*.csv']", "{days: 3, missing: skip}"))
        .containsExactly("always.csv", "2026-11-02/part-0.csv".replace("part-0", "*"));
    assertThat(notes).hasSize(2).allMatch(note -> note.contains("that day is left out"));
  }

  @Test
  void aDayThatMustNotBeMissingIsNamed() throws IOException {
    write("2026-11-03.csv");
    assertThat(refusal("2026-11-03", "'${RUN_DATE}.csv'", "{days: 2}"))
        .hasMessageContaining("there are no data at")
        .hasMessageContaining("2026-11-02.csv")
        .extracting(LockstepException::kind)
        .isEqualTo(ErrorKind.DATA);
  }

  /** What a job leaves that was broken off, or that had nothing to write. */
  @Test
  void aFolderWithoutDataIsNoDay() throws IOException {
    write(
        "2026-11-01/_temporary/0/part-0.csv", "2026-11-02/_SUCCESS", "2026-11-02/.part-0.csv.crc");
    write("2026-11-02/part-0.csv._COPYING_");
    write("2026-11-03/hour=7/part-0.csv");
    assertThat(refusal("2026-11-03", "'${RUN_DATE}'", "{days: 3}"))
        .hasMessageContaining("there are no data at")
        .hasMessageContaining("2026-11-01");
    assertThat(paths("2026-11-03", "'${RUN_DATE}'", "{days: 3, missing: skip}"))
        .containsExactly("2026-11-03");
    assertThat(paths("2026-11-03", "'${RUN_DATE}*'", "{days: 3, missing: skip}"))
        .containsExactly("2026-11-03*");
  }

  @Test
  void someDayMustBeThere() {
    assertThat(refusal("2026-11-03", "'${RUN_DATE}.csv'", "{days: 2, missing: skip}"))
        .hasMessageContaining("there are no data of the 2 days up to 2026-11-03");
  }

  @Test
  void daysAreCountedFromADate() {
    assertThat(refusal("nightly-3", "'${RUN_DATE}.csv'", "{days: 2}"))
        .hasMessageContaining("must be a date such as 2026-11-25, found nightly-3");
  }

  @Test
  void withoutAWindowNothingChanges() {
    RunConfiguration given = of("2026-11-03", "'${RUN_DATE}.csv'", "null");
    assertThat(DayWindow.over(given, day -> null, new Configuration(), notes::add)).isSameAs(given);
  }

  @Test
  void aPathMustTellTheDaysApart() {
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> paths("2026-11-03", "always.csv", "{days: 2}"))
        .withMessageContaining("${RUN_DATE}");
  }
}
