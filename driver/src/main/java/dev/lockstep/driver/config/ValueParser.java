package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * Makes a tree of {@link Value}s from YAML or JSON text. Scalars stay text, so that the one who
 * knows the key decides about their type: {@code 1e-5} is a number where a number belongs, {@code
 * 007} is a column name where one belongs.
 *
 * <p>Depth, with aliases expanded, the length of keys and the number of values are bounded. Values
 * that stand in a text cost it characters; those that aliases repeat do not, so that of them only
 * few are allowed. Only the events of YAML are used, so a tag makes no object of any class.
 */
final class ValueParser {
  private static final int DEEPEST = 50;
  private static final int MOST_VALUES = 100_000;
  private static final int MOST_REPEATED = 10_000;
  private static final int LONGEST_KEY = 1000;

  /** Longest text; only what a model says of itself is longer than a configuration may be. */
  static final int MAX_CHARACTERS = 16 << 20;

  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder()
          .maxNestingDepth(DEEPEST + 2)
          .maxStringLength(MAX_CHARACTERS)
          .build();
  private static final Pattern PLACE = Pattern.compile("line (\\d+), column (\\d+)");

  /** Text that is no YAML; the message says where and why. */
  static final class SyntaxException extends Exception {
    SyntaxException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * A value that aliases refer to.
   *
   * @param size how many values it holds, itself included
   * @param height how many levels it goes down
   */
  private record Anchor(Value value, int size, int height) {}

  private final JsonParser parser;
  private final int[] codePoints;
  private final IntFunction<String> origin;
  private final Problems problems;
  private final Map<String, Anchor> anchors = new HashMap<>();

  /** Key path of what is being read. */
  private final StringBuilder path = new StringBuilder();

  /** How many values stand in the text up to here. */
  private int values;

  /** How many values aliases repeated up to here. */
  private int repeated;

  /** The deepest level that was met since somebody set it. */
  private int deepest;

  private ValueParser(
      JsonParser parser, int[] codePoints, IntFunction<String> origin, Problems problems) {
    this.parser = parser;
    this.codePoints = codePoints;
    this.origin = origin;
    this.problems = problems;
  }

  /**
   * Parses one document.
   *
   * @param text YAML or JSON
   * @param origin names the place of a line, counted from 1
   * @param path key path of the text's root, for problems
   * @param problems receives duplicate keys
   * @return the tree, or null for an empty text
   */
  static Value parse(String text, IntFunction<String> origin, String path, Problems problems)
      throws SyntaxException {
    if (text.length() > MAX_CHARACTERS) {
      throw new SyntaxException("line 1: more than " + MAX_CHARACTERS + " characters", null);
    }
    String trimmed = text.stripLeading();
    if (trimmed.startsWith("{") && isJson(text)) {
      return parseWith(json(), text, origin, path, problems);
    }
    return parseWith(yaml(), text, origin, path, problems);
  }

  private static JsonFactory json() {
    return JsonFactory.builder().streamReadConstraints(LIMITS).build();
  }

  private static JsonFactory yaml() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setNestingDepthLimit(DEEPEST + 2);
    return YAMLFactory.builder()
        .loaderOptions(options)
        .streamReadConstraints(LIMITS)
        // As a factory without a builder does: a key without a value has none.
        .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
        .build();
  }

  /** YAML allows no tabs before tokens where JSON does, so JSON is read as what it is. */
  private static boolean isJson(String text) {
    try (JsonParser parser = json().createParser(text)) {
      JsonToken token;
      do {
        token = parser.nextToken();
      } while (token != null);
      return true;
    } catch (IOException noJson) {
      return false;
    }
  }

  private static Value parseWith(
      JsonFactory factory, String text, IntFunction<String> origin, String path, Problems problems)
      throws SyntaxException {
    try (JsonParser parser = factory.createParser(text)) {
      ValueParser values = new ValueParser(parser, text.codePoints().toArray(), origin, problems);
      values.path.append(path);
      Value value = parser.nextToken() == null ? null : values.value(0);
      if (value != null && parser.nextToken() != null) {
        throw new SyntaxException(
            values.place() + ": a second document begins here; only one is allowed", null);
      }
      return value;
    } catch (JsonProcessingException malformed) {
      throw new SyntaxException(explain(malformed, text), malformed);
    } catch (IOException impossible) {
      throw new UncheckedIOException("reading from memory", impossible);
    }
  }

