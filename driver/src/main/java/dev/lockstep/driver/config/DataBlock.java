package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.DataFormats.Format;
import dev.lockstep.driver.config.DataFormats.Trait;
import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.layer.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The {@code data} block: reads it and writes it. */
final class DataBlock {
  /** How features are scaled where the configuration says nothing. */
  static final Normalization DEFAULT_NORMALIZE = Normalization.STANDARD;

  private static final Names TASKS =
      Names.of("task", Arrays.stream(Task.values()).map(Task::key).toList(), List.of());
  private static final Names NORMALIZATIONS =
      Names.of(
          "normalization",
          Arrays.stream(Normalization.values()).map(Normalization::key).toList(),
          List.of());
  private static final Names BAD_ROWS =
      Names.of(
          "choice", Arrays.stream(BadRowMode.values()).map(BadRowMode::key).toList(), List.of());
  private static final String A_COLUMN = "the name of a column";
  private static final String THREE_COUNTS =
      "three whole numbers of at least 1: [height, width, channels]";
  private static final String FRACTION = "fraction";

  private DataBlock() {}

  /** The settings, or null after a problem that leaves nothing to work with. */
  static DataSettings read(Block block) {
    String formatName = block.requiredName("format", DataFormats.NAMES);
    Format<?> format = formatName == null ? null : DataFormats.named(formatName);
    DataLocation location = format == null ? null : format.read(block);
    Map<String, String> options =
        format != null && !format.has(Trait.READER_OPTIONS) ? Map.of() : options(block);
    boolean labelRequired = format != null && format.has(Trait.LABEL_REQUIRED);
    String label =
        labelRequired
            ? block.requiredText("label", "the name of the label column")
            : block.text("label", A_COLUMN, DataSettings.DEFAULT_LABEL);
    boolean namedColumns = format == null || format.has(Trait.NAMED_COLUMNS);
    List<String> features = namedColumns ? block.texts("features", A_COLUMN) : List.of();
    String weight = namedColumns ? block.text("weight", A_COLUMN, null) : null;
    String task = block.name("task", TASKS);
    HeldOut validation =
        heldOut(block, "validation", format, location, DataSettings.DEFAULT_VALIDATION_FRACTION);
    HeldOut test = heldOut(block, "test", format, location, DataSettings.DEFAULT_TEST_FRACTION);
    checkFractions(block, validation, test);
    long splitSeed = block.whole("splitSeed", WholeRange.ANY, DataSettings.DEFAULT_SPLIT_SEED);
    String normalize = block.name("normalize", NORMALIZATIONS);
    Shape shape = shape(block);
    BadRowSettings badRows = badRows(block);
    boolean textColumns = format == null || format.has(Trait.TEXT_COLUMNS);
    List<String> categorical = textColumns ? block.texts("categorical", A_COLUMN) : List.of();
    List<Augmentation> augment = AugmentationKinds.readList(block, "augment");
    block.notYet("orderBy");
    finish(block, format);
    return location == null
        ? null
        : new DataSettings(
            location,
            options,
            label,
            features,
            weight,
            categorical,
            byKey(Task.values(), Task::key, task, null),
            validation,
            test,
            splitSeed,
            byKey(Normalization.values(), Normalization::key, normalize, DEFAULT_NORMALIZE),
            shape,
            badRows,
            augment);
  }

  private static BadRowSettings badRows(Block block) {
    return new BadRowSettings(
        byKey(
            BadRowMode.values(),
            BadRowMode::key,
            block.name("badRows", BAD_ROWS),
            BadRowSettings.DEFAULT.mode()),
        block.number(
            "maxBadFraction", NumberRange.ZERO_TO_ONE, BadRowSettings.DEFAULT_MAX_FRACTION));
  }

  private static <E> E byKey(E[] values, Function<E, String> key, String wanted, E otherwise) {
    return Arrays.stream(values)
        .filter(value -> key.apply(value).equals(wanted))
        .findFirst()
        .orElse(otherwise);
  }

  /** Tells keys of another format apart from keys that exist nowhere. */
  private static void finish(Block block, Format<?> format) {
    for (Format<?> other : DataFormats.all()) {
      if (format == null) {
        block.know(other.ownKeys());
      } else {
        other.ownKeys().stream()
            .filter(key -> !format.ownKeys().contains(key))
            .forEach(
                key ->
                    block.refuse(
                        key,
                        "does not go with format "
                            + format.name()
                            + "; it belongs to "
                            + owners(key)));
      }
    }
    block.finish();
  }

  private static String owners(String key) {
    List<String> owners = new ArrayList<>();
    for (Format<?> format : DataFormats.all()) {
      if (format.ownKeys().contains(key)) {
        owners.add(format.name());
      }
    }
    return String.join(", ", owners);
  }

