package dev.lockstep.deploy;

import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.Lineage;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.registry.Publication;
import dev.lockstep.driver.registry.Publisher;
import dev.lockstep.driver.registry.RegistryWriter;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.driver.run.Version;
import java.time.Instant;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * Publishes one model again and again and says each version's number. Arguments: the registry, the
 * folder of the model, what its run dates begin with, how many versions to publish, and how many of
 * them to keep. File systems are found by system properties that begin with {@code spark.hadoop.}.
 */
final class PublishingProgram {
  private PublishingProgram() {}

  /** Publishes and ends. */
  public static void main(String[] arguments) {
    Configuration hadoop = SparkStart.hadoop(Map.of());
    ModelRegistry registry = ModelRegistry.at(arguments[0], hadoop);
    RunFolder model = RunFolder.at(arguments[1], hadoop);
    int count = Integer.parseInt(arguments[3]);
    int keep = Integer.parseInt(arguments[4]);
    for (int i = 1; i <= count; i++) {
      System.out.println(publish(registry, model, arguments[2] + "-" + i, keep));
    }
  }

  /** Publishes the next version and returns its number. */
  static int publish(ModelRegistry registry, RunFolder model, String runDate, int keep) {
    LockOwner owner = LockOwner.here(null, null);
    try (RegistryWriter writer = registry.write(owner, PublishingProgram::say)) {
      int version = writer.nextVersion();
      Integer before = registry.champion().map(Champion::version).orElse(null);
      Lineage lineage =
          new Lineage(
              version,
              before,
              before,
              "registry",
              runDate,
              Instant.now().toString(),
              model.name(),
              "none",
              Version.LOCKSTEP,
              Publisher.of(owner),
              Map.of("loss", 1.0 / version),
              StrictJson.object().put("name", "registry"));
      byte[] decision = StrictJson.bytes(StrictJson.object().put("decision", "published"));
      writer.publish(new Publication(model, lineage, null, decision), keep);
      return version;
    }
  }

  private static void say(String sentence) {
    System.err.println(sentence);
  }
}
