package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.folder.Folders;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A writer that dies at any of the operations that make a checkpoint and remove old ones: the next
 * one always finds a whole checkpoint that is not older than the one before, and goes on.
 */
final class CrashingWriterTest {
  @TempDir private Path place;

  @AfterEach
  void uninstall() {
    HookedFileSystem.uninstall();
  }

  private RunFolder run(Path folder) {
    return RunFolder.at(HookedFileSystem.location(folder), HookedFileSystem.configuration());
  }

  /** The {@code n}th run, with checkpoints of the steps 1 to {@code steps}. */
  private RunFolder runWith(int n, int steps) throws IOException {
    Path pattern = place.resolve("pattern");
    if (Files.notExists(pattern)) {
      for (int step = 1; step <= steps; step++) {
        States.write(States.store(run(pattern), steps), step);
      }
    }
    Path target = place.resolve("run-" + n);
    Folders.copy(pattern, target);
    return run(target);
  }

  @ParameterizedTest
  @CsvSource({"4, false", "4, true", "3, false", "3, true"})
  void thereIsAlwaysAWholeCheckpointThatIsNotOlder(long step, boolean fileByFile)
      throws IOException {
    // Step 4 is a new one that pushes two others out; step 3 takes the place of an existing one.
    int operations = 0;
    for (boolean died = true; died; operations++) {
      RunFolder run = runWith(operations, 3);

      Death death = new Death(operations);
      HookedFileSystem.install(death, fileByFile);
      died = dies(run, step);
      HookedFileSystem.install((operation, path) -> {}, fileByFile);
      if (!died) {
        assertThat(death.kinds())
            .containsExactly("close", "create", "delete", "mkdirs", "rename", "sync", "write");
      }

      Search search = States.store(run, 2).newestIntact();
      StoredCheckpoint found = search.found().orElseThrow();
      assertThat(found.step()).as("after %d operations", operations).isBetween(3L, 4L);
      States.assertSame(found.state(), States.at(found.step()));
      assertThat(search.skipped()).allSatisfy(skipped -> assertThat(skipped.name()).isNotEmpty());

      CheckpointStore next = States.store(run, 2);
      States.write(next, 5);
      assertThat(next.newestIntact().skipped()).isEmpty();
      States.assertSame(next.newestIntact().found().orElseThrow().state(), States.at(5));
      assertThat(next.steps()).hasSize(2).startsWith(5L);
      try (var folders = Files.list(place.resolve("run-" + operations + "/checkpoints"))) {
        assertThat(folders).hasSize(2);
      }
    }
    assertThat(operations).isGreaterThan(25);
  }

  /** On an object store renaming is copying. */
  @Test
  void whatIsTooOldIsNotRenamedFirst() {
    Set<String> renamed = new TreeSet<>();
    HookedFileSystem.install(
        (operation, path) -> {
          if (operation.equals("rename")) {
            renamed.add(path.getParent().getName());
          }
        },
        true);
    CheckpointStore store = States.store(run(place.resolve("run")), 2);
    States.write(store, 1, 2, 3);
    store.removeAfter(2);
    assertThat(store.steps()).containsExactly(2L);
    assertThat(renamed).isNotEmpty().allMatch(name -> name.endsWith(".partial"));
  }

  private static boolean dies(RunFolder run, long step) {
    try {
      States.write(States.store(run, 2), step);
      return false;
    } catch (LockstepException dead) {
      assertThat(dead.kind()).isEqualTo(ErrorKind.RESOURCE);
      assertThat(dead).hasMessageContaining("the writer is dead");
      return true;
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void goingBackCanBeBrokenOffToo(boolean fileByFile) throws IOException {
    int operations = 0;
    for (boolean died = true; died; operations++) {
      RunFolder run = runWith(operations, 4);
      HookedFileSystem.install(new Death(operations), fileByFile);
      died = false;
      try {
        States.store(run, 4).removeAfter(2);
      } catch (LockstepException dead) {
        died = true;
      }
      HookedFileSystem.uninstall();
      StoredCheckpoint found = States.store(run, 4).newestIntact().found().orElseThrow();
      assertThat(found.step()).isBetween(2L, died ? 4L : 2L);
      States.assertSame(found.state(), States.at(found.step()));
    }
    assertThat(operations).isGreaterThan(4);
  }
}