  private static Map<String, String> options(Block block) {
    Map<String, String> options = new LinkedHashMap<>();
    Block written = block.block("options");
    for (String key : written.writtenKeys()) {
      Value value = written.find(key);
      String path = written.pathOf(key);
      String text = value == null ? null : block.reading().anyText(path, value, "a single value");
      if (text != null) {
        options.put(key, text);
      }
    }
    return options;
  }

  private static HeldOut heldOut(
      Block data, String key, Format<?> format, DataLocation training, double defaultFraction) {
    if (!data.has(key)) {
      return new HeldOut.Fraction(defaultFraction);
    }
    Block block = data.block(key);
    double fraction = block.number(FRACTION, NumberRange.BELOW_ONE, defaultFraction);
    HeldOut heldOut = new HeldOut.Fraction(fraction);
    if (format == null) {
      DataFormats.all().forEach(any -> block.know(any.keys()));
    } else if (format.has(Trait.FILES)) {
      boolean separate = format.keys().stream().anyMatch(block::has);
      if (separate && block.has(FRACTION)) {
        block
            .reading()
            .problems()
            .add(
                block.path(),
                data.written(key),
                "give either fraction or " + String.join(" and ", format.keys()) + ", not both");
      }
      if (separate) {
        heldOut = new HeldOut.Separate(format.readHeldOut(block, training));
      }
    }
    block.finish();
    return heldOut;
  }

  private static void checkFractions(Block block, HeldOut validation, HeldOut test) {
    double sum = fraction(validation) + fraction(test);
    if (sum >= 1) {
      Value where =
          block.written("validation") == null ? block.written("test") : block.written("validation");
      block
          .reading()
          .problems()
          .add(
              block.path(),
              where,
              "validation.fraction "
                  + fraction(validation)
                  + " and test.fraction "
                  + fraction(test)
                  + " leave nothing to train on; their sum must be below 1");
    }
  }

  private static double fraction(HeldOut heldOut) {
    return heldOut instanceof HeldOut.Fraction share ? share.fraction() : 0;
  }

  private static Shape shape(Block block) {
    Value value = block.find("shape");
    if (value == null) {
      return null;
    }
    Reading reading = block.reading();
    String path = block.pathOf("shape");
    List<Value> items = reading.items(path, value, THREE_COUNTS);
    if (items.size() != 3) {
      if (value instanceof Value.Sequence) {
        reading
            .problems()
            .add(path, value, "must be " + THREE_COUNTS + ", found a list of " + items.size());
      }
      return null;
    }
    int[] sizes = new int[3];
    for (int i = 0; i < sizes.length; i++) {
      String itemPath = path + "[" + i + "]";
      sizes[i] =
          (int)
              reading.whole(itemPath, reading.resolve(itemPath, items.get(i)), WholeRange.COUNT, 1);
    }
    try {
      return new Shape(sizes[0], sizes[1], sizes[2]);
    } catch (IllegalArgumentException tooLarge) {
      reading.problems().add(path, value, tooLarge.getMessage());
      return null;
    }
  }

  /** Puts every key, in the order of the manual. */
  static void write(DataSettings data, ObjectNode target) {
    Format<?> format = DataFormats.of(data.location());
    target.put("format", format.name());
    DataFormats.write(data.location(), target);
    if (format.has(Trait.READER_OPTIONS)) {
      ObjectNode options = target.putObject("options");
      new TreeMap<>(data.options()).forEach(options::put);
    }
    target.put("label", data.label());
    if (format.has(Trait.NAMED_COLUMNS)) {
      ArrayNode features = target.putArray("features");
      data.features().forEach(features::add);
      target.put("weight", data.weight());
    }
    target.put("task", data.task() == null ? null : data.task().key());
    writeHeldOut(data.validation(), target.putObject("validation"));
    writeHeldOut(data.test(), target.putObject("test"));
    target.put("splitSeed", data.splitSeed());
    target.put("normalize", data.normalize().key());
    if (format.has(Trait.TEXT_COLUMNS)) {
      ArrayNode categorical = target.putArray("categorical");
      data.categorical().forEach(categorical::add);
    }
    if (data.shape() == null) {
      target.putNull("shape");
    } else {
      target
          .putArray("shape")
          .add(data.shape().height())
          .add(data.shape().width())
          .add(data.shape().channels());
    }
    target.put("badRows", data.badRows().mode().key());
    target.put("maxBadFraction", data.badRows().maxFraction());
    ArrayNode augment = target.putArray("augment");
    data.augment().forEach(change -> augment.add(AugmentationKinds.TABLE.write(change)));
  }

  private static void writeHeldOut(HeldOut heldOut, ObjectNode target) {
    if (heldOut instanceof HeldOut.Separate separate) {
      DataFormats.writeHeldOut(separate.location(), target);
    } else {
      target.put(FRACTION, fraction(heldOut));
    }
  }
}
