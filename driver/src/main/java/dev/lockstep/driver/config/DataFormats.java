package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.source.DataLocation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/**
 * The formats of data: which keys belong to each, and how they are read and written. A new format
 * is one more entry.
 */
final class DataFormats {
  /** Seed of a generator where the configuration names none. */
  static final long DEFAULT_SYNTHETIC_SEED = 42;

  private static final List<String> PROMISED =
      List.of(
          "csv",
          "libsvm",
          "parquet",
          "orc",
          "json",
          "avro",
          "idx",
          "cifar",
          "bundled",
          "synthetic",
          "table");
  private static final Names BUNDLED =
      Names.of("bundled data set", List.of("digits", "wine", "iris", "breastCancer"), List.of());
  private static final Names SYNTHETIC =
      Names.of("synthetic data set", List.of("moons", "circles", "spirals", "blobs"), List.of());
  private static final Names CIFAR_CLASSES =
      Names.of("number of classes", List.of("10", "20", "100"), List.of());
  private static final WholeRange CLASSES = new WholeRange(2, Integer.MAX_VALUE);
  private static final String PATHS = "a file, folder or glob, or a list of them";

  /** A property of a format that decides about keys of the {@code data} block. */
  enum Trait {
    /** Rows have named columns: {@code features} and {@code weight} choose among them. */
    NAMED_COLUMNS,
    /** Columns can hold texts: {@code categorical} names those that do. */
    TEXT_COLUMNS,
    /** The label column has no usual name: {@code label} is required. */
    LABEL_REQUIRED,
    /** A Spark reader takes {@code options}. */
    READER_OPTIONS,
    /** Validation and test rows can lie in files of their own. */
    FILES
  }

  /**
   * One entry.
   *
   * @param name the format in the configuration
   * @param type its class
   * @param traits what it has
   * @param keys the keys that say where the rows are
   * @param layoutKeys the keys that say how all files of a run are laid out, held-out ones included
   * @param read makes the location from these keys; must accept problems in them. The second
   *     argument is null, or for a held-out split the location of the training rows, whose layout
   *     it has
   * @param write puts these keys
   */
  record Format<L extends DataLocation>(
      String name,
      Class<L> type,
      List<Trait> traits,
      List<String> keys,
      List<String> layoutKeys,
      BiFunction<Block, L, L> read,
      BiConsumer<L, ObjectNode> write) {
    boolean has(Trait trait) {
      return traits.contains(trait);
    }

    /** Every key of the {@code data} block that goes with this format but not with all. */
    List<String> ownKeys() {
      List<String> own = new ArrayList<>(keys);
      own.addAll(layoutKeys);
      if (has(Trait.READER_OPTIONS)) {
        own.add("options");
      }
      if (has(Trait.NAMED_COLUMNS)) {
        own.addAll(List.of("features", "weight"));
      }
      if (has(Trait.TEXT_COLUMNS)) {
        own.add("categorical");
      }
      return own;
    }

    /** The location of the training rows. */
    DataLocation read(Block block) {
      return read.apply(block, null);
    }

    /** The location of a held-out split. */
    DataLocation readHeldOut(Block block, DataLocation training) {
      return read.apply(block, type.cast(training));
    }

    private void writeCast(DataLocation location, ObjectNode target) {
      write.accept(type.cast(location), target);
    }
  }

