package dev.lockstep.driver.secret;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.lockstep.driver.secret.SecretParts.Part;
import dev.lockstep.trainer.error.LockstepException;
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
 * be found by chance, and protect nothing. Values of fewer than eight are found as whole words
 * only.
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
      Pattern.compile("(password|passwd|secret|token|key)s?[0-9]*(_|$)", Pattern.CASE_INSENSITIVE);
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
    /** Whether {@code whole} has this text from {@code at} on, as a word where it is short. */
    public boolean startsAt(String whole, int at) {
      int end = at + text.length();
      return whole.startsWith(text, at)
          && (text.length() >= SHORTEST_ANYWHERE
              || ((at == 0 || !Character.isLetterOrDigit(whole.charAt(at - 1)))
                  && (end == whole.length() || !Character.isLetterOrDigit(whole.charAt(end)))));
    }
  }

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

  /** Whether the value of a key or setting of this name is a secret. */
  public boolean isSecret(String name) {
    return names.matcher(name).find();
  }

  /**
   * Whether an environment variable holds a secret: a word of its name is, or ends in, password,
   * passwd, secret, token or key.
   */
  public static boolean isSecretVariable(String name) {
    return SECRET_VARIABLE.matcher(name).find();
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
  public void learnParts(String name, String text) {
    for (Part part : SecretParts.of(text, this::isSecret)) {
      learn(name, text.substring(part.from(), part.to()));
    }
  }

  /**
   * Learns a secret, in all ways of writing it that texts may have.
   *
   * @param name what it is the value of
   */
  public void learn(String name, String secret) {
    String flag = secret.toLowerCase(Locale.ROOT);
    if (secret.length() < SHORTEST || flag.equals("true") || flag.equals("false")) {
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
    ways.removeIf(way -> way.length() < SHORTEST);
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
    List<Part> parts = SecretParts.of(text, this::isSecret);
    addKnown(text, parts, false);
    return replaced(text, parts);
  }

  /**
   * {@code text} as it may be written to a file that other programs read: known secrets are
   * replaced, except where one happens to be a key of JSON.
   */
  public String inFile(String text) {
    List<Part> parts = new ArrayList<>();
    addKnown(text, parts, true);
    return replaced(text, parts);
  }

  /** The parts of {@code text} that are secrets by their place, as pairs of start and end. */
  public List<int[]> partsOf(String text) {
    return SecretParts.of(text, this::isSecret).stream()
        .map(part -> new int[] {part.from(), part.to()})
        .toList();
  }

  private void addKnown(String text, List<Part> parts, boolean keysStay) {
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
      if (!keysStay || !isKey(text, at, end)) {
        parts.add(new Part(at, end));
      }
      at = end;
    }
  }

  private static boolean isKey(String text, int from, int to) {
    return from > 0
        && text.charAt(from - 1) == '"'
        && (text.startsWith("\":", to) || text.startsWith("\" :", to));
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
