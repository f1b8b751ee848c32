package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
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
 * more steps than lie between two checkpoints, and comes to the same end.
 */
@Tag("clusters")
final class KilledDriverIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/target/killed-driver");
  private static final int KILLS = Integer.getInteger("killedDriver.kills", 24);
  private static final int STEPS = 50 * ((KILLS + 1) / 2 + 1);
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
    int losses = 0;
    long seen = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      try (JavaProcess driver = train("kill-" + kill, run, "-XX:SharedArchiveFile=" + archive)) {
        if (kill % EARLY == 0) {
          Thread.sleep(random.nextInt(EARLY_MILLISECONDS));
        } else {
          long goal = seen + 1 + random.nextInt(NEW_STEPS);
          awaitStep(driver, goal);
          Thread.sleep(random.nextInt(LATE_MILLISECONDS));
        }
        driver.kill();
        losses += checkLoss(driver, seen);
      }
      seen = TrainingProcess.lastStep(metrics);
    }
    try (JavaProcess driver = train("last", run, "-XX:SharedArchiveFile=" + archive)) {
      assertThat(driver.awaitEnd(120)).as(driver.errors()).isZero();
      losses += checkLoss(driver, seen);
    }

    assertThat(losses).as("starts that said where they went on").isGreaterThan(KILLS / 2);
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

  /**
   * A start that got so far says where it went on: not further back from what the one before had
   * told of than checkpoints lie apart.
   *
   * @return 1 where it got so far
   */
  private static int checkLoss(JavaProcess driver, long seenBefore) {
    Matcher told = RESUMED.matcher(driver.errors());
    if (!told.find()) {
      return 0;
    }
    long resumed = Long.parseLong(told.group(1));
    assertThat(resumed)
        .as("step resumed from, after step %d was seen", seenBefore)
        .isGreaterThanOrEqualTo(seenBefore - EVERY_STEPS);
    return 1;
  }

  private String undisturbed() throws Exception {
    Path alone = FOLDER.resolve("undisturbed");
    try (JavaProcess driver = train("undisturbed", alone, "-XX:ArchiveClassesAtExit=" + archive)) {
      assertThat(driver.awaitEnd(120)).as(driver.errors()).isZero();
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

  private static JavaProcess train(String name, Path output, String option) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-Xmx256m",
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
