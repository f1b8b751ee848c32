package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.WholeFilesFileSystem;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.report.StepTimes;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The metrics of a run that goes on. */
final class MetricsFileTest {
  @TempDir private Path place;

  private RunFolder folder(String scheme) {
    RunFolder folder =
        RunFolder.at(scheme + "://" + place, WholeFilesFileSystem.in(new Configuration()));
    folder.create();
    return folder;
  }

  private Path file() {
    return place.resolve("metrics.jsonl");
  }

  private static StepRecord step(long step) {
    return new StepRecord(step, 1, 0.5 / step, 0, 0.1, 8, 1, new StepTimes(0, 0, 0, 0, 1));
  }

  /** Writes steps; returns the length of the file after each. */
  private static List<Long> write(RunFolder folder, long from, long to) throws IOException {
    List<Long> lengths = new ArrayList<>();
    try (MetricsFile metrics = MetricsFile.open(folder)) {
      for (long step = from; step <= to; step++) {
        metrics.log().write(step(step));
        lengths.add(metrics.flush());
      }
      metrics.settle();
    }
    return lengths;
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void cutAndContinuedItIsTheFileOfARunThatWentThrough(String scheme) throws IOException {
    RunFolder folder = folder(scheme);
    List<Long> lengths = write(folder, 1, 9);
    String whole = Files.readString(file());
    assertThat(lengths.get(8)).isEqualTo(whole.length());

    RunMetrics kept = MetricsFile.read(folder, lengths.get(3), 4);
    assertThat(kept.steps()).map(StepRecord::step).containsExactly(1L, 2L, 3L, 4L);
    MetricsFile.cut(folder, lengths.get(3));
    assertThat(folder.size("metrics.jsonl")).isEqualTo(lengths.get(3));
    write(folder, 5, 9);
    assertThat(file()).hasContent(whole);

    MetricsFile.cut(folder, 0);
    assertThat(file()).doesNotExist();
    write(folder, 1, 9);
    assertThat(file()).hasContent(whole);
  }

  /** On a full disk there may be no room for a second one. */
  @Test
  void itIsCutInItsPlace() throws IOException {
    RunFolder folder = folder("file");
    List<Long> lengths = write(folder, 1, 9);
    Path sameFile = Files.createLink(place.resolve("other-name"), file());
    MetricsFile.cut(folder, lengths.get(3));
    assertThat(Files.size(file())).isEqualTo(lengths.get(3));
    assertThat(Files.isSameFile(sameFile, file())).isTrue();
    assertThat(place.resolve(".metrics.jsonl.partial")).doesNotExist();
  }

  @Test
  void aPartThatIsNotWhatTheCheckpointCountedIsRefusedWithTheReason() throws IOException {
    RunFolder folder = folder("file");
    List<Long> lengths = write(folder, 1, 5);
    assertRefused(folder, lengths.get(4) + 1, 5, "bytes where the checkpoint counted");
    assertRefused(folder, lengths.get(2) - 1, 3, "no whole line");
    assertRefused(folder, lengths.get(2), 4, "has 3 steps where the checkpoint counted 4");
    String whole = Files.readString(file());
    Files.writeString(file(), whole.replace("\"step\":2,", "\"step\":3,"));
    assertRefused(folder, lengths.get(4), 5, "has 4 steps");
    Files.writeString(file(), whole.replaceFirst("\"kind\"", "\"kind "));
    assertRefused(folder, lengths.get(4), 5, "line 1");
    Files.delete(file());
    assertRefused(folder, lengths.get(4), 5, "is missing");
  }

  private static void assertRefused(RunFolder folder, long bytes, long step, String reason) {
    assertThatThrownBy(() -> MetricsFile.read(folder, bytes, step))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("metrics.jsonl")
        .hasMessageContaining(reason);
  }

  @Test
  void aCutThatWasBrokenOffIsEndedOrHasNotBegun() throws IOException {
    RunFolder folder = folder("file");
    List<Long> lengths = write(folder, 1, 3);
    String whole = Files.readString(file());
    Files.writeString(place.resolve(".metrics.jsonl.partial"), whole.substring(0, 30));
    assertThat(MetricsFile.read(folder, lengths.get(2), 3).steps()).hasSize(3);
    Files.writeString(
        place.resolve(".metrics.jsonl.next"), whole.substring(0, lengths.get(1).intValue()));
    Files.delete(file());
    assertThat(MetricsFile.read(folder, lengths.get(1), 2).steps()).hasSize(2);
  }
}
