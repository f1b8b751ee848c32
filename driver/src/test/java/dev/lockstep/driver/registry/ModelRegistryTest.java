package dev.lockstep.driver.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.driver.checkpoint.HookedFileSystem;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a registry holds, and what a rollback and retention do to it. */
final class ModelRegistryTest {
  @TempDir private Path place;

  private final List<String> notes = new ArrayList<>();

  private ModelRegistry registry() {
    return ModelRegistry.at(place.resolve("registry").toString(), new Configuration());
  }

  private RunFolder model(String content) {
    return Publications.model(place.resolve("model-" + content), content);
  }

  /** Publishes so many versions. */
  private ModelRegistry withVersions(int count, int keep) {
    ModelRegistry registry = registry();
    for (int i = 1; i <= count; i++) {
      assertThat(Publications.publish(registry, model("m" + i), "day-" + i, keep)).isEqualTo(i);
    }
    return registry;
  }

  private int rollBack(ModelRegistry registry, Integer to) {
    try (RegistryWriter writer = registry.write(LockOwner.here(null, null), notes::add)) {
      return writer.rollBack(to);
    }
  }

  /** As an object store does it, which does not hand out a mixture. */
  @Test
  void aPointerThatIsReplacedWhileItIsReadIsReadAgain() {
    String location = HookedFileSystem.location(place.resolve("registry"));
    ModelRegistry registry = ModelRegistry.at(location, HookedFileSystem.configuration());
    Publications.publish(registry, model("m"), "day-1", 2);
    AtomicInteger refusals = new AtomicInteger();
    HookedFileSystem.install(
        (operation, path) -> {
          if (path.getName().equals("champion.json") && refusals.getAndIncrement() == 0) {
            throw new IOException("the object was replaced");
          }
        },
        false);
    try {
      assertThat(registry.requireChampion().version()).isEqualTo(1);
      assertThat(refusals).hasValueGreaterThan(1);

      HookedFileSystem.install(
          (operation, path) -> {
            throw new IOException("the store is away");
          },
          false);
      assertThatExceptionOfType(LockstepException.class)
          .isThrownBy(registry::champion)
          .withMessageContaining("champion.json could not be read: the store is away");
    } finally {
      HookedFileSystem.uninstall();
    }
  }

  @Test
  void aPublishedVersionHasEverythingAndServes() throws IOException {
    ModelRegistry registry = withVersions(2, 10);
    assertThat(registry.versions()).containsExactly(1, 2);
    assertThat(Publications.assertReadable(registry)).isEqualTo(2);
    assertThat(registry.lineage(2).parent()).isEqualTo(1);
    assertThat(registry.lineage(1).parent()).isNull();
    assertThat(registry.lineage(2).metrics()).containsEntry("loss", 0.5);
    assertThat(registry.statistics(1)).hasValueSatisfying(bytes -> assertThat(bytes).hasSize(11));
    assertThat(registry.decision("day-2").orElseThrow().path("decision").asText()).isEqualTo("v2");
    assertThat(registry.decision("day-3")).isEmpty();
    assertThat(Files.readString(place.resolve("registry/versions/v000001/model.json")))
        .isEqualTo("model.json of m1");
    try (var files = Files.list(place.resolve("registry"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("versions", "decisions", "champion.json");
    }
  }

  @Test
  void theFolderOfAModelMayBeARegistryOrAVersion() {
    withVersions(2, 10);
    RunFolder given = RunFolder.at(place.resolve("registry").toString(), new Configuration());
    assertThat(ModelRegistry.modelIn(given).name()).endsWith("registry/versions/v000002");
    RunFolder first = given.folder("versions/v000001");
    assertThat(ModelRegistry.modelIn(first)).isSameAs(first);
    RunFolder other = model("other");
    assertThat(ModelRegistry.modelIn(other)).isSameAs(other);
  }

  @Test
  void rollbacksGoFurtherAndFurtherBack() {
    ModelRegistry registry = withVersions(3, 10);
    assertThat(rollBack(registry, null)).isEqualTo(2);
    assertThat(rollBack(registry, null)).isEqualTo(1);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> rollBack(registry, null))
        .withMessageContaining("Before v000001 no version")
        .extracting(LockstepException::kind)
        .isEqualTo(ErrorKind.USAGE);
    assertThat(Publications.assertReadable(registry)).isEqualTo(1);
    assertThat(registry.versions()).containsExactly(1, 2, 3);
  }

  @Test
  void afterARollbackTheNextPublicationFollowsWhatServes() {
    ModelRegistry registry = withVersions(3, 10);
    rollBack(registry, null);
    assertThat(Publications.publish(registry, model("m4"), "day-4", 10)).isEqualTo(4);
    assertThat(registry.lineage(4).replaced()).isEqualTo(2);
    assertThat(rollBack(registry, null)).isEqualTo(2);
    assertThat(rollBack(registry, null)).isEqualTo(1);
    assertThat(registry.requireChampion().moves())
        .extracting(Champion.Move::reason)
        .containsExactly(
            "published",
            "published",
            "published",
            "rolledBack",
            "published",
            "rolledBack",
            "rolledBack");
  }

  @Test
  void aVersionCanBeNamed() {
    ModelRegistry registry = withVersions(3, 10);
    assertThat(rollBack(registry, 1)).isEqualTo(1);
    // Forward again, and back to where that came from.
    assertThat(rollBack(registry, 3)).isEqualTo(3);
    assertThat(rollBack(registry, null)).isEqualTo(1);
    assertThat(registry.versionNamed("champion")).isEqualTo(1);
    assertThat(registry.versionNamed("v000003")).isEqualTo(3);
    assertThat(registry.versionNamed("2")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 | there is no v000004",
        "0 | '0' is no version",
        "../x | '../x' is no version",
        "newest | 'newest' is no version",
        "99999999999 | is no version"
      })
  void nonsenseIsNoVersion(String name, String told) {
    ModelRegistry registry = withVersions(1, 10);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> registry.versionNamed(name))
        .withMessageContaining(told);
  }

