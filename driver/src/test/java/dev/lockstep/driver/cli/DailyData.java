package dev.lockstep.driver.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Points of two classes, a file a day. The line that parts the classes turns from day to day as a
 * test wants it; neither the points nor the shares of the classes tell that it did.
 */
final class DailyData {
  private static final int ROWS = 400;

  /** What the retraining of these points is configured by. */
  static final String CONFIGURATION =
      """
      name: points
      data:
        format: csv
        path: data/${RUN_DATE}.csv
        options: {header: true}
        label: side
        validation: {fraction: 0.1}
        test: {fraction: 0.3}
      network:
        layers: [{kind: dense, units: 4}, tanh, {kind: dense, units: 2}]
      optimizer: {kind: adam, learningRate: 0.05}
      training: {epochs: 6, batchSize: 32, shards: 2, synchronizer: local}
      registry: {path: registry, keep: 3}
      """;

  private final Path folder;

  /** Data and configuration go into {@code folder}. */
  DailyData(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder.resolve("data"));
      Files.writeString(configuration(), CONFIGURATION);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  Path configuration() {
    return folder.resolve("points.yaml");
  }

  Path registry() {
    return folder.resolve("registry");
  }

  Path run(String name) {
    return folder.resolve("runs").resolve(name);
  }

  /**
   * Writes the data of a day.
   *
   * @param degrees by which the line that parts the classes is turned
   * @param stretch factor of the first coordinate
   */
  DailyData day(String date, double degrees, double stretch) {
    Random random = new Random(date.hashCode());
    double angle = Math.toRadians(degrees);
    List<String> lines = new ArrayList<>(List.of("x,y,side"));
    for (int i = 0; i < ROWS; i++) {
      double x = random.nextGaussian();
      double y = random.nextGaussian();
      String side = x * Math.cos(angle) + y * Math.sin(angle) > 0 ? "right" : "left";
      lines.add(String.format(Locale.ROOT, "%.4f,%.4f,%s", stretch * x, y, side));
    }
    try {
      Files.write(folder.resolve("data").resolve(date + ".csv"), lines);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    return this;
  }

  /** Retrains for a day, into the folder {@code runs/<date>}. */
  Outcome retrain(String date, String... more) {
    return Outcome.of(arguments(date, date, more));
  }

  /** The command line of that. */
  String[] arguments(String date, String run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "retrain",
                configuration().toString(),
                "--run-date",
                date,
                "--output",
                run(run).toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }
}
