package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.replica.Examples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Settings with one thing changed at a time, files, and shards as plain values. */
final class Fixtures {
  private Fixtures() {}

  /** A {@code data} block under construction. */
  static final class Settings {
    private DataLocation location;
    private Map<String, String> options = Map.of("header", "true");
    private String label = "label";
    private List<String> features = List.of();
    private String weight;
    private List<String> categorical = List.of();
    private Task task;
    private HeldOut validation = new HeldOut.Fraction(0);
    private HeldOut test = new HeldOut.Fraction(0);
    private long splitSeed = 1;
    private Normalization normalize = Normalization.NONE;
    private Shape shape;
    private BadRowSettings badRows = BadRowSettings.DEFAULT;

    static Settings csv(Path... paths) {
      List<String> texts = new ArrayList<>();
      for (Path path : paths) {
        texts.add(path.toString());
      }
      return of(new DataLocation.Csv(texts));
    }

    static Settings of(DataLocation location) {
      Settings settings = new Settings();
      settings.location = location;
      return settings;
    }

    Settings options(Map<String, String> value) {
      options = value;
      return this;
    }

    Settings label(String value) {
      label = value;
      return this;
    }

    Settings features(String... value) {
      features = List.of(value);
      return this;
    }

    Settings categorical(String... value) {
      categorical = List.of(value);
      return this;
    }

    Settings weight(String value) {
      weight = value;
      return this;
    }

    Settings task(Task value) {
      task = value;
      return this;
    }

    Settings fractions(double validationFraction, double testFraction) {
      validation = new HeldOut.Fraction(validationFraction);
      test = new HeldOut.Fraction(testFraction);
      return this;
    }

    Settings separate(DataLocation validationLocation) {
      validation = new HeldOut.Separate(validationLocation);
      return this;
    }

    Settings splitSeed(long value) {
      splitSeed = value;
      return this;
    }

    Settings normalize(Normalization value) {
      normalize = value;
      return this;
    }

    Settings shape(Shape value) {
      shape = value;
      return this;
    }

    Settings badRows(BadRowMode mode, double maxFraction) {
      badRows = new BadRowSettings(mode, maxFraction);
      return this;
    }

    DataSettings build() {
      return new DataSettings(
          location,
          options,
          label,
          features,
          weight,
          categorical,
          task,
          validation,
          test,
          splitSeed,
          normalize,
          shape,
          badRows,
          List.of());
    }

    PreparedData prepare(int shards, int partitions) {
      return DataPreparation.prepare(TestSpark.context(), build(), shards, partitions);
    }
  }

  static Path write(Path file, String... lines) {
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, String.join("\n", lines) + "\n");
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A split's shards as text that two equal splits share to the last bit. */
  static List<String> contents(PreparedSplit split) {
    List<String> contents = new ArrayList<>();
    for (Shard shard : split.shards().collect()) {
      Examples examples = shard.examples();
      contents.add(
          shard.number()
              + " from "
              + examples.firstIndex()
              + " by "
              + examples.indexStride()
              + Arrays.toString(bits(examples.features()))
              + Arrays.toString(bits(examples.targets()))
              + (examples.weights() == null ? "" : Arrays.toString(bits(examples.weights()))));
    }
    return contents;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  /** All rows of a split by index: features, then the target. */
  static float[][] rows(PreparedSplit split) {
    float[][] rows = new float[Math.toIntExact(split.examples())][];
    for (Shard shard : split.shards().collect()) {
      Examples examples = shard.examples();
      for (int row = 0; row < examples.count(); row++) {
        float[] values =
            Arrays.copyOfRange(
                examples.features(),
                row * examples.featureCount(),
                (row + 1) * examples.featureCount() + 1);
        values[examples.featureCount()] = examples.targets()[row];
        rows[Math.toIntExact(examples.index(row))] = values;
      }
    }
    return rows;
  }

  /** One column of {@link #rows}. */
  static List<Integer> column(PreparedSplit split, int column) {
    List<Integer> values = new ArrayList<>();
    for (float[] row : rows(split)) {
      values.add((int) row[column]);
    }
    return values;
  }
}
