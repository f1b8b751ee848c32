package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The kinds of one sealed family: how each is called, read and written. A new kind is one more
 * entry.
 *
 * @param <T> the family
 */
final class KindTable<T> {
  private static final String KIND = "kind";

  private final Names names;
  private final Map<String, Kind<T, ?>> kinds = new LinkedHashMap<>();

  /**
   * One entry.
   *
   * @param name the kind in the configuration
   * @param type its class
   * @param read makes it from its settings; the key {@code kind} has been read
   * @param write puts its settings, every one of them, into a block that has its {@code kind}
   *     already
   */
  record Kind<T, K extends T>(
      String name, Class<K> type, Function<Block, K> read, BiConsumer<K, ObjectNode> write) {
    private void writeIfMine(T value, ObjectNode target) {
      write.accept(type.cast(value), target);
    }
  }

  /**
   * Creates a table.
   *
   * @param promised every kind of the contract; those without an entry count as planned
   */
  @SafeVarargs
  KindTable(List<String> promised, Kind<T, ?>... entries) {
    for (Kind<T, ?> entry : entries) {
      kinds.put(entry.name(), entry);
    }
    this.names = Names.of(KIND, List.copyOf(kinds.keySet()), promised);
  }

  /** An entry for a kind with settings. */
  static <T, K extends T> Kind<T, K> kind(
      String name, Class<K> type, Function<Block, K> read, BiConsumer<K, ObjectNode> write) {
    return new Kind<>(name, type, read, write);
  }

  /** An entry for a kind without settings. */
  static <T, K extends T> Kind<T, K> plain(String name, Class<K> type, K value) {
    return new Kind<>(name, type, block -> value, (same, target) -> {});
  }

  Names names() {
    return names;
  }

  /** The classes that have an entry. */
  List<Class<?>> types() {
    return kinds.values().stream().<Class<?>>map(Kind::type).toList();
  }

  /** The value of {@code key} of {@code parent}, or {@code otherwise} where it says nothing. */
  T read(Block parent, String key, T otherwise) {
    Value value = parent.find(key);
    return value == null ? otherwise : read(parent.reading(), parent.pathOf(key), value, null);
  }

  /** As above; a block of settings without a kind means {@code defaultKind}. */
  T read(Block parent, String key, T otherwise, String defaultKind) {
    Value value = parent.find(key);
    return value == null
        ? otherwise
        : read(parent.reading(), parent.pathOf(key), value, defaultKind);
  }

  /**
   * Reads a bare kind or a block with {@code kind} and settings; null after a problem.
   *
   * @param defaultKind kind of a block that names none, or null if it must
   */
  T read(Reading reading, String path, Value value, String defaultKind) {
    if (value instanceof Value.Scalar || value instanceof Value.Reported) {
      String name = reading.name(path, value, names);
      return name == null
          ? null
          : read(name, Block.of(reading, path, new Value.Mapping(Map.of(), value.origin())), value);
    }
    if (!(value instanceof Value.Mapping)) {
      reading.wrong(path, value, "a kind or a block with a kind");
      return null;
    }
    Block block = Block.of(reading, path, value);
    boolean useDefault = defaultKind != null && !block.has(KIND);
    String name = useDefault ? defaultKind : block.requiredName(KIND, names);
    return name == null ? null : read(name, block, value);
  }

  private T read(String name, Block block, Value value) {
    T read = null;
    try {
      read = kinds.get(name).read().apply(block);
    } catch (IllegalArgumentException refused) {
      block.reading().problems().add(block.path(), value, refused.getMessage());
    }
    block.finish();
    return read;
  }

  /** {@code kind} and every setting. */
  ObjectNode write(T value) {
    ObjectNode target = JsonNodeFactory.instance.objectNode();
    for (Kind<T, ?> kind : kinds.values()) {
      if (kind.type().isInstance(value)) {
        target.put(KIND, kind.name());
        kind.writeIfMine(value, target);
        return target;
      }
    }
    throw new IllegalArgumentException("no entry for " + value);
  }
}
