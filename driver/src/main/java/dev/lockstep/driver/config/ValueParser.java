package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
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

/**
 * Makes a tree of {@link Value}s from YAML or JSON text. Scalars stay text, so that the one who
 * knows the key decides about their type: {@code 1e-5} is a number where a number belongs, {@code
 * 007} is a column name where one belongs. Depth and, with aliases expanded, size are bounded.
 */
final class ValueParser {
  private static final int DEEPEST = 50;
  private static final int MOST_VALUES = 100_000;
  private static final Pattern PLACE = Pattern.compile("line (\\d+), column (\\d+)");

  /** Text that is no YAML; the message says where and why. */
  static final class SyntaxException extends Exception {
    SyntaxException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private record Anchor(Value value, int size) {}

  private final JsonParser parser;
  private final int[] codePoints;
  private final IntFunction<String> origin;
  private final Problems problems;
  private final Map<String, Anchor> anchors = new HashMap<>();
  private int values;

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
    String trimmed = text.stripLeading();
    if (trimmed.startsWith("{") && isJson(text)) {
      return parseWith(new JsonFactory(), text, origin, path, problems);
    }
    return parseWith(new YAMLFactory(), text, origin, path, problems);
  }

  /** YAML allows no tabs before tokens where JSON does, so JSON is read as what it is. */
  private static boolean isJson(String text) {
    try (JsonParser parser = new JsonFactory().createParser(text)) {
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
      Value value = parser.nextToken() == null ? null : values.value(path, 0);
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

  private Value value(String path, int depth) throws IOException, SyntaxException {
    int before = values;
    count(1);
    if (depth > DEEPEST) {
      throw new SyntaxException(place() + ": nested more than " + DEEPEST + " levels deep", null);
    }
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      return alias(parser.getText());
    }
    Object anchor = parser.getObjectId();
    Value value =
        switch (parser.currentToken()) {
          case START_OBJECT -> mapping(path, depth);
          case START_ARRAY -> sequence(path, depth);
          default -> scalar();
        };
    if (anchor != null) {
      anchors.put(anchor.toString(), new Anchor(value, values - before));
    }
    return value;
  }

  private void count(int more) throws SyntaxException {
    values += more;
    if (values > MOST_VALUES) {
      throw new SyntaxException(
          place()
              + ": more than "
              + MOST_VALUES
              + " values, aliases counted as often as they are used",
          null);
    }
  }

  private Value alias(String name) throws SyntaxException {
    Anchor anchor = anchors.get(name);
    if (anchor == null) {
      throw new SyntaxException(
          place() + ": alias *" + Problems.brief(name) + " has no anchor before it", null);
    }
    count(anchor.size());
    return anchor.value();
  }

  private Value mapping(String path, int depth) throws IOException, SyntaxException {
    String place = here();
    Map<String, Value> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String keyPath = path.isEmpty() ? key : path + "." + key;
      parser.nextToken();
      Value value = value(keyPath, depth + 1);
      Value earlier = entries.putIfAbsent(key, value);
      if (earlier != null) {
        problems.add(keyPath, value, "given twice, first in " + earlier.origin());
      }
    }
    return new Value.Mapping(entries, place);
  }

  private Value sequence(String path, int depth) throws IOException, SyntaxException {
    String place = here();
    List<Value> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(path + "[" + items.size() + "]", depth + 1));
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
