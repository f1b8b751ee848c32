package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.Lineage;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.registry.Publication;
import dev.lockstep.driver.registry.Publisher;
import dev.lockstep.driver.registry.RegistryWriter;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.driver.run.Version;
import dev.lockstep.trainer.error.LockstepException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A challenger against whoever is champion, on the same rows, and what follows of it in the
 * registry: a publication, or the record that the champion stays.
 */
final class Contest {
  private final JavaSparkContext spark;
  private final ModelRegistry registry;
  private final LockOwner owner;
  private final RunConfiguration given;
  private final RetrainingSettings settings;
  private final Consumer<String> messages;
  private Integer publishing;

  /**
   * A contest that is still to be held.
   *
   * @param owner who changes the registry
   * @param given the configuration of the retraining
   * @param messages is told, as a sentence, what happens
   */
  Contest(
      JavaSparkContext spark,
      ModelRegistry registry,
      LockOwner owner,
      RunConfiguration given,
      Consumer<String> messages) {
    this.spark = spark;
    this.registry = registry;
    this.owner = owner;
    this.given = given;
    this.settings = RetrainingSettings.of(given);
    this.messages = messages;
  }

  /**
   * Compares with whoever is champion, until nobody else has become champion meanwhile.
   *
   * @param recorded what somebody else has decided for the same; asked with the registry taken
   */
  Decision decide(Challenger challenger, Supplier<Optional<Decision>> recorded) {
    while (true) {
      Optional<Champion> champion = registry.champion();
      Optional<ModelComparison> comparison = Optional.empty();
      LockstepException incomparable = null;
      try {
        comparison = champion.map(it -> compare(it, challenger));
      } catch (LockstepException failure) {
        // Two publications later its version may be gone.
        incomparable = failure;
      }
      try (RegistryWriter writer = registry.write(owner, messages)) {
        Optional<Decision> decided = recorded.get();
        if (decided.isPresent()) {
          return decided.get();
        }
        if (versionOf(registry.champion()).equals(versionOf(champion))) {
          if (incomparable != null) {
            throw incomparable;
          }
          return conclude(writer, challenger, champion, comparison);
        }
      }
      messages.accept("Another model has become champion meanwhile, so that one counts.");
    }
  }

  /** Whether the challenger is a version, though what was to follow may have failed. */
  boolean hasPublished() {
    return publishing != null && registry.versions().contains(publishing);
  }

  private static Optional<Integer> versionOf(Optional<Champion> champion) {
    return champion.map(Champion::version);
  }

  /** Puts the champion, if there is one, and its metrics or null. */
  static void putChampion(ObjectNode facts, Optional<Champion> champion, SplitMetrics metrics) {
    if (champion.isEmpty()) {
      facts.putNull("champion");
    } else {
      Decision.put(facts, "champion", champion.get().version(), metrics);
    }
  }

  private ModelComparison compare(Champion champion, Challenger challenger) {
    return ModelComparison.of(
        spark,
        ModelFolder.read(registry.verified(champion.version())),
        challenger.model(),
        challenger.data(),
        settings.metric(),
        settings.confidence(),
        given.training().seed());
  }

  private Decision conclude(
      RegistryWriter writer,
      Challenger challenger,
      Optional<Champion> champion,
      Optional<ModelComparison> comparison) {
    Verdict verdict = Verdict.of(settings, comparison);
    int version = writer.nextVersion();
    SplitMetrics metrics =
        comparison.map(ModelComparison::challenger).orElse(challenger.summary().test());
    ObjectNode facts = challenger.facts();
    verdict.write(facts);
    putChampion(facts, champion, comparison.map(ModelComparison::champion).orElse(null));
    Decision.put(facts, "challenger", verdict.publish() ? version : null, metrics);
    Decision decision = Decision.of(verdict.kind(), verdict.reason(), facts);
    byte[] json = decision.toJson().getBytes(StandardCharsets.UTF_8);
    if (verdict.publish()) {
      publishing = version;
      writer.publish(
          new Publication(
              challenger.run().folder(ModelFolder.NAME),
              lineage(version, challenger, champion, metrics),
              challenger.statistics().getBytes(StandardCharsets.UTF_8),
              json),
          given.registry().keep());
    } else if (settings.runDate() != null) {
      writer.record(settings.runDate(), json);
    }
    return decision;
  }

  private Lineage lineage(
      int version, Challenger challenger, Optional<Champion> champion, SplitMetrics metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", metrics.loss());
    values.putAll(metrics.values());
    return new Lineage(
        version,
        challenger.parent(),
        versionOf(champion).orElse(null),
        given.name(),
        settings.runDate(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        challenger.run().name(),
        challenger.summary().dataFingerprint(),
        Version.LOCKSTEP,
        Publisher.of(owner),
        values,
        ConfigurationWriter.toTree(challenger.configuration()));
  }
}
