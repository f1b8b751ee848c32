package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A driver that is killed again and again at random moments, most of them while a checkpoint is
 * being written or an old one removed, and started each time with {@code --resume}: it never loses
 * more steps than lie between two checkpoints, and comes to the same end. System property: {@code
 * killedDriver.kills}.
 */
@Tag("clusters")
final class KilledDriverIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/target/killed-driver");
  private static final int KILLS = Integer.getInteger("killedDriver.kills", 12);
  private static final int STEPS = 100 * KILLS;
  private static final int EVERY_STEPS = 5;
  private static final int KEEP = 2;

  /** Of so many kills one comes at any time after the start, also before the first step. */
  private static final int EARLY = 6;

  private static final int EARLY_MILLISECONDS = 3000;
  private static final int LATE_MILLISECONDS = 40;
  private static final int NEW_STEPS = 30;

  private static final Pattern RESUMED =
      Pattern.compile("Resumed from checkpoint step-0*([0-9]+),");

  private final Path archive = FOLDER.resolve("classes.jsa");
  private final Path run = FOLDER.resolve("run");
  private final Path metrics = run.resolve("metrics.jsonl");

  @Test
  void goesOnToTheSameEnd() throws Exception {
    Folders.clear(FOLDER);
    Files.writeString(FOLDER.resolve("run.yaml"), Runs.yaml("local", 2, STEPS));
    // Later starts are quicker with the classes that this one has loaded.
    String undisturbed = undisturbed();

    long seed = System.nanoTime();
    System.out.println("killed driver: seed of the kills " + seed);
    Random random = new Random(seed);
    Toll toll = new Toll();
    for (int kill = 1; kill <= KILLS; kill++) {
      try (JavaProcess driver = train("kill-" + kill, run, "-XX:SharedArchiveFile=" + archive)) {
        if (kill % EARLY == 0) {
          awaitAnyStepFor(random.nextInt(EARLY_MILLISECONDS), toll.seen);
        } else {
          awaitStep(driver, toll.seen + 1 + random.nextInt(NEW_STEPS));
          Thread.sleep(random.nextInt(LATE_MILLISECONDS));
        }
        driver.kill();
        toll.count(driver.errors());
      }
    }
    try (JavaProcess driver = train("last", run, "-XX:SharedArchiveFile=" + archive)) {
      assertThat(driver.awaitEnd(600)).as(driver.errors()).isZero();
      toll.count(driver.errors());
    }
    System.out.println("killed driver: " + toll);

    assertThat(toll.resumed).isGreaterThan(KILLS / 2);
    assertThat(toll.unfinished).as("kills in the middle of a checkpoint").isPositive();
    JsonNode summary = summary(run);
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    assertThat(summary.path("parametersSha256").asText()).isEqualTo(undisturbed);
    assertThat(TrainingProcess.steps(metrics))
        .isEqualTo(LongStream.rangeClosed(1, STEPS).boxed().toList());
    try (Stream<Path> left = Files.list(run.resolve("checkpoints"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .hasSizeLessThanOrEqualTo(KEEP)
          .allMatch(name -> name.startsWith("step-"));
    }
  }

  /** What the kills have cost. */
  private final class Toll {
    private long seen;
    private int resumed;
    private long mostStepsLost;
    private int unfinished;

    /**
     * Counts in what a start has told before its end. Where it said where it went on, that was no
     * further back from the last step of the start before than checkpoints lie apart.
     */
    void count(String errors) throws IOException {
      Matcher told = RESUMED.matcher(errors);
      boolean startsOver = errors.contains("so it starts over");
      if (told.find() || startsOver) {
        long from = startsOver ? 0 : Long.parseLong(told.group(1));
        assertThat(seen - from).as("steps lost").isLessThanOrEqualTo(EVERY_STEPS);
        mostStepsLost = Math.max(mostStepsLost, seen - from);
        resumed++;
      }
      seen = TrainingProcess.lastStep(metrics);
      Path checkpoints = run.resolve("checkpoints");
      if (Files.isDirectory(checkpoints)) {
        try (Stream<Path> all = Files.list(checkpoints)) {
          // Being written, or being removed.
          if (all.anyMatch(each -> each.getFileName().toString().startsWith("."))) {
            unfinished++;
          }
        }
      }
    }

    @Override
    public String toString() {
      return "%d starts went on, at most %d steps lost, %d kills in the middle of a checkpoint"
          .formatted(resumed, mostStepsLost, unfinished);
    }
  }

  private String undisturbed() throws Exception {
    Path alone = FOLDER.resolve("undisturbed");
    try (JavaProcess driver = train("undisturbed", alone, "-XX:ArchiveClassesAtExit=" + archive)) {
      assertThat(driver.awaitEnd(600)).as(driver.errors()).isZero();
    }
    return summary(alone).path("parametersSha256").asText();
  }

  private static JsonNode summary(Path run) throws Exception {
    return new ObjectMapper().readTree(run.resolve("summary.json").toFile());
  }

  private void awaitStep(JavaProcess driver, long step) throws InterruptedException {
    Waiting.until(
        "step " + step + " is done",
        () -> {
          if (!driver.isAlive()) {
            throw new AssertionError("training ended before step " + step + "\n" + driver.errors());
          }
          return TrainingProcess.lastStep(metrics) >= step;
        });
  }

  /** At most so long, and not until the run ends: there must be something left to kill. */
  private void awaitAnyStepFor(long milliseconds, long seen) throws Exception {
    long end = System.nanoTime() + milliseconds * 1_000_000;
    while (System.nanoTime() < end && TrainingProcess.lastStep(metrics) <= seen) {
      Thread.sleep(5);
    }
  }

  private static JavaProcess train(String name, Path output, String option) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-Xmx512m",
                option,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                JavaProcess.logSettings(),
                "-cp",
                TrainingProcess.jar() + File.pathSeparator + JavaProcess.sparkClassPath()));
    return JavaProcess.start(
        FOLDER,
        name,
        options,
        "dev.lockstep.driver.cli.Main",
        List.of(
            "train",
            FOLDER.resolve("run.yaml").toString(),
            "--master",
            "local[2]",
            "--no-progress",
            "--resume",
            "--output",
            output.toString(),
            "--set",
            "training.checkpoint.everySteps=" + EVERY_STEPS,
            "--set",
            "training.checkpoint.keep=" + KEEP));
  }
}