  private static final Map<String, Format<?>> FORMATS =
      table(
          new Format<>(
              "csv",
              DataLocation.Csv.class,
              List.of(
                  Trait.NAMED_COLUMNS,
                  Trait.TEXT_COLUMNS,
                  Trait.LABEL_REQUIRED,
                  Trait.READER_OPTIONS,
                  Trait.FILES),
              List.of("path"),
              List.of(),
              (block, training) -> new DataLocation.Csv(block.requiredPaths("path", PATHS)),
              (csv, target) -> writePaths(csv.paths(), target)),
          new Format<>(
              "libsvm",
              DataLocation.LibSvm.class,
              List.of(Trait.READER_OPTIONS, Trait.FILES),
              List.of("path"),
              List.of(),
              (block, training) -> new DataLocation.LibSvm(block.requiredPaths("path", PATHS)),
              (libSvm, target) -> writePaths(libSvm.paths(), target)),
          new Format<>(
              "idx",
              DataLocation.Idx.class,
              List.of(Trait.FILES),
              List.of("images", "labels"),
              List.of(),
              (block, training) ->
                  new DataLocation.Idx(
                      block.requiredPath("images", "the IDX file of the images"),
                      block.requiredPath("labels", "the IDX file of the labels")),
              (idx, target) -> target.put("images", idx.images()).put("labels", idx.labels())),
          new Format<>(
              "cifar",
              DataLocation.Cifar.class,
              List.of(Trait.FILES),
              List.of("path"),
              List.of("classes"),
              (block, training) ->
                  new DataLocation.Cifar(
                      block.requiredPaths("path", PATHS),
                      training == null ? cifarClasses(block) : training.classes()),
              (cifar, target) -> {
                writePaths(cifar.paths(), target);
                target.put("classes", cifar.classes());
              }),
          new Format<>(
              "bundled",
              DataLocation.Bundled.class,
              List.of(Trait.NAMED_COLUMNS),
              List.of("name"),
              List.of(),
              (block, training) -> new DataLocation.Bundled(block.requiredName("name", BUNDLED)),
              (bundled, target) -> target.put("name", bundled.name())),
          new Format<>(
              "synthetic",
              DataLocation.Synthetic.class,
              List.of(Trait.NAMED_COLUMNS),
              List.of("name", "samples", "noise", "classes", "seed"),
              List.of(),
              (block, training) -> readSynthetic(block),
              DataFormats::writeSynthetic));

  static final Names NAMES = Names.of("format", List.copyOf(FORMATS.keySet()), PROMISED);

  private DataFormats() {}

  private static Map<String, Format<?>> table(Format<?>... formats) {
    Map<String, Format<?>> table = new LinkedHashMap<>();
    for (Format<?> format : formats) {
      table.put(format.name(), format);
    }
    return table;
  }

  static Format<?> named(String name) {
    return FORMATS.get(name);
  }

  static Iterable<Format<?>> all() {
    return FORMATS.values();
  }

  static Format<?> of(DataLocation location) {
    return FORMATS.values().stream()
        .filter(format -> format.type().isInstance(location))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no entry for " + location));
  }

  /** Puts the keys that say where the rows are. */
  static void write(DataLocation location, ObjectNode target) {
    of(location).writeCast(location, target);
  }

  /** Puts the keys that say where the rows of a held-out split are. */
  static void writeHeldOut(DataLocation location, ObjectNode target) {
    write(location, target);
    target.retain(of(location).keys());
  }

  private static int cifarClasses(Block block) {
    String classes = block.name("classes", CIFAR_CLASSES);
    return classes == null ? DataLocation.Cifar.DEFAULT_CLASSES : Integer.parseInt(classes);
  }

  private static DataLocation.Synthetic readSynthetic(Block block) {
    return new DataLocation.Synthetic(
        block.requiredName("name", SYNTHETIC),
        block.whole("samples", WholeRange.LONG_COUNT, DataLocation.Synthetic.DEFAULT_SAMPLES),
        block.number("noise", NumberRange.NOT_NEGATIVE, DataLocation.Synthetic.DEFAULT_NOISE),
        (int) block.whole("classes", CLASSES, DataLocation.Synthetic.DEFAULT_CLASSES),
        block.whole("seed", WholeRange.ANY, DEFAULT_SYNTHETIC_SEED));
  }

  private static void writeSynthetic(DataLocation.Synthetic synthetic, ObjectNode target) {
    target
        .put("name", synthetic.name())
        .put("samples", synthetic.samples())
        .put("noise", synthetic.noise())
        .put("classes", synthetic.classes())
        .put("seed", synthetic.seed());
  }

  /** One path as text, several as a list. */
  private static void writePaths(List<String> paths, ObjectNode target) {
    if (paths.size() == 1) {
      target.put("path", paths.get(0));
    } else {
      ArrayNode list = target.putArray("path");
      paths.forEach(list::add);
    }
  }
}
