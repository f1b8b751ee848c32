package dev.lockstep.driver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A finished run that several tests look at: 150 rows with text labels, text columns that are no
 * features, and a length that is no whole number of epochs. Trained once.
 *
 * @param configuration its file
 * @param data its rows, a CSV file
 * @param folder its run folder
 * @param summary its {@code summary.json}
 */
record TrainedRun(Path configuration, Path data, Path folder, JsonNode summary) {
  static final int ROWS = 150;
  static final int STEPS = 23;
  static final List<String> LABELS = List.of("ant", "bee, or wasp", "cat");

  /** How its rows are quoted, as options of {@code evaluate} and {@code predict}. */
  static final String DIALECT = "escape=\"";

  private static TrainedRun shared;

  /** The run, trained at the first call. */
  static synchronized TrainedRun get() {
    if (shared == null) {
      try {
        Path target = Files.createDirectories(Path.of("target")).toAbsolutePath();
        shared = train(Files.createTempDirectory(target, "trained-run-"));
      } catch (IOException unwritable) {
        throw new UncheckedIOException(unwritable);
      }
    }
    return shared;
  }

  private static TrainedRun train(Path folder) throws IOException {
    Path data = Files.write(folder.resolve("animals.csv"), rows());
    Path configuration =
        Files.writeString(
            folder.resolve("animals.yaml"),
            """
            data:
              format: csv
              path: animals.csv
              options: {header: true, escape: '"'}
              label: animal
              features: [length, height, weight]
              validation: {fraction: 0.1}
              test: {fraction: 0.2}
            network:
              layers:
                - {kind: dense, units: 8}
                - batchNorm
                - tanh
                - {kind: dropout, keep: 0.9}
                - {kind: dense, units: 3}
            optimizer: {kind: adam, learningRate: 0.05}
            training: {steps: 23, batchSize: 16, shards: 3, seed: 5}
            """);
    Path run = folder.resolve("run");
    return new TrainedRun(configuration, data, run, Outcome.train(configuration, run));
  }

  /** A header and rows; their text holds separators and quotes. */
  private static List<String> rows() {
    Random random = new Random(3);
    List<String> lines = new ArrayList<>(List.of("id,length,height,animal,weight,note"));
    for (int i = 0; i < ROWS; i++) {
      int k = i % LABELS.size();
      lines.add(
          String.format(
              Locale.ROOT,
              "%05d,%.3f,%.2f,\"%s\",%.1f,%s",
              i,
              2 * k + random.nextGaussian(),
              (k == 1 ? 30.0 : 10.0) + 4 * random.nextGaussian(),
              LABELS.get(k),
              100 * random.nextGaussian(),
              i % 7 == 0 ? "\"says \"\"hi\"\", leaves\"" : i % 5 == 0 ? "" : " ok "));
    }
    return lines;
  }
}
