package dev.lockstep.driver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.checkpoint.HookedFileSystem;
import dev.lockstep.driver.folder.JavaProgram;
import dev.lockstep.driver.folder.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several publishers at once, and readers that find a whole champion whenever they look. */
final class ConcurrentPublishersTest {
  private static final int PUBLISHERS = 3;
  private static final int EACH = 3;

  @TempDir private Path place;

  /** A process that publishes some versions. */
  static final class PublishingProgram {
    private PublishingProgram() {}

    /** Takes the registry, the folder of a model, and a name for its run dates. */
    public static void main(String[] arguments) {
      ModelRegistry registry = ModelRegistry.at(arguments[0], new Configuration());
      RunFolder model = RunFolder.at(arguments[1], new Configuration());
      for (int i = 0; i < EACH; i++) {
        Publications.publish(registry, model, arguments[2] + "-" + i, 4);
      }
    }

    static Process start(String... arguments) throws IOException {
      return JavaProgram.of(PublishingProgram.class, arguments)
          .redirectOutput(ProcessBuilder.Redirect.INHERIT)
          .start();
    }
  }

  private static void assertAllPublished(ModelRegistry registry, String prefix) {
    int total = PUBLISHERS * EACH;
    Champion champion = registry.requireChampion();
    assertThat(champion.version()).isEqualTo(total);
    assertThat(champion.moves())
        .extracting(Champion.Move::to)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, total).boxed().toList());
    assertThat(registry.versions()).containsExactly(total - 3, total - 2, total - 1, total);
    for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
      for (int i = 0; i < EACH; i++) {
        assertThat(registry.decision(prefix + publisher + "-" + i)).isPresent();
      }
    }
  }

  /** Looks until the writers are done; returns how often it looked. */
  private static int readWhile(ModelRegistry registry, List<? extends Future<?>> writers)
      throws InterruptedException {
    int looks = 0;
    int newest = 0;
    while (writers.stream().anyMatch(writer -> !writer.isDone())) {
      if (registry.champion().isPresent()) {
        int version = Publications.assertReadable(registry);
        assertThat(version).isGreaterThanOrEqualTo(newest);
        newest = version;
        looks++;
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
    return looks;
  }

  @Test
  void processesTakeTurns() throws Exception {
    Path model = place.resolve("model");
    Publications.model(model, "m");
    String location = place.resolve("registry").toString();
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < PUBLISHERS; i++) {
        processes.add(PublishingProgram.start(location, model.toString(), "process-" + i));
      }
      ModelRegistry registry = ModelRegistry.at(location, new Configuration());
      assertThat(readWhile(registry, processes.stream().map(Process::onExit).toList()))
          .isPositive();
      for (Process process : processes) {
        assertThat(process.waitFor()).isZero();
      }
      assertAllPublished(registry, "process-");
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  @Test
  void soDoThreadsWhereNothingIsRenamedOverAFile() throws Exception {
    RunFolder model = Publications.model(place.resolve("model"), "m");
    String location = HookedFileSystem.location(place.resolve("registry"));
    ExecutorService threads = Executors.newFixedThreadPool(PUBLISHERS);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < PUBLISHERS; i++) {
        String dates = "thread-" + i;
        writers.add(
            threads.submit(
                () -> {
                  ModelRegistry registry =
                      ModelRegistry.at(location, HookedFileSystem.configuration());
                  for (int n = 0; n < EACH; n++) {
                    Publications.publish(registry, model, dates + "-" + n, 4);
                  }
                }));
      }
      ModelRegistry registry = ModelRegistry.at(location, HookedFileSystem.configuration());
      assertThat(readWhile(registry, writers)).isPositive();
      for (Future<?> writer : writers) {
        writer.get();
      }
      assertAllPublished(registry, "thread-");
    } finally {
      threads.shutdownNow();
    }
  }
}
