package dev.lockstep.driver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.checkpoint.Death;
import dev.lockstep.driver.checkpoint.HookedFileSystem;
import dev.lockstep.driver.folder.Folders;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A writer that dies at any of the operations that change a registry: whoever reads it finds a
 * whole champion, the one of before or the one of after, and the next writer goes on from there. On
 * a file system that cannot rename over a file, and on one that renames folders file by file.
 */
final class CrashingPublisherTest {
  @TempDir private Path place;

  @AfterEach
  void uninstall() {
    HookedFileSystem.uninstall();
  }

  private ModelRegistry registry(Path folder) {
    return ModelRegistry.at(HookedFileSystem.location(folder), HookedFileSystem.configuration());
  }

  private RunFolder model(String content) {
    return Publications.model(place.resolve("model-" + content), content);
  }

  /** The {@code n}th registry, with versions 2 and 3. */
  private Path registryWithVersions(int n) throws IOException {
    Path pattern = place.resolve("pattern");
    if (Files.notExists(pattern)) {
      for (int i = 1; i <= 3; i++) {
        Publications.publish(registry(pattern), model("m" + i), "day-" + i, 2);
      }
    }
    Path target = place.resolve("registry-" + n);
    Folders.copy(pattern, target);
    return target;
  }

  /** What the operating system and the lock's signs of life do for a process that is gone. */
  private static void bury(Path registry) throws IOException {
    List<Path> locks = new ArrayList<>();
    try (var files = Files.list(registry)) {
      files.filter(file -> file.getFileName().toString().startsWith(".lock-")).forEach(locks::add);
    }
    for (Path lock : locks) {
      Files.delete(lock);
    }
  }

  private static boolean dies(Runnable change) {
    try {
      change.run();
      return false;
    } catch (LockstepException dead) {
      return true;
    }
  }

  /**
   * Dies after ever more operations, until the change is made.
   *
   * @param after the champion once it is made
   * @param date for which version 4 is published, if it is
   * @return how many operations that were
   */
  private int dieEverywhere(
      boolean fileByFile, Consumer<ModelRegistry> change, int after, String date)
      throws IOException {
    int operations = 0;
    for (boolean died = true; died; operations++) {
      Path folder = registryWithVersions(operations);
      ModelRegistry registry = registry(folder);
      Death death = new Death(operations);
      HookedFileSystem.install(death, fileByFile);
      died = dies(() -> change.accept(registry));
      HookedFileSystem.install((operation, path) -> {}, fileByFile);
      // What the change leaves to others, such as old versions, may have died too.
      died |= death.hasCome();
      bury(folder);

      assertThat(Publications.assertReadable(registry))
          .as("after %d operations", operations)
          .isIn(3, after);

      registry.write(LockOwner.here(null, null), note -> {}).close();
      int champion = Publications.assertReadable(registry);
      assertThat(champion).isIn(3, after);
      if (!died) {
        assertThat(champion).isEqualTo(after);
        assertThat(death.kinds()).contains("close", "create", "delete", "rename", "write");
      }
      int highest = registry.versions().get(registry.versions().size() - 1);
      if (highest == 4) {
        assertThat(registry.decision(date).orElseThrow().path("decision").asText())
            .as("after %d operations", operations)
            .isEqualTo("v4");
      }
      int next = Publications.publish(registry, model("next"), "day-5", 2);
      assertThat(next).isEqualTo(highest + 1);
      assertThat(Publications.assertReadable(registry)).isEqualTo(next);
      assertThat(registry.requireChampion().predecessor(version -> true)).contains(champion);
      try (var folders = Files.list(folder.resolve("versions"))) {
        assertThat(folders.map(it -> it.getFileName().toString()))
            .as("after %d operations", operations)
            .allMatch(name -> name.startsWith("v"));
      }
    }
    return operations;
  }

  /** Also for a date for which there is a decision, whose place the new one takes. */
  @ParameterizedTest
  @CsvSource({"false, day-4", "true, day-4", "false, day-3", "true, day-2"})
  void aPublicationIsMadeOrNot(boolean fileByFile, String date) throws IOException {
    RunFolder fourth = model("m4");
    int operations =
        dieEverywhere(
            fileByFile, registry -> Publications.publish(registry, fourth, date, 2), 4, date);
    assertThat(operations).isGreaterThan(50);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRollbackIsMadeOrNot(boolean fileByFile) throws IOException {
    int operations =
        dieEverywhere(
            fileByFile,
            registry -> {
              try (RegistryWriter writer = registry.write(LockOwner.here(null, null), n -> {})) {
                writer.rollBack(null);
              }
            },
            2,
            "day-4");
    assertThat(operations).isGreaterThan(8);
  }
}
