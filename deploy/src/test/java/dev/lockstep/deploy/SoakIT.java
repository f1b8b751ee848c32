package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One driver that trains thousands of steps, loses an executor every few hundred, and holds no more
 * at the end than when it had warmed up. System properties: {@code soak.steps} in all, a multiple
 * of 8, {@code soak.kill} steps between two kills. Leaves a table in {@code target/soak/table.md}.
 */
@Tag("clusters")
final class SoakIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/target/soak");
  private static final int STEPS = Integer.getInteger("soak.steps", 2000);
  private static final int KILL = Integer.getInteger("soak.kill", 250);
  private static final int SAMPLES_OF_RUN = 20;
  private static final long MEGABYTE = 1 << 20;

  /** What is measured, and how much more of it the end may have than the beginning. */
  private enum Measure {
    HEAP("heap after GC, MB", 12 * MEGABYTE),
    THREADS("threads", 6),
    FILES("open files", 10),
    DRIVER_BLOCKS("blocks, driver", 6),
    BLOCKS("blocks, cluster", 10),
    BROADCASTS("broadcast pieces, cluster", 10),
    SHUFFLES("shuffles", 3),
    CHECKPOINTS("checkpoint folders", 2);

    private final String title;
    private final long allowance;

    Measure(String title, long allowance) {
      this.title = title;
      this.allowance = allowance;
    }
  }

  private record Sample(String synchronizer, long step, Map<Measure, Long> values) {
    static Sample parse(String line) {
      List<String> words = List.of(line.split(" ", -1));
      Map<Measure, Long> values = new EnumMap<>(Measure.class);
      Iterator<String> numbers = words.subList(3, words.size()).iterator();
      for (Measure measure : Measure.values()) {
        values.put(measure, Long.valueOf(numbers.next()));
      }
      return new Sample(words.get(1), Long.parseLong(words.get(2)), values);
    }

    long of(Measure measure) {
      return values.get(measure);
    }
  }

  @Test
  void holdsNoMoreAtTheEndThanAtTheBeginning() throws Exception {
    Folders.clear(FOLDER);
    long seed = System.nanoTime();
    System.out.println("soak: seed of the kills " + seed);
    List<String> lines;
    try (JavaProcess program = start(seed)) {
      int code = program.awaitEnd(60 + STEPS / 2);
      assertThat(code).as(program.errors()).isZero();
      lines = program.output().lines().toList();
    }
    List<Sample> samples =
        lines.stream().filter(line -> line.startsWith("sample ")).map(Sample::parse).toList();
    String table = table(samples);
    Files.writeString(FOLDER.resolve("table.md"), table);
    System.out.println(table);

    assertThat(lines.stream().filter(line -> line.startsWith("killed ")))
        .hasSizeGreaterThan(STEPS / KILL / 2);
    assertThat(lines.stream().filter(line -> line.startsWith("run "))).hasSize(SoakProgram.RUNS);
    for (String synchronizer : List.of("tree", "barrier")) {
      List<Sample> all = of(samples, synchronizer);
      assertThat(all).hasSizeGreaterThanOrEqualTo(SAMPLES_OF_RUN);
      int steps = SoakProgram.stepsOf(synchronizer, STEPS);
      String expected =
          Runs.undisturbed(
              FOLDER.resolve(synchronizer), Runs.yaml("local", SoakProgram.SHARDS, steps));
      assertThat(lines.stream().filter(line -> line.startsWith("run " + synchronizer)))
          .allMatch(line -> line.endsWith(" " + expected));
      for (Measure measure : Measure.values()) {
        if (measure != Measure.THREADS) {
          assertThat(last(all, measure))
              .as("%s: %s%n%s", synchronizer, measure.title, table)
              .isLessThanOrEqualTo(first(all, measure) + measure.allowance);
        }
      }
      // Threads of Spark's pools end when they have nothing to do and come back at the next kill.
      int third = all.size() / 3;
      assertThat(peak(all.subList(all.size() - third, all.size()), Measure.THREADS))
          .as("%s: %s%n%s", synchronizer, Measure.THREADS.title, table)
          .isLessThanOrEqualTo(
              peak(all.subList(0, all.size() - third), Measure.THREADS)
                  + Measure.THREADS.allowance);
    }
    // The kept ones, the next, and one on its way out.
    assertThat(samples).allMatch(s -> s.of(Measure.CHECKPOINTS) <= SoakProgram.KEEP + 2);
  }

  private static JavaProcess start(long seed) {
    String classPath =
        String.join(
            File.pathSeparator, TrainingProcess.testClasses(), TrainingProcess.jar().toString());
    List<String> options = new ArrayList<>();
    options.add("-Xmx512m");
    options.add(JavaProcess.logSettings());
    options.add("-Dspark.executor.extraClassPath=" + classPath);
    options.add("-Dspark.executor.extraJavaOptions=" + JavaProcess.SMALL);
    // What Spark remembers of jobs for its web pages is bounded; a small bound is reached soon.
    options.add("-Dspark.ui.retainedJobs=50");
    options.add("-Dspark.ui.retainedStages=50");
    options.add("-Dspark.ui.retainedDeadExecutors=2");
    options.add("-Dspark.shuffle.io.maxRetries=1");
    options.add("-Dspark.shuffle.io.retryWait=100ms");
    options.add("-cp");
    options.add(classPath + File.pathSeparator + JavaProcess.sparkClassPath());
    return JavaProcess.start(
        FOLDER,
        "soak",
        options,
        SoakProgram.class.getName(),
        List.of(
            FOLDER.toString(),
            Integer.toString(STEPS),
            Integer.toString(KILL),
            Integer.toString(SAMPLES_OF_RUN),
            Long.toString(seed)));
  }

  private static List<Sample> of(List<Sample> samples, String synchronizer) {
    return samples.stream().filter(sample -> sample.synchronizer().equals(synchronizer)).toList();
  }

  /** Median of the first third after a sixth for warming up. */
  private static long first(List<Sample> samples, Measure measure) {
    int warm = samples.size() / 6;
    return median(samples.subList(warm, warm + samples.size() / 3), measure);
  }

  /** Median of the last third. */
  private static long last(List<Sample> samples, Measure measure) {
    return median(samples.subList(samples.size() - samples.size() / 3, samples.size()), measure);
  }

  private static long peak(List<Sample> samples, Measure measure) {
    return samples.stream().mapToLong(sample -> sample.of(measure)).max().orElseThrow();
  }

  private static long median(List<Sample> samples, Measure measure) {
    long[] values = new long[samples.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = samples.get(i).of(measure);
    }
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static String table(List<Sample> samples) throws IOException {
    StringBuilder table = new StringBuilder();
    table.append("| | tree, first third | last third | barrier, first third | last third |\n");
    table.append("| --- | --- | --- | --- | --- |\n");
    for (Measure measure : Measure.values()) {
      table.append("| ").append(measure.title);
      for (String synchronizer : List.of("tree", "barrier")) {
        List<Sample> all = of(samples, synchronizer);
        table.append(" | ").append(show(first(all, measure), measure));
        table.append(" | ").append(show(last(all, measure), measure));
      }
      table.append(" |\n");
    }
    return table.toString();
  }

  private static String show(long value, Measure measure) {
    return measure == Measure.HEAP
        ? String.format(Locale.ROOT, "%.1f", (double) value / MEGABYTE)
        : Long.toString(value);
  }
}
