package dev.lockstep.driver.secret;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The secrets that this process has come to know, and how they are taken out of texts. A secret is
 * the value of a name that Spark's pattern for names of secrets matches ({@value #NAMES_SETTING}),
 * or a part of a text that is one by its place ({@code s3a://key:secret@bucket}).
 *
 * <p>There is one for the whole process, because a secret that one part of the program is told must
 * not be told on by any other. Values of fewer than four characters are not looked for: they would
 * be found by chance, and protect nothing; neither are words and short numbers that settings have
 * ({@code true}, {@code null}, {@code 3600}, {@code 10min}), whatever their name. Values of fewer
 * than eight characters are found as whole words only, and those of digits alone as whole numbers.
 */
public final class Redaction {
  /** What stands for a secret in a message; Spark's own mark. */
  public static final String MARK = "*********(redacted)";

  /** Spark's setting with the pattern of names. */
  public static final String NAMES_SETTING = "spark.redaction.regex";

  /** How names of variables begin that stand for secrets which a file leaves out. */
  public static final String VARIABLE_PREFIX = "LOCKSTEP_SECRET_";

  /** Spark's default. */
  private static final String DEFAULT_NAMES = "(?i)secret|password|token|access[.]?key";

  private static final Pattern SECRET_VARIABLE =
      Pattern.compile(
          "(password|passwd|secret|token|(^|[^a-z])(api|access|private|secret|account|auth|shared"
              + "|storage|master|encryption|signing|license|ssh)?key)s?[0-9]*(_|$)",
          Pattern.CASE_INSENSITIVE);

  /** How names end that are about a secret but do not hold one, in Hadoop's settings above all. */
  private static final Pattern ABOUT_SECRETS =
      Pattern.compile(
          "(interval|secs|seconds|millis|timeout|expiry|expiration|period|renewal|lifetime|enabled"
              + "|class|provider|providers|algorithm|length)$",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern HARMLESS =
      Pattern.compile(
          "[\"']?(true|false|null|none|nan|yes|no|on|off|[-+]?[0-9.]{1,7}"
              + "|[-+]?[0-9.]{1,9}(ms|s|m|min|h|d))[\"']?",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final JsonFactory JSON = new JsonFactory();
  private static final int SHORTEST = 4;
  private static final int SHORTEST_ANYWHERE = 8;
  private static final Redaction OF_PROCESS = new Redaction();

  /**
   * A text that must not leave.
   *
   * @param text as it may occur
   * @param name what it is the value of
   */
  public record Known(String text, String name) {
    /**
     * Whether {@code whole} has this text from {@code at} on: as a word where it is short, and not
     * inside a longer number where it is of digits alone.
     */
    public boolean startsAt(String whole, int at) {
      if (!whole.startsWith(text, at)) {
        return false;
      }
      int end = at + text.length();
      if (text.length() < SHORTEST_ANYWHERE) {
        return (at == 0 || !Character.isLetterOrDigit(whole.charAt(at - 1)))
            && (end == whole.length() || !Character.isLetterOrDigit(whole.charAt(end)));
      }
      return !DIGITS.matcher(text).matches()
          || !(isDigit(whole, at - 1)
              || isDigit(whole, end)
              || (isPoint(whole, at - 1) && isDigit(whole, at - 2))
              || (isPoint(whole, end) && isDigit(whole, end + 1)));
    }

    private static boolean isDigit(String whole, int at) {
      return at >= 0 && at < whole.length() && whole.charAt(at) >= '0' && whole.charAt(at) <= '9';
    }

    private static boolean isPoint(String whole, int at) {
      return at >= 0 && at < whole.length() && whole.charAt(at) == '.';
    }
  }

  /** A part of a text, end exclusive. */
  public record Part(int from, int to) {}

  private volatile Pattern names = Pattern.compile(DEFAULT_NAMES);
  private volatile List<Known> longestFirst = List.of();

  /** One that knows nothing yet. */
  Redaction() {}

  /** That of this process. */
  public static Redaction ofProcess() {
    return OF_PROCESS;
  }

  /**
   * Takes another pattern for names of secrets.
   *
   * @param pattern as in Spark's setting, or null for its default
   * @throws LockstepException of kind usage where it is no pattern
   */
  public void useNames(String pattern) {
    try {
      names = Pattern.compile(pattern == null ? DEFAULT_NAMES : pattern);
    } catch (PatternSyntaxException malformed) {
      throw LockstepException.usage(
          NAMES_SETTING
              + ": '"
              + pattern
              + "' is no regular expression: "
              + malformed.getDescription()
              + ".");
    }
  }

  /**
   * Whether the value of a key or setting of this name is a secret. With Spark's default pattern,
   * names that are {@linkplain #isAboutSecrets only about} secrets are none; a pattern of the
   * user's own is taken at its word.
   */
  public boolean isSecret(String name) {
    return mentionsSecret(name) && !(names.pattern().equals(DEFAULT_NAMES) && isAboutSecrets(name));
  }

  /** Whether a text has anything in it that names of secrets have. */
  public boolean mentionsSecret(String text) {
    return names.matcher(text).find();
  }

  /**
   * Whether a setting of this name holds a period, a size, a class or a switch for secrets, and so
   * none itself, by the end of its name.
   */
  public static boolean isAboutSecrets(String name) {
    return ABOUT_SECRETS.matcher(name).find();
  }

  /**
   * Whether an environment variable holds a secret: a word of its name ends in password, passwd,
   * secret or token, or is key or a compound of it such as apikey; and the name is not {@linkplain
   * #isAboutSecrets only about} secrets.
   */
  public static boolean isSecretVariable(String name) {
    return name.startsWith(VARIABLE_PREFIX)
        || (SECRET_VARIABLE.matcher(name).find() && !isAboutSecrets(name));
  }

  /**
   * Whether a value is no secret whatever it is the value of: it is too short, or a word or a short
   * number that settings have.
   */
  public static boolean isHarmless(String value) {
    String text = value.strip();
    return text.length() < SHORTEST || HARMLESS.matcher(text).matches();
  }

  /** Learns the secrets among the variables of an environment. */
  public void learnEnvironment(Map<String, String> environment) {
    environment.forEach(
        (name, value) -> {
          if (isSecretVariable(name)) {
            learn(name, value);
          }
        });
  }

  /** Learns the secrets among settings, and those inside their values. */
  public void learnSettings(Map<String, String> settings) {
    settings.forEach(this::learnSetting);
  }

  private void learnSetting(String name, String value) {
    if (isSecret(name)) {
      learn(name, value);
    } else {
      learnParts(name, value);
    }
  }

  /**
   * Learns what stands on a command line as {@code key=value}, also behind an option; first of all
   * whether {@link #NAMES_SETTING} is among it.
   */
  public void learnArguments(List<String> arguments) {
    for (String argument : arguments) {
      int at = argument.indexOf(NAMES_SETTING + "=");
      if (at >= 0) {
        useNames(argument.substring(at + NAMES_SETTING.length() + 1));
      }
    }
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals > 0 && argument.startsWith("--") && argument.indexOf('=', equals + 1) > 0) {
        String inside = argument.substring(equals + 1);
        equals = inside.indexOf('=');
        learnSetting(inside.substring(0, equals), inside.substring(equals + 1).trim());
      } else if (equals > 0) {
        learnSetting(argument.substring(0, equals), argument.substring(equals + 1).trim());
      } else {
        learnParts("an argument", argument);
      }
    }
  }

  /**
   * Learns the parts of {@code text} that are secrets by their place.
   *
   * @param name what the text is the value of
   */
  public void learnParts(CharSequence name, String text) {
    for (Part part : partsOf(text)) {
      learn(name.toString(), text.substring(part.from(), part.to()));
    }
  }

  /**
   * Learns a secret, in all ways of writing it that texts may have.
   *
   * @param name what it is the value of
   */
  public void learn(String name, String secret) {
    if (isHarmless(secret)) {
      return;
    }
    synchronized (this) {
      Map<String, Known> all = new LinkedHashMap<>();
      longestFirst.forEach(known -> all.put(known.text(), known));
      for (String way : waysToWrite(secret)) {
        all.putIfAbsent(way, new Known(way, name));
      }
      List<Known> sorted = new ArrayList<>(all.values());
      sorted.sort(Comparator.comparingInt((Known known) -> known.text().length()).reversed());
      longestFirst = List.copyOf(sorted);
    }
  }

  private static Set<String> waysToWrite(String secret) {
    Set<String> ways = new LinkedHashSet<>();
    ways.add(secret);
    ways.add(secret.strip());
    // Output is looked at line by line.
    secret.lines().map(String::strip).forEach(ways::add);
    ways.removeIf(Redaction::isHarmless);
    for (String way : List.copyOf(ways)) {
      ways.add(new String(JsonStringEncoder.getInstance().quoteAsString(way)));
      ways.add(
          way.replace("&", "&amp;")
              .replace("<", "&lt;")
              .replace(">", "&gt;")
              .replace("\"", "&quot;")
              .replace("'", "&#39;"));
      String encoded = URLEncoder.encode(way, StandardCharsets.UTF_8);
      ways.add(encoded);
      ways.add(encoded.replace("+", "%20"));
      ways.add(decoded(way));
    }
    ways.removeIf(Redaction::isHarmless);
    return ways;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return text;
    }
  }

  /** What is known, the longest texts first. */
  public List<Known> known() {
    return longestFirst;
  }

  /** The known secret that {@code text} has from {@code at} on, or null. */
  private static Known startingAt(String text, int at, List<Known> candidates) {
    for (Known known : candidates) {
      if (known.startsAt(text, at)) {
        return known;
      }
    }
    return null;
  }

  /**
   * {@code text} as it may be printed: known secrets, and parts that are secrets by their place,
   * replaced by {@link #MARK}.
   */
  public String inMessage(String text) {
    List<Part> parts = partsOf(text);
    addKnown(text, parts);
    return replaced(text, parts);
  }

  /** {@code text} as it may be written to a file: known secrets are replaced. */
  public String inFile(String text) {
    List<Part> parts = new ArrayList<>();
    addKnown(text, parts);
    return replaced(text, parts);
  }

  /**
   * JSON, or lines of it, as it may be written to a file: known secrets are replaced inside strings
   * that are values. Keys, numbers and words of the language stay as they are, so that it remains
   * JSON of the same structure.
   */
  public String inJson(String json) {
    StringBuilder safe = new StringBuilder(json.length());
    int done = 0;
    int start = json.indexOf('"');
    while (start >= 0) {
      int end = endOfString(json, start + 1);
      if (!isKey(json, end)) {
        String text = unquoted(json.substring(start + 1, end));
        String redacted = inFile(text);
        if (!redacted.equals(text)) {
          safe.append(json, done, start + 1)
              .append(JsonStringEncoder.getInstance().quoteAsString(redacted));
          done = end;
        }
      }
      start = json.indexOf('"', end + 1);
    }
    return safe.append(json, done, json.length()).toString();
  }

  /** Where the string of JSON ends that has its first character at {@code from}. */
  private static int endOfString(String json, int from) {
    int at = from;
    while (at < json.length() && json.charAt(at) != '"') {
      at += json.charAt(at) == '\\' ? 2 : 1;
    }
    return Math.min(at, json.length());
  }

  private static boolean isKey(String json, int end) {
    int at = end + 1;
    while (at < json.length() && Character.isWhitespace(json.charAt(at))) {
      at++;
    }
    return at < json.length() && json.charAt(at) == ':';
  }

  /** What a string of JSON says; one that is malformed is taken as it stands. */
  private static String unquoted(String written) {
    if (written.indexOf('\\') < 0) {
      return written;
    }
    try (JsonParser parser = JSON.createParser('"' + written + '"')) {
      return parser.nextTextValue();
    } catch (IOException malformed) {
      return written;
    }
  }

  /** The parts of {@code text} that are secrets by their place, in order. */
  public List<Part> partsOf(String text) {
    return SecretParts.of(text, this::isSecret);
  }

  private void addKnown(String text, List<Part> parts) {
    List<Known> candidates = new ArrayList<>();
    for (Known known : longestFirst) {
      if (text.contains(known.text())) {
        candidates.add(known);
      }
    }
    int at = 0;
    while (!candidates.isEmpty() && at < text.length()) {
      Known found = startingAt(text, at, candidates);
      if (found == null) {
        at++;
        continue;
      }
      int end = at + found.text().length();
      parts.add(new Part(at, end));
      at = end;
    }
  }

  private static String replaced(String text, List<Part> parts) {
    if (parts.isEmpty()) {
      return text;
    }
    parts.sort(Comparator.comparingInt(Part::from));
    StringBuilder safe = new StringBuilder(text.length());
    int done = 0;
    for (Part part : parts) {
      if (part.from() >= done) {
        safe.append(text, done, part.from()).append(MARK);
      }
      done = Math.max(done, part.to());
    }
    return safe.append(text, done, text.length()).toString();
  }

  /**
   * Name of the environment variable that stands for a secret which a file leaves out.
   *
   * @param path key path or setting, such as {@code data.options.password}
   */
  public static String variable(String path) {
    return VARIABLE_PREFIX
        + path.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_").replaceAll("^_|_$", "");
  }
}
