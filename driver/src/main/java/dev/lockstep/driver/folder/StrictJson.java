package dev.lockstep.driver.folder;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * JSON of files that others may have changed: exact doubles, and reading that trusts nothing. A
 * number that is not finite is a text: {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}, or
 * {@code "0xfff8000000000000"} for a NaN of other bits.
 */
public final class StrictJson {
  private static final int MAX_DEPTH = 100;
  private static final int MAX_NUMBER_CHARACTERS = 100;
  private static final String BITS = "0x";

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              new JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER_CHARACTERS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                  .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private StrictJson() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Indented, ending in a newline. */
  public static byte[] bytes(ObjectNode root) {
    try {
      byte[] text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
      byte[] line = Arrays.copyOf(text, text.length + 1);
      line[text.length] = '\n';
      return line;
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException("writing to memory", impossible);
    }
  }

  /** The same configuration as it reads back. */
  public static ObjectNode normalized(ObjectNode configuration) {
    try {
      return (ObjectNode) MAPPER.readTree(MAPPER.writeValueAsBytes(configuration));
    } catch (IOException impossible) {
      throw new UncheckedIOException("reading from memory", impossible);
    }
  }

  /**
   * Parses an object.
   *
   * @param source the file's name, for error messages
   */
  public static Block parse(byte[] text, String source) {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode root) {
        return new Block(root, "", source);
      }
    } catch (IOException malformed) {
      String where =
          malformed instanceof JsonProcessingException json && json.getLocation() != null
              ? " near line " + json.getLocation().getLineNr()
              : "";
      throw new LockstepException(
          ErrorKind.DATA, source + " is not valid JSON" + where + ".", malformed);
    }
    throw LockstepException.data(source + " is not a JSON object.");
  }

  /** A double that reads back to the same bits. */
  public static JsonNode number(double value) {
    if (Double.isFinite(value)) {
      return DoubleNode.valueOf(value);
    }
    long bits = Double.doubleToRawLongBits(value);
    boolean otherNan = Double.isNaN(value) && bits != Double.doubleToRawLongBits(Double.NaN);
    return TextNode.valueOf(otherNan ? BITS + Long.toHexString(bits) : Double.toString(value));
  }

  /** An object that was read: every value is asked for with its type. */
  public static final class Block {
    private final ObjectNode node;
    private final String path;
    private final String source;

    private Block(ObjectNode node, String path, String source) {
      this.node = node;
      this.path = path;
      this.source = source;
    }

    /** All of it as it was read. */
    public ObjectNode node() {
      return node;
    }

    /** Whether it has a key. */
    public boolean has(String key) {
      return node.has(key);
    }

    /** Refuses other keys than these. */
    public Block requireOnly(List<String> keys) {
      Set<String> unknown = new TreeSet<>();
      node.fieldNames().forEachRemaining(unknown::add);
      keys.forEach(unknown::remove);
      if (!unknown.isEmpty()) {
        throw wrong("it has the unknown key '" + path + unknown.iterator().next() + "'");
      }
      return this;
    }

    /** An object. */
    public Block block(String key) {
      if (node.get(key) instanceof ObjectNode child) {
        return new Block(child, path + key + ".", source);
      }
      throw wrong(key, "an object");
    }

    /** The objects of a list. */
    public List<Block> blocks(String key, int most) {
      JsonNode list = node.path(key);
      if (!list.isArray() || list.size() > most) {
        throw wrong(key, "a list of at most " + most + " objects");
      }
      List<Block> blocks = new ArrayList<>();
      for (Iterator<JsonNode> each = list.elements(); each.hasNext(); ) {
        if (!(each.next() instanceof ObjectNode child)) {
          throw wrong(key, "a list of objects");
        }
        blocks.add(new Block(child, path + key + "[" + blocks.size() + "].", source));
      }
      return blocks;
    }

    /** A text. */
    public String text(String key) {
      JsonNode value = node.path(key);
      if (!value.isTextual()) {
        throw wrong(key, "a text");
      }
      return value.textValue();
    }

    /** True or false. */
    public boolean flag(String key) {
      JsonNode value = node.path(key);
      if (!value.isBoolean()) {
        throw wrong(key, "true or false");
      }
      return value.booleanValue();
    }

    /** A whole number of at least 0. */
    public long count(String key) {
      JsonNode value = node.path(key);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw wrong(key, "a whole number from 0");
      }
      return value.longValue();
    }

    /** A whole number of at least 0 that fits an int. */
    public int smallCount(String key) {
      long value = count(key);
      if (value > Integer.MAX_VALUE) {
        throw wrong(key, "a whole number from 0 to " + Integer.MAX_VALUE);
      }
      return (int) value;
    }

    /** What {@link StrictJson#number} wrote. */
    public double number(String key) {
      JsonNode value = node.path(key);
      if (value.isNumber() && Double.isFinite(value.doubleValue())) {
        return value.doubleValue();
      }
      String text = value.isTextual() ? value.textValue() : "";
      switch (text) {
        case "NaN" -> {
          return Double.NaN;
        }
        case "Infinity" -> {
          return Double.POSITIVE_INFINITY;
        }
        case "-Infinity" -> {
          return Double.NEGATIVE_INFINITY;
        }
        default -> {
          return nan(key, text);
        }
      }
    }

    private double nan(String key, String text) {
      try {
        if (text.startsWith(BITS)) {
          double value =
              Double.longBitsToDouble(Long.parseUnsignedLong(text.substring(BITS.length()), 16));
          if (Double.isNaN(value)) {
            return value;
          }
        }
      } catch (NumberFormatException notBits) {
        throw wrong(key, "a number");
      }
      throw wrong(key, "a number");
    }

    /** What to throw where a value is not what is allowed. */
    public LockstepException wrong(String key, String allowed) {
      return wrong("'" + path + key + "' must be " + allowed);
    }

    /** What to throw where it cannot be used, and why. */
    public LockstepException wrong(String why) {
      return LockstepException.data(source + " cannot be used: " + why + ".");
    }
  }
}
