package dev.lockstep.driver.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.Lineage;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.registry.RegistryWriter;
import dev.lockstep.driver.report.Numbers;
import dev.lockstep.driver.telemetry.Event;
import dev.lockstep.driver.telemetry.EventKind;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lockstep registry}. */
@Command(
    name = "registry",
    description = "Lists, shows and rolls back the models that retrain has published.",
    synopsisSubcommandLabel = "COMMAND")
final class RegistryCommand implements Runnable {
  private static final int DIGITS = 4;
  private static final String ROW = "%-9s %-9s %-20s %-12s %-9s %s%n";

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is needed.");
  }

  @Command(name = "list", description = "All versions, the newest last, and which one serves.")
  void list(
      @Parameters(paramLabel = "PATH", description = "Folder of the registry, any Hadoop URI.")
          String path,
      @Option(names = "--json", description = "One JSON document instead of a table.") boolean json,
      @Mixin FileSystemOptions files) {
    ModelRegistry registry = ModelRegistry.existing(path, files.hadoop());
    Optional<Champion> champion = Optional.empty();
    // Where nobody knows which one serves, all may have served.
    int lastPublished = Integer.MAX_VALUE;
    try {
      champion = registry.champion();
      lastPublished = champion.map(Champion::lastPublished).orElse(0);
    } catch (LockstepException lost) {
      if (lost.kind() != ErrorKind.DATA) {
        throw lost;
      }
      say(lost.getMessage());
    }
    if (json) {
      System.out.println(asJson(registry, champion, lastPublished));
      return;
    }
    System.out.printf(
        Locale.ROOT, ROW, "VERSION", "SERVES", "PUBLISHED", "RUN DATE", "PARENT", "METRICS");
    for (int version : registry.versions()) {
      boolean serves = champion.map(Champion::version).equals(Optional.of(version));
      // One that is not published may be half there; the next writer completes or removes it.
      Row row = Row.of(registry, version, version <= lastPublished);
      System.out.printf(
          Locale.ROOT,
          ROW,
          ModelRegistry.nameOf(version),
          serves ? "champion" : "",
          row.published(),
          row.runDate(),
          row.parent(),
          row.metrics());
    }
  }

  /** What a table says of a version; a damaged one must not hide the others. */
  private record Row(String published, String runDate, String parent, String metrics) {
    static Row of(ModelRegistry registry, int version, boolean published) {
      if (!published) {
        return new Row("", "", "", "not published yet");
      }
      try {
        Lineage lineage = registry.lineage(version);
        return new Row(
            lineage.createdAt(),
            lineage.runDate() == null ? "" : lineage.runDate(),
            lineage.parent() == null ? "" : ModelRegistry.nameOf(lineage.parent()),
            metrics(lineage));
      } catch (LockstepException damaged) {
        return new Row("", "", "", "damaged: " + damaged.getMessage());
      }
    }

    private static String metrics(Lineage lineage) {
      StringBuilder text = new StringBuilder();
      lineage
          .metrics()
          .forEach(
              (name, value) ->
                  text.append(text.isEmpty() ? "" : ", ")
                      .append(name)
                      .append(' ')
                      .append(Numbers.significant(value, DIGITS)));
      return text.toString();
    }
  }

  private static String asJson(
      ModelRegistry registry, Optional<Champion> champion, int lastPublished) {
    ObjectNode root = StrictJson.object();
    root.put("registry", registry.name());
    root.put("champion", champion.map(Champion::version).orElse(null));
    ArrayNode versions = root.putArray("versions");
    for (int version : registry.versions()) {
      if (version > lastPublished) {
        versions.addObject().put("version", version).put("published", false);
        continue;
      }
      try {
        versions.add(registry.lineage(version).summary());
      } catch (LockstepException damaged) {
        versions.addObject().put("version", version).put("damaged", damaged.getMessage());
      }
    }
    ArrayNode moves = root.putArray("moves");
    champion.ifPresent(it -> it.writeMoves(moves));
    return text(root);
  }

  private static String text(ObjectNode root) {
    return new String(StrictJson.bytes(root), StandardCharsets.UTF_8).stripTrailing();
  }

  @Command(
      name = "show",
      description = "Where a version comes from, as JSON, after a check of all its files.")
  void show(
      @Parameters(paramLabel = "PATH", description = "Folder of the registry, any Hadoop URI.")
          String path,
      @Parameters(
              paramLabel = "VERSION",
              arity = "0..1",
              defaultValue = ModelRegistry.CHAMPION,
              description = "A number such as 3, or champion (default: ${DEFAULT-VALUE}).")
          String version,
      @Mixin FileSystemOptions files) {
    ModelRegistry registry = ModelRegistry.existing(path, files.hadoop());
    int number = registry.versionNamed(version);
    ObjectNode root = StrictJson.object();
    root.put("folder", registry.verified(number).name());
    root.put("champion", registry.pointer().filter(it -> it.version() == number).isPresent());
    root.setAll(registry.lineage(number).toTree());
    System.out.println(text(root));
  }

  @Command(
      name = "rollback",
      description = {
        "Makes an earlier version the champion again: the one that was champion before, or VERSION.",
        "Again, it goes further back; what was rolled back stays in the registry."
      })
  void rollback(
      @Parameters(paramLabel = "PATH", description = "Folder of the registry, any Hadoop URI.")
          String path,
      @Parameters(paramLabel = "VERSION", arity = "0..1", description = "A number such as 3.")
          String version,
      @Mixin FileSystemOptions files) {
    ModelRegistry registry = ModelRegistry.existing(path, files.hadoop());
    Integer target = version == null ? null : Integer.valueOf(registry.versionNamed(version));
    Optional<Integer> seen = registry.pointer().map(Champion::version);
    try (RegistryWriter writer = registry.write(LockOwner.here(null, null), RegistryCommand::say)) {
      Optional<Integer> before = registry.pointer().map(Champion::version);
      if (target == null && seen.isPresent() && before.isPresent() && !seen.equals(before)) {
        throw LockstepException.usage(
            ModelRegistry.nameOf(before.get())
                + " has become the champion of "
                + registry.name()
                + " just now, in the place of "
                + ModelRegistry.nameOf(seen.get())
                + ", so nothing was rolled back. Name the version that is to serve.");
      }
      int now = writer.rollBack(target);
      tellOfRollback(registry, now, before);
      say(
          ModelRegistry.nameOf(now)
              + " is the champion of "
              + registry.name()
              + before.map(it -> " again, in the place of " + ModelRegistry.nameOf(it)).orElse("")
              + ".");
      System.out.println(registry.version(now).name());
    }
  }

  private static void tellOfRollback(
      ModelRegistry registry, int champion, Optional<Integer> before) {
    Event event =
        Event.of(EventKind.ROLLED_BACK, null)
            .with("registry", registry.name())
            .with("champion", champion);
    Terminal.events().tell(before.isPresent() ? event.with("before", before.get()) : event);
  }

  private static void say(String sentence) {
    System.err.println(sentence);
  }
}
