package dev.lockstep.driver.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A cursor on one block of keys. A key becomes known by being asked for; {@link #finish} reports
 * every other one. An absent key and YAML's null both mean the default.
 */
final class Block {
  private final Reading reading;
  private final String path;
  private final Value.Mapping mapping;
  private final Map<String, Value> resolved = new HashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> planned = new LinkedHashSet<>();
  private final Map<String, String> refused = new HashMap<>();

  /** Whether the block itself is wrong, so that it is pointless to ask for its keys. */
  private final boolean unusable;

  private Block(Reading reading, String path, Value.Mapping mapping, boolean unusable) {
    this.unusable = unusable;
    this.reading = reading;
    this.path = path;
    this.mapping = mapping;
  }

  /**
   * A cursor on {@code value}; if it is no block, that is reported and the cursor is on an empty
   * one.
   */
  static Block of(Reading reading, String path, Value value) {
    if (value instanceof Value.Mapping mapping) {
      return new Block(reading, path, mapping, false);
    }
    if (value != null) {
      reading.wrong(path, value, "a block of keys");
    }
    return new Block(reading, path, new Value.Mapping(Map.of(), ""), value != null);
  }

  Reading reading() {
    return reading;
  }

  String path() {
    return path;
  }

  /** Key path of a key of this block. */
  String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** The value of a key with the environment put in, or null where the key says nothing. */
  Value find(String key) {
    if (known.add(key) && mapping.entries().containsKey(key)) {
      resolved.put(key, reading.resolve(pathOf(key), mapping.entries().get(key)));
    }
    return resolved.get(key);
  }

  /** Reports that a required key is absent. */
  void missing(String key, String expected) {
    if (!unusable) {
      reading.problems().add(pathOf(key), null, "missing; must be " + expected);
    }
  }

  // Each of the following reads one key. "required" reports its absence, "optional" gives null for
  // it.

  double number(String key, NumberRange range, double otherwise) {
    Value value = find(key);
    return value == null ? otherwise : reading.number(pathOf(key), value, range, otherwise);
  }

  double requiredNumber(String key, NumberRange range, double placeholder) {
    Value value = find(key);
    if (value == null) {
      missing(key, range.text());
      return placeholder;
    }
    return reading.number(pathOf(key), value, range, placeholder);
  }

  long whole(String key, WholeRange range, long otherwise) {
    Value value = find(key);
    return value == null ? otherwise : reading.whole(pathOf(key), value, range, otherwise);
  }

  int count(String key, int otherwise) {
    return Math.toIntExact(whole(key, WholeRange.COUNT, otherwise));
  }

  int requiredCount(String key) {
    Integer count = optionalCount(key);
    if (count == null) {
      missing(key, WholeRange.COUNT.text());
      return 1;
    }
    return count;
  }

  Integer optionalCount(String key) {
    Value value = find(key);
    return value == null
        ? null
        : Integer.valueOf((int) reading.whole(pathOf(key), value, WholeRange.COUNT, 1));
  }

  boolean flag(String key, boolean otherwise) {
    Value value = find(key);
    return value == null ? otherwise : reading.flag(pathOf(key), value, otherwise);
  }

  Boolean optionalFlag(String key) {
    Value value = find(key);
    return value == null ? null : Boolean.valueOf(reading.flag(pathOf(key), value, false));
  }

  String text(String key, String expected, String otherwise) {
    Value value = find(key);
    return value == null ? otherwise : reading.text(pathOf(key), value, expected);
  }

  String requiredText(String key, String expected) {
    Value value = find(key);
    if (value == null) {
      missing(key, expected);
      return null;
    }
    return reading.text(pathOf(key), value, expected);
  }

  /** A path made absolute. */
  String optionalPath(String key, String expected) {
    Value value = find(key);
    return value == null ? null : reading.path(pathOf(key), value, expected);
  }

  String requiredPath(String key, String expected) {
    String resolved = optionalPath(key, expected);
    if (resolved == null && find(key) == null) {
      missing(key, expected);
    }
    return resolved;
  }

  /** One path or a list of paths, made absolute. */
  List<String> requiredPaths(String key, String expected) {
    Value value = find(key);
    if (value instanceof Value.Sequence sequence && !sequence.items().isEmpty()) {
      List<String> resolved = new ArrayList<>();
      forEachItem(
          key,
          sequence,
          (itemPath, item) -> addIfPresent(resolved, reading.path(itemPath, item, expected)));
      return resolved;
    }
    List<String> single = new ArrayList<>();
    if (value instanceof Value.Sequence) {
      reading.problems().add(pathOf(key), value, "must be " + expected + ", found an empty list");
    } else {
      addIfPresent(single, requiredPath(key, expected));
    }
    return single;
  }

  /** A list of texts; absent means empty. */
  List<String> texts(String key, String expected) {
    List<String> texts = new ArrayList<>();
    Value value = find(key);
    if (value != null) {
      List<Value> items = reading.items(pathOf(key), value, "a list, each entry " + expected);
      forEachItem(
          key,
          new Value.Sequence(items, value.origin()),
          (itemPath, item) -> addIfPresent(texts, reading.text(itemPath, item, expected)));
    }
    return texts;
  }

  /**
   * A list of numbers, each within {@code range}; absent means empty. After a problem the range's
   * greatest number holds the place.
   */
  List<Double> numbers(String key, NumberRange range) {
    List<Double> numbers = new ArrayList<>();
    Value value = find(key);
    if (value != null) {
      List<Value> items = reading.items(pathOf(key), value, "a list, each entry " + range.text());
      forEachItem(
          key,
          new Value.Sequence(items, value.origin()),
          (itemPath, item) -> numbers.add(reading.number(itemPath, item, range, range.high())));
    }
    return numbers;
  }

  private void forEachItem(String key, Value.Sequence sequence, ItemReader reader) {
    for (int i = 0; i < sequence.items().size(); i++) {
      String itemPath = pathOf(key) + "[" + i + "]";
      Value item = reading.resolve(itemPath, sequence.items().get(i));
      reader.read(itemPath, item == null ? sequence.items().get(i) : item);
    }
  }

  private interface ItemReader {
    void read(String itemPath, Value item);
  }

  private static void addIfPresent(List<String> list, String text) {
    if (text != null) {
      list.add(text);
    }
  }

  /** One of several names, or null where the key says nothing or something wrong. */
  String name(String key, Names names) {
    Value value = find(key);
    return value == null ? null : reading.name(pathOf(key), value, names);
  }

  String requiredName(String key, Names names) {
    Value value = find(key);
    if (value == null) {
      missing(key, "one of " + String.join(", ", names.supported()));
      return null;
    }
    return reading.name(pathOf(key), value, names);
  }

  /** A nested block; an absent one counts as empty. */
  Block block(String key) {
    return Block.of(reading, pathOf(key), find(key));
  }

  /** Whether the key says anything. */
  boolean has(String key) {
    return find(key) != null;
  }

  /** Every key that is written in this block. */
  Set<String> writtenKeys() {
    return mapping.entries().keySet();
  }

  /** What is written for {@code key}, for the place in messages; may be null. */
  Value written(String key) {
    return mapping.entries().get(key);
  }

  /** Makes keys known that are read elsewhere, or not at all because of an earlier problem. */
  void know(Iterable<String> keys) {
    keys.forEach(known::add);
  }

  /** Names keys of the contract that this version cannot do yet. */
  void notYet(String... keys) {
    planned.addAll(List.of(keys));
  }

  /** Names a key that exists but is out of place here, and why. */
  void refuse(String key, String reason) {
    refused.put(key, reason);
  }

  /** Reports every key that nobody asked for. To be called when all keys have been read. */
  void finish() {
    mapping
        .entries()
        .forEach(
            (key, value) -> {
              if (reading.problems().isFull()) {
                if (!known.contains(key)) {
                  reading.problems().add(path, value, "");
                }
              } else if (refused.containsKey(key) && !Value.isNothing(value)) {
                reading.problems().add(pathOf(key), value, refused.get(key));
              } else if (planned.contains(key) && !statesNothing(value)) {
                reading
                    .problems()
                    .add(
                        pathOf(key),
                        value,
                        "key "
                            + key
                            + " is "
                            + Names.NOT_YET
                            + "; supported: "
                            + String.join(", ", known));
              } else if (!known.contains(key)
                  && !planned.contains(key)
                  && !refused.containsKey(key)) {
                String suggestion = Names.suggestion(key, known, planned);
                reading
                    .problems()
                    .add(
                        pathOf(key),
                        value,
                        "unknown key" + suggestion + "; allowed: " + String.join(", ", known));
              }
            });
  }

  /** A feature that is written down as switched off needs no support. */
  private static boolean statesNothing(Value value) {
    if (value instanceof Value.Sequence sequence) {
      return sequence.items().isEmpty();
    }
    if (value instanceof Value.Mapping block) {
      return block.entries().isEmpty();
    }
    return Value.isNothing(value)
        || (value instanceof Value.Scalar scalar
            && Set.of("false", "0", "0.0").contains(scalar.text()));
  }
}
