package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.ModelRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * What a model registry must stand wherever it lies: publishers side by side, publishers that are
 * killed, old versions that go, and the commands that look at it and roll it back. It begins with
 * what {@code retrain} has published as version 1.
 */
final class RegistryTrial {
  /** Publishers at once, and how many versions each of them publishes. */
  private static final int PUBLISHERS = 2;

  private static final int EACH = 3;

  private static final int ALL = 1000;
  private static final int FEW = 2;
  private static final long LIMIT_SECONDS = 120;

  /** Starts a process that finds the file system. */
  interface Starter {
    /**
     * Starts one.
     *
     * @param name of the files with what it prints
     */
    JavaProcess start(String name, List<String> arguments) throws IOException;
  }

  private final String location;
  private final String model;
  private final Configuration hadoop;
  private final Starter publishers;
  private final Starter commands;
  private final ModelRegistry registry;

  /**
   * A trial that is still to be made.
   *
   * @param location of the registry
   * @param model folder of a model
   * @param hadoop leads to its file system
   * @param publishers starts {@link PublishingProgram}
   * @param commands starts commands of Lockstep that do without Spark
   */
  RegistryTrial(
      String location, String model, Configuration hadoop, Starter publishers, Starter commands) {
    this.location = location;
    this.model = model;
    this.hadoop = hadoop;
    this.publishers = publishers;
    this.commands = commands;
    this.registry = ModelRegistry.at(location, hadoop);
  }

  /** Makes it. */
  void make() throws IOException, InterruptedException {
    assertThat(registry.versions()).containsExactly(1);
    publishSideBySide();
    killWhile("a version is being written", () -> names().stream().anyMatch(this::isStaged));
    killWhile("a version has its name and does not serve yet", this::isNewestNotChampion);
    removeTooMany();
    useCommands();
  }

  private JavaProcess publisher(String name, int count, int keep) throws IOException {
    return publishers.start(
        name, List.of(location, model, name, Integer.toString(count), Integer.toString(keep)));
  }

  /** Nothing is lost, nothing is twice, and who reads meanwhile finds a whole champion. */
  private void publishSideBySide() throws IOException, InterruptedException {
    List<JavaProcess> running = new ArrayList<>();
    try {
      for (int i = 0; i < PUBLISHERS; i++) {
        running.add(publisher("beside-" + i, EACH, ALL));
      }
      int champion = 1;
      while (running.stream().anyMatch(JavaProcess::isAlive)) {
        int now = registry.requireChampion().version();
        assertThat(now).isGreaterThanOrEqualTo(champion);
        registry.verified(now);
        champion = now;
      }
      List<Integer> published = new ArrayList<>();
      for (int i = 0; i < PUBLISHERS; i++) {
        JavaProcess process = running.get(i);
        assertThat(process.awaitEnd(LIMIT_SECONDS)).as(process.errors()).isZero();
        process.output().lines().map(Integer::valueOf).forEach(published::add);
        for (int n = 1; n <= EACH; n++) {
          assertThat(registry.decision("beside-" + i + "-" + n)).isPresent();
        }
      }
      List<Integer> all = IntStream.rangeClosed(1, 1 + PUBLISHERS * EACH).boxed().toList();
      assertThat(published).containsExactlyInAnyOrderElementsOf(all.subList(1, all.size()));
      assertThat(registry.versions()).isEqualTo(all);
      assertThat(registry.requireChampion().moves())
          .extracting(Champion.Move::to)
          .containsExactlyElementsOf(all);
    } finally {
      running.forEach(JavaProcess::close);
    }
  }

  /** Wherever exactly it died, all is whole, and the next one goes on. */
  private void killWhile(String what, BooleanSupplier moment)
      throws IOException, InterruptedException {
    String name = "killed-" + what.replace(' ', '-');
    int before = registry.requireChampion().version();
    try (JavaProcess killed = publisher(name, Integer.MAX_VALUE, ALL)) {
      Waiting.until(
          what,
          () -> {
            if (!killed.isAlive()) {
              throw new AssertionError("ended before " + what + "\n" + killed.errors());
            }
            return moment.getAsBoolean();
          });
      killed.kill();
    }
    int left = registry.requireChampion().version();
    assertThat(left).isGreaterThanOrEqualTo(before);
    registry.verified(left);

    int next = PublishingProgram.publish(registry, folder(), "after-" + name, ALL);
    assertThat(next).isGreaterThan(left);
    assertThat(registry.requireChampion().version()).isEqualTo(next);
    assertThat(registry.versions()).isEqualTo(IntStream.rangeClosed(1, next).boxed().toList());
    assertThat(names()).isEqualTo(registry.versions().stream().map(ModelRegistry::nameOf).toList());
    for (int version : registry.versions()) {
      registry.verified(version);
      assertThat(registry.decision(registry.lineage(version).runDate())).isPresent();
    }
  }

  private RunFolder folder() {
    return RunFolder.at(model, hadoop);
  }

  private boolean isStaged(String name) {
    return name.startsWith(".staged-");
  }

  private boolean isNewestNotChampion() {
    // The versions first: one that comes later would be newer than a champion of before.
    List<Integer> versions = registry.versions();
    int champion = registry.requireChampion().version();
    return versions.stream().anyMatch(version -> version > champion);
  }

  /** What is in the folder of the versions, sorted. */
  private List<String> names() {
    Path versions = new Path(location, "versions");
    try {
      return Arrays.stream(versions.getFileSystem(hadoop).listStatus(versions))
          .map(FileStatus::getPath)
          .map(Path::getName)
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void removeTooMany() {
    int last = PublishingProgram.publish(registry, folder(), "last", FEW);
    assertThat(registry.versions()).containsExactly(last - 1, last);
    assertThat(names()).containsExactly(ModelRegistry.nameOf(last - 1), ModelRegistry.nameOf(last));
  }

  private void useCommands() throws IOException, InterruptedException {
    int last = registry.requireChampion().version();
    JsonNode list = json("list", location, "--json");
    assertThat(list.path("champion").asInt()).isEqualTo(last);
    assertThat(list.path("versions")).hasSize(FEW);
    assertThat(command("list", location))
        .containsPattern(ModelRegistry.nameOf(last) + " +champion ")
        .contains("loss");

    JsonNode shown = json("show", location);
    assertThat(shown.path("champion").asBoolean()).isTrue();
    assertThat(shown.path("runDate").asText()).isEqualTo("last");
    assertThat(shown.path("folder").asText()).isEqualTo(registry.version(last).name());

    assertThat(command("rollback", location).strip()).isEqualTo(registry.version(last - 1).name());
    assertThat(registry.requireChampion().version()).isEqualTo(last - 1);
    assertThat(json("show", location).path("version").asInt()).isEqualTo(last - 1);
  }

  private JsonNode json(String... arguments) throws IOException, InterruptedException {
    return new ObjectMapper().readTree(command(arguments));
  }

  private String command(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("registry"));
    all.addAll(List.of(arguments));
    try (JavaProcess process = commands.start("registry-" + arguments[0], all)) {
      assertThat(process.awaitEnd(LIMIT_SECONDS)).as(process.errors()).isZero();
      return process.output();
    }
  }
}
