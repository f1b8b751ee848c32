package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.config.CheckSettings;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.folder.WholeFilesFileSystem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of the run folders of earlier dates only what is old, decided and nobody's goes. */
final class OlderRunsTest {
  private static final String DAY = "2026-11-05";

  @TempDir private Path runs;
  private final List<String> messages = new ArrayList<>();

  private static RetrainingSettings settings(Integer keepRuns, String runDate) {
    return new RetrainingSettings(null, 0.0, runDate, null, null, keepRuns, CheckSettings.DEFAULT);
  }

  /** What follows the retraining for a date in the folder {@code retrain-<date>}. */
  private void remove(Integer keepRuns, String runDate) {
    remove(keepRuns, runDate, runs.resolve("retrain-" + runDate).toString());
  }

  private void remove(Integer keepRuns, String runDate, String folder) {
    Configuration hadoop = WholeFilesFileSystem.in(new Configuration());
    hadoop.setClass("fs.held.impl", HeldFileSystem.class, HeldFileSystem.class);
    OlderRuns.remove(
        RunFolder.at(folder, hadoop),
        settings(keepRuns, runDate),
        LockOwner.here("app", null),
        messages::add);
  }

  /** The folders of runs that were decided. */
  private void decided(String... names) throws IOException {
    for (String name : names) {
      Files.createDirectories(runs.resolve(name).resolve("checkpoints/step-5"));
      Files.createFile(runs.resolve(name).resolve("checkpoints/step-5/parameters.safetensors"));
      Files.createFile(runs.resolve(name).resolve("config.yaml"));
      Files.createFile(runs.resolve(name).resolve("decision.json"));
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> all = Files.list(runs)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private void fiveDays() throws IOException {
    for (int day = 1; day <= 5; day++) {
      decided("retrain-2026-11-0" + day);
    }
  }

  @Test
  void withoutANumberAllStay() throws IOException {
    fiveDays();
    remove(null, DAY);
    assertThat(left()).hasSize(5);
    assertThat(messages).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "whole:"})
  void theNewestStay(String scheme) throws IOException {
    fiveDays();
    remove(2, DAY, scheme + runs.resolve("retrain-" + DAY));
    assertThat(left()).containsExactly("retrain-2026-11-04", "retrain-2026-11-05");
    assertThat(runs.resolve("retrain-2026-11-04/checkpoints")).isNotEmptyDirectory();
    assertThat(messages)
        .containsExactly(
            "Removed 3 older run folders of "
                + scheme
                + runs
                + ", since retraining.keepRuns is 2.");
    remove(2, DAY, scheme + runs.resolve("retrain-" + DAY));
    assertThat(left()).hasSize(2);
    assertThat(messages).hasSize(1);
  }

  @Test
  void aFolderMayBeNamedByItsDateAlone() throws IOException {
    decided("2026-11-04", DAY, "retrain-2026-11-01");
    remove(1, DAY, runs.resolve(DAY).toString());
    assertThat(left()).containsExactly(DAY, "retrain-2026-11-01");
  }

  @Test
  void nothingElseGoes() throws IOException {
    String[] others = {
      "2026-11-01",
      "another-2026-11-01",
      "retrain-2026-02-30",
      "retrain-2026-11-1",
      "retrain-2026-11-01.old",
      "retrain-big-2026-11-01",
    };
    decided(others);
    decided("retrain-" + DAY, "retrain-2026-10-02");
    Files.createDirectories(runs.resolve("retrain-2026-11-02/checkpoints"));
    Files.createFile(runs.resolve("retrain-2026-11-03"));
    Path elsewhere = Files.createDirectory(runs.resolve("elsewhere"));
    Files.createFile(elsewhere.resolve("decision.json"));
    Files.createSymbolicLink(runs.resolve("retrain-2026-11-01"), elsewhere);
    int all = left().size();

    remove(1, DAY);

    assertThat(left()).hasSize(all - 1).doesNotContain("retrain-2026-10-02").contains(others);
    assertThat(elsewhere.resolve("decision.json")).exists();
  }

  /** A day that was missed is made up for: nothing newer goes, and not the one at hand. */
  @Test
  void whatIsNewerStays() throws IOException {
    fiveDays();
    remove(1, "2026-11-03");
    assertThat(left())
        .containsExactly("retrain-2026-11-03", "retrain-2026-11-04", "retrain-2026-11-05");
  }

  @Test
  void aRunThatSomebodyIsAtWorkInStays() throws IOException {
    fiveDays();
    Path old = runs.resolve("retrain-2026-11-02");
    RunFolder taken = RunFolder.at(old.toString(), new Configuration());
    LockOwner somebody = LockOwner.here("app-2", null);
    try (RunLock lock = RunLock.acquire(taken, somebody, LockTimes.DEFAULT, messages::add)) {
      remove(3, DAY);
      lock.confirmHeld();
    }
    assertThat(left())
        .containsExactly(
            "retrain-2026-11-02", "retrain-2026-11-03", "retrain-2026-11-04", "retrain-2026-11-05");
    assertThat(messages)
        .contains(
            "The older run folder " + old + " stays, since another run is at work in it.",
            "Removed 1 older run folder of " + runs + ", since retraining.keepRuns is 3.");
    remove(3, DAY);
    assertThat(old).doesNotExist();
  }

  /** What is left is known by its decision, and goes the next time. */
  @Test
  void whatCannotBeRemovedIsToldAndGoesLater() throws IOException {
    fiveDays();
    remove(4, DAY, "held:" + runs.resolve("retrain-" + DAY));
    assertThat(runs.resolve("retrain-2026-11-01/decision.json")).exists();
    assertThat(messages)
        .singleElement()
        .asString()
        .startsWith("The older run folder held:" + runs.resolve("retrain-2026-11-01"))
        .contains("could not be removed: ", "somebody holds checkpoints");
    remove(4, DAY);
    assertThat(left()).hasSize(4).doesNotContain("retrain-2026-11-01");
  }

  @ParameterizedTest
  @ValueSource(strings = {"latest", "retrain-2026-11-04"})
  void aNameWithoutTheRunDateTellsNoOthers(String name) throws IOException {
    fiveDays();
    remove(1, DAY, runs.resolve(name).toString());
    remove(1, "five", runs.resolve("retrain-five").toString());
    remove(1, null, runs.resolve(name).toString());
    assertThat(left()).hasSize(5);
    assertThat(messages)
        .hasSize(3)
        .allMatch(message -> message.startsWith("retraining.keepRuns: all run folders stay"));
  }

  /** The local disk, where checkpoints cannot be removed. */
  public static final class HeldFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("held:///");
    }

    @Override
    public String getScheme() {
      return "held";
    }

    @Override
    public boolean delete(org.apache.hadoop.fs.Path path, boolean recursive) throws IOException {
      if (path.getName().equals("checkpoints")) {
        throw new IOException("somebody holds checkpoints");
      }
      return super.delete(path, recursive);
    }
  }
}
