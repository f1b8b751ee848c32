package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.driver.run.SparkStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;

/** Spark, files and settings for the tests of this package. */
final class RetrainingFixture {
  private RetrainingFixture() {}

  static JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(
        SparkStart.start("test", "local[2]", Map.of()).sparkContext());
  }

  static Path write(Path file, List<String> lines) {
    try {
      return Files.write(file, lines);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  /** All rows of a CSV file but {@code test} of them, bad ones left out. */
  static DataSettings settings(
      Path file, List<String> categorical, Normalization normalize, double test) {
    return settings(file, List.of(), categorical, null, normalize, test);
  }

  static DataSettings settings(
      Path file,
      List<String> features,
      List<String> categorical,
      String weight,
      Normalization normalize,
      double test) {
    return new DataSettings(
        new DataLocation.Csv(List.of(file.toString())),
        Map.of("header", "true"),
        "y",
        features,
        weight,
        categorical,
        null,
        new HeldOut.Fraction(0.0),
        new HeldOut.Fraction(test),
        1,
        normalize,
        null,
        new BadRowSettings(BadRowMode.SKIP, 0.5),
        List.of());
  }

  /** The same with all rows of another file for the test split. */
  static DataSettings withTest(DataSettings settings, Path file) {
    return new DataSettings(
        settings.location(),
        settings.options(),
        settings.label(),
        settings.features(),
        settings.weight(),
        settings.categorical(),
        settings.task(),
        settings.validation(),
        new HeldOut.Separate(new DataLocation.Csv(List.of(file.toString()))),
        settings.splitSeed(),
        settings.normalize(),
        settings.shape(),
        settings.badRows(),
        settings.augment());
  }
}
