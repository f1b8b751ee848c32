package dev.lockstep.driver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** Small models to publish: what is in their files does not matter to a registry. */
final class Publications {
  private static final List<String> MODEL_FILES =
      List.of("model.json", "model.safetensors", "preprocessing.json");

  private Publications() {}

  /** A folder with the files of a model; each has other content. */
  static RunFolder model(Path folder, String content) {
    try {
      Files.createDirectories(folder);
      for (String name : MODEL_FILES) {
        Files.writeString(folder.resolve(name), name + " of " + content);
      }
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    return RunFolder.at(folder.toString(), new Configuration());
  }

  static byte[] decision(String text) {
    return StrictJson.bytes(StrictJson.object().put("decision", text));
  }

  /** Publishes a model as the next version. */
  static int publish(ModelRegistry registry, RunFolder model, String runDate, int keep) {
    try (RegistryWriter writer = registry.write(LockOwner.here(null, null), note -> {})) {
      return publish(writer, registry, model, runDate, keep);
    }
  }

  static int publish(
      RegistryWriter writer, ModelRegistry registry, RunFolder model, String runDate, int keep) {
    int version = writer.nextVersion();
    Integer before = registry.champion().map(Champion::version).orElse(null);
    Lineage lineage =
        new Lineage(
            version,
            before,
            before,
            "daily",
            runDate,
            "2026-11-25T00:00:00Z",
            model.name(),
            "f00d",
            "0.1.0",
            new Publisher("nobody", "here", null),
            Map.of("loss", 0.5),
            StrictJson.object().put("name", "daily"));
    writer.publish(
        new Publication(
            model,
            lineage,
            "{\"rows\": 3}".getBytes(StandardCharsets.UTF_8),
            decision("v" + version)),
        keep);
    return version;
  }

  /** The registry can be read, and its champion is whole. */
  static int assertReadable(ModelRegistry registry) {
    Champion champion = registry.requireChampion();
    RunFolder model = registry.verified(champion.version());
    assertThat(new String(DigestedFiles.bytes(model, "model.json", 100), StandardCharsets.UTF_8))
        .startsWith("model.json of ");
    assertThat(registry.lineage(champion.version()).version()).isEqualTo(champion.version());
    return champion.version();
  }
}