  @Test
  void whatServesIsNotRolledBackTo() {
    ModelRegistry registry = withVersions(2, 10);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> rollBack(registry, 2))
        .withMessageContaining("v000002 is the champion")
        .withMessageContaining("already");
  }

  @Test
  void theOldestGoButWhatARollbackNeedsStays() throws IOException {
    ModelRegistry registry = withVersions(5, 2);
    assertThat(registry.versions()).containsExactly(4, 5);
    rollBack(registry, null);
    // Champion 4 is followed by 6; with one to keep, 4 stays for a rollback and 5 goes.
    Publications.publish(registry, model("m6"), "day-6", 1);
    assertThat(registry.versions()).containsExactly(4, 6);
    assertThat(rollBack(registry, null)).isEqualTo(4);
    assertThat(Publications.publish(registry, model("m7"), "day-7", 1)).isEqualTo(7);
    assertThat(registry.versions()).containsExactly(4, 7);
    try (var folders = Files.list(place.resolve("registry/versions"))) {
      assertThat(folders).hasSize(2);
    }
    assertThat(registry.decision("day-1")).as("decisions stay").isPresent();
  }

  @Test
  void aNumberIsNeverGivenTwice() throws IOException {
    ModelRegistry registry = withVersions(2, 10);
    rollBack(registry, null);
    try (RegistryWriter writer = registry.write(LockOwner.here(null, null), notes::add)) {
      assertThat(writer.nextVersion()).isEqualTo(3);
    }
    RunFolder versions =
        RunFolder.at(place.resolve("registry/versions").toString(), new Configuration());
    versions.removeFolder("v000002");
    try (RegistryWriter writer = registry.write(LockOwner.here(null, null), notes::add)) {
      assertThat(writer.nextVersion()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "model.json", "lineage.json", "decision.json"})
  void damageIsFoundAndARollbackHelps(String file) throws IOException {
    ModelRegistry registry = withVersions(2, 10);
    Path damaged = place.resolve("registry/versions/v000002").resolve(file);
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    LockstepException told =
        catchThrowableOfType(LockstepException.class, () -> registry.verified(2));
    assertThat(told.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(told)
        .hasMessageContaining("v000002")
        .hasMessageContaining(file + " is damaged: its SHA-256")
        .hasMessageContaining("registry rollback");
    assertThat(rollBack(registry, null)).isEqualTo(1);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> rollBack(registry, 2))
        .withMessageContainingAll("is damaged", "'registry list' shows the others.");
  }

  /** Which served nobody knows: the newest may have been rolled back for a reason. */
  @Test
  void aPointerThatIsLostIsSetByAPersonOnly() throws IOException {
    ModelRegistry registry = withVersions(3, 10);
    rollBack(registry, null);
    Files.delete(place.resolve("registry/champion.json"));

    registry.write(LockOwner.here(null, null), notes::add).close();
    assertThat(notes).isEmpty();
    for (Runnable attempt :
        List.<Runnable>of(
            registry::champion,
            () -> rollBack(registry, null),
            () -> Publications.publish(registry, model("m4"), "day-4", 10))) {
      LockstepException told = catchThrowableOfType(LockstepException.class, attempt::run);
      assertThat(told.kind()).isEqualTo(ErrorKind.DATA);
      assertThat(told)
          .hasMessageContaining("champion.json is gone")
          .hasMessageContaining("'registry rollback PATH VERSION'");
    }
    assertThat(place.resolve("registry/champion.json")).doesNotExist();
    assertThat(registry.versions()).containsExactly(1, 2, 3);

    assertThat(rollBack(registry, 2)).isEqualTo(2);
    assertThat(registry.requireChampion().version()).isEqualTo(2);
    assertThat(Publications.publish(registry, model("m4"), "day-4", 10)).isEqualTo(4);
    assertThat(rollBack(registry, null)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"format\": 1, \"files\": [{\"name\": \"../../x\", \"size\": 1, \"sha256\": \"\"}]} |"
            + " must be one of",
        "{\"format\": 2, \"files\": []} | the format this version knows",
        "{\"format\": 1, \"files\": []} | a list that has model.json",
        "[] | is not a JSON object"
      })
  void aManifestIsDistrusted(String manifest, String told) throws IOException {
    ModelRegistry registry = withVersions(1, 10);
    Files.writeString(place.resolve("registry/versions/v000001/manifest.json"), manifest);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> registry.verified(1))
        .withMessageContaining(told);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "",
        "{\"version\": 1, \"lastPublished\": 1, \"moves\": []}",
        "{\"version\": 1, \"before\": {}, \"lastPublished\": 1, \"moves\": []}",
        "{\"version\": 0, \"before\": [], \"lastPublished\": 1, \"moves\": []}",
        "{\"version\": 1, \"before\": [\"../x\"], \"lastPublished\": 1, \"moves\": []}",
        "{\"version\": 1, \"before\": [], \"lastPublished\": 1e99, \"moves\": []}"
      })
  void aPointerIsDistrusted(String pointer) throws IOException {
    ModelRegistry registry = withVersions(1, 10);
    Files.writeString(place.resolve("registry/champion.json"), pointer);
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(registry::champion)
        .withMessageContaining("champion.json")
        .extracting(LockstepException::kind)
        .isEqualTo(ErrorKind.DATA);
  }

  @Test
  void whatIsNoRegistryIsSaidToBeNone() {
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> ModelRegistry.existing(place.toString(), new Configuration()))
        .withMessageContaining("is no model registry");
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> registry().requireChampion())
        .withMessageContaining("has no champion yet");
  }

  @Test
  void aPublicationThatWasBrokenOffBeforeThePointerMovedIsCompleted() throws IOException {
    ModelRegistry registry = withVersions(1, 10);
    byte[] pointer = Files.readAllBytes(place.resolve("registry/champion.json"));
    Publications.publish(registry, model("m2"), "day-2", 10);
    Files.write(place.resolve("registry/champion.json"), pointer);
    Files.delete(place.resolve("registry/decisions/day-2.json"));

    assertThat(Publications.assertReadable(registry)).isEqualTo(1);
    registry.write(LockOwner.here(null, null), notes::add).close();
    assertThat(notes).singleElement().asString().startsWith("Completed the publication of v000002");
    assertThat(Publications.assertReadable(registry)).isEqualTo(2);
    assertThat(registry.decision("day-2")).isPresent();
    assertThat(registry.versions()).containsExactly(1, 2);
  }

  /** That nothing is known of a version for now is no reason to remove it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPublicationThatCannotBeReadNowIsCompletedLater(boolean asIfMissing) throws IOException {
    withVersions(1, 10);
    Path pointer = place.resolve("registry/champion.json");
    byte[] first = Files.readAllBytes(pointer);
    Publications.publish(registry(), model("m2"), "day-2", 10);
    Files.write(pointer, first);
    ModelRegistry registry =
        ModelRegistry.at(
            HookedFileSystem.location(place.resolve("registry")), HookedFileSystem.configuration());
    AtomicInteger looks = new AtomicInteger();
    HookedFileSystem.install(
        (operation, path) -> {
          boolean isOfWeights =
              operation.equals("read") && path.getName().equals("model.safetensors");
          // First it is looked for, then opened.
          if (isOfWeights && looks.incrementAndGet() == 2) {
            throw asIfMissing
                ? new FileNotFoundException("model.safetensors (Too many open files)")
                : new IOException("connection reset by peer");
          }
        },
        false);
    try {
      LockstepException told =
          catchThrowableOfType(
              LockstepException.class,
              () -> registry.write(LockOwner.here(null, null), notes::add));
      assertThat(told.kind()).isEqualTo(ErrorKind.RESOURCE);
      assertThat(told)
          .hasMessageContaining("Try again")
          .hasMessageContaining(asIfMissing ? "Too many open files" : "connection reset");
    } finally {
      HookedFileSystem.uninstall();
    }
    assertThat(registry.versions()).containsExactly(1, 2);
    registry.write(LockOwner.here(null, null), notes::add).close();
    assertThat(notes).singleElement().asString().startsWith("Completed the publication of v000002");
    assertThat(Publications.assertReadable(registry)).isEqualTo(2);
  }

  @Test
  void statisticsAreBytesOfTheirOwn() {
    ModelRegistry registry = withVersions(1, 10);
    assertThat(new String(registry.statistics(1).orElseThrow(), StandardCharsets.UTF_8))
        .isEqualTo("{\"rows\": 3}");
  }
}