  private Value value(int depth) throws IOException, SyntaxException {
    int before = values + repeated;
    if (++values > MOST_VALUES) {
      throw new SyntaxException(place() + ": more than " + MOST_VALUES + " values", null);
    }
    int outside = deepest;
    deepen(depth);
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      return alias(parser.getText(), depth);
    }
    deepest = depth;
    Object anchor = parser.getObjectId();
    Value value =
        switch (parser.currentToken()) {
          case START_OBJECT -> mapping(depth);
          case START_ARRAY -> sequence(depth);
          default -> scalar();
        };
    if (anchor != null) {
      anchors.put(
          anchor.toString(), new Anchor(value, values + repeated - before, deepest - depth));
    }
    deepest = Math.max(deepest, outside);
    return value;
  }

  private void deepen(int depth) throws SyntaxException {
    if (depth > DEEPEST) {
      throw new SyntaxException(place() + ": nested more than " + DEEPEST + " levels deep", null);
    }
    deepest = Math.max(deepest, depth);
  }

  private Value alias(String name, int depth) throws SyntaxException {
    Anchor anchor = anchors.get(name);
    if (anchor == null) {
      throw new SyntaxException(
          place() + ": alias *" + Problems.brief(name) + " has no anchor before it", null);
    }
    repeated += anchor.size();
    if (repeated > MOST_REPEATED) {
      throw new SyntaxException(
          place() + ": aliases repeat more than " + MOST_REPEATED + " values", null);
    }
    deepen(depth + anchor.height());
    return anchor.value();
  }

  private Value mapping(int depth) throws IOException, SyntaxException {
    String place = here();
    int outside = path.length();
    Map<String, Value> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      if (key.length() > LONGEST_KEY) {
        throw new SyntaxException(
            place() + ": a key of more than " + LONGEST_KEY + " characters", null);
      }
      path.append(outside == 0 ? "" : ".").append(key);
      parser.nextToken();
      Value value = value(depth + 1);
      Value earlier = entries.putIfAbsent(key, value);
      if (earlier != null && !problems.isFull()) {
        problems.add(path.toString(), value, "given twice, first in " + earlier.origin());
      }
      path.setLength(outside);
    }
    return new Value.Mapping(entries, place);
  }

  private Value sequence(int depth) throws IOException, SyntaxException {
    String place = here();
    int outside = path.length();
    List<Value> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      path.append('[').append(items.size()).append(']');
      items.add(value(depth + 1));
      path.setLength(outside);
    }
    return new Value.Sequence(items, place);
  }

  private Value scalar() throws IOException {
    String text = parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getText();
    return Value.Scalar.of(text, text != null && isQuoted(), here());
  }

  private boolean isQuoted() {
    if (!(parser instanceof YAMLParser)) {
      return parser.currentToken() == JsonToken.VALUE_STRING;
    }
    int offset = (int) parser.currentTokenLocation().getCharOffset();
    return offset >= 0 && offset < codePoints.length && "\"'|>".indexOf(codePoints[offset]) >= 0;
  }

  private String here() {
    return origin.apply(parser.currentTokenLocation().getLineNr());
  }

  private String place() {
    return "line " + parser.currentTokenLocation().getLineNr();
  }

  /** One line from SnakeYAML's many. */
  private static String explain(JsonProcessingException malformed, String text) {
    String place =
        malformed.getLocation() == null
            ? ""
            : "line "
                + malformed.getLocation().getLineNr()
                + ", column "
                + malformed.getLocation().getColumnNr();
    String reason = "not readable";
    for (String line : malformed.getOriginalMessage().lines().toList()) {
      Matcher matcher = PLACE.matcher(line);
      if (line.startsWith(" ")) {
        place = matcher.find() ? matcher.group() : place;
      } else if (!line.isBlank()) {
        reason = line;
      }
    }
    return place + ": " + Problems.brief(reason) + hint(place, text);
  }

  private static String hint(String place, String text) {
    Matcher matcher = PLACE.matcher(place);
    if (!matcher.find()) {
      return "";
    }
    String line =
        text.lines()
            .skip(Math.max(0, Integer.parseInt(matcher.group(1)) - 1L))
            .findFirst()
            .orElse("");
    return line.contains("${") ? "; inside {…} and […] put \"${…}\" in quotes" : "";
  }
}
