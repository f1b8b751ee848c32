package dev.lockstep.driver.config;

import dev.lockstep.driver.secret.Redaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps secrets out of configurations that are written down. Where one stands there is a reference
 * to an environment variable instead, so that reading the file again takes it from there or says
 * that it is missing: <code>${NAME}</code> for what came from a variable whose name looks like a
 * secret ({@code DB_PASSWORD}, {@code SAS_TOKEN}, {@code API_KEY}), <code>${LOCKSTEP_SECRET_…}
 * </code> for what was written out, with the key path of its place in the name.
 */
final class Secrets {
  private static final Pattern LEFT_OUT =
      Pattern.compile("\\$\\{(" + Redaction.VARIABLE_PREFIX + "[A-Z0-9_]*)}");

  /**
   * Where a configuration has texts of the user's own. Everywhere else are words that the program
   * knows, such as kinds, which no secret is found in.
   */
  private static final Pattern FREE_TEXT =
      Pattern.compile(
          "name|network\\.initialWeights|registry\\.path|retraining\\.runDate"
              + "|data\\.(?!(format|name|task|normalize|badRows|augment)(\\W|$)).*");

  /** A part of a text, end exclusive, and what stands for it. */
  private record Concealed(int from, int to, String variable) {}

  private final List<Redaction.Known> variables;
  private final Redaction redaction;

  Secrets(Map<String, String> environment, Redaction redaction) {
    List<Redaction.Known> secrets = new ArrayList<>();
    environment.forEach(
        (name, value) -> {
          if (Redaction.isSecretVariable(name) && !Redaction.isHarmless(value)) {
            secrets.add(new Redaction.Known(value, name));
          }
        });
    Comparator<Redaction.Known> byLength = Comparator.comparing(secret -> -secret.text().length());
    secrets.sort(byLength.thenComparing(Redaction.Known::name));
    this.variables = List.copyOf(secrets);
    this.redaction = redaction;
  }

  /**
   * Tells the process of every secret in a configuration as it was written: values under keys whose
   * name says so, and parts of other values that are secrets by their place. Reports a value whose
   * secret was left out with a mark, which is no value.
   */
  static void learn(Value root, Substitution substitution, Problems problems) {
    learn(new StringBuilder(), root, false, substitution, problems);
  }

  /** The path is made a text where a secret or a mark is found, not for each of many values. */
  private static void learn(
      StringBuilder path,
      Value value,
      boolean secret,
      Substitution substitution,
      Problems problems) {
    Redaction redaction = Redaction.ofProcess();
    int outside = path.length();
    if (value instanceof Value.Mapping mapping) {
      mapping
          .entries()
          .forEach(
              (key, entry) -> {
                path.append(outside == 0 ? "" : ".").append(key);
                learn(path, entry, secret || redaction.isSecret(key), substitution, problems);
                path.setLength(outside);
              });
    } else if (value instanceof Value.Sequence sequence) {
      for (int i = 0; i < sequence.items().size(); i++) {
        path.append('[').append(i).append(']');
        learn(path, sequence.items().get(i), secret, substitution, problems);
        path.setLength(outside);
      }
    } else if (value instanceof Value.Scalar scalar
        // What is wrong with a reference is reported where its key is read.
        && substitution.apply(scalar, "", new Problems("")) instanceof Value.Scalar resolved
        && resolved.text() != null) {
      if (resolved.text().contains(Redaction.MARK)) {
        problems.add(
            path.toString(),
            scalar,
            "a secret was left out here; write ${NAME} for it and set that environment variable");
      }
      if (secret) {
        redaction.learn(path.toString(), resolved.text());
      } else {
        redaction.learnParts(path, resolved.text());
      }
    }
  }

  /**
   * {@code environment}, with something for every secret that a written configuration leaves out
   * and that the environment does not have: enough to compare it with another, not to train by it.
   */
  static Map<String, String> standingIn(String written, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    leftOut(written).forEach(variable -> all.putIfAbsent(variable, "the value of " + variable));
    return all;
  }

  /** The variables that stand in a written configuration for secrets that were written out. */
  static List<String> leftOut(String written) {
    List<String> variables = new ArrayList<>();
    Matcher reference = LEFT_OUT.matcher(written);
    while (reference.find()) {
      if (!variables.contains(reference.group(1))) {
        variables.add(reference.group(1));
      }
    }
    return variables;
  }

  /** Whether a text of the user's own stands at this key path, and not a word of the program's. */
  static boolean isFreeText(String path) {
    return FREE_TEXT.matcher(path).matches();
  }

  /** Whether the value of a key is a secret. */
  boolean isSecretKey(String key) {
    return redaction.isSecret(key);
  }

  /**
   * {@code text} as a configuration may hold it: every secret as a reference, everything else so
   * that it reads back as itself.
   *
   * @param path key path of the text
   * @param whole whether all of it is a secret
   */
  String conceal(String path, String text, boolean whole) {
    if (!isFreeText(path)) {
      return Substitution.escape(text);
    }
    List<Concealed> concealed = new ArrayList<>();
    add(text, variables, false, concealed);
    if (whole && !text.isEmpty() && !covers(concealed, 0, text.length())) {
      return "${" + Redaction.variable(path) + "}";
    }
    int parts = 0;
    for (Redaction.Part part : redaction.partsOf(text)) {
      parts++;
      if (!covers(concealed, part.from(), part.to())) {
        String variable = Redaction.variable(path) + (parts == 1 ? "" : "_" + parts);
        concealed.removeIf(inside -> inside.from() < part.to() && inside.to() > part.from());
        concealed.add(new Concealed(part.from(), part.to(), variable));
      }
    }
    add(text, redaction.known(), true, concealed);
    concealed.sort(Comparator.comparingInt(Concealed::from));
    StringBuilder safe = new StringBuilder();
    int done = 0;
    for (Concealed part : concealed) {
      safe.append(Substitution.escape(text.substring(done, part.from())));
      safe.append("${").append(part.variable()).append('}');
      done = part.to();
    }
    return safe.append(Substitution.escape(text.substring(done))).toString();
  }

  /** Adds where a secret occurs and nothing is concealed yet. */
  private static void add(
      String text, List<Redaction.Known> secrets, boolean rename, List<Concealed> concealed) {
    int at = 0;
    while (at < text.length()) {
      Concealed found = null;
      for (Redaction.Known secret : secrets) {
        int end = at + secret.text().length();
        if (secret.startsAt(text, at) && isFree(concealed, at, end)) {
          String variable = rename ? Redaction.variable(secret.name()) : secret.name();
          found = new Concealed(at, end, variable);
          break;
        }
      }
      if (found == null) {
        at++;
      } else {
        concealed.add(found);
        at = found.to();
      }
    }
  }

  private static boolean isFree(List<Concealed> concealed, int from, int to) {
    return concealed.stream().noneMatch(part -> part.from() < to && part.to() > from);
  }

  private static boolean covers(List<Concealed> concealed, int from, int to) {
    int at = from;
    for (Concealed part : concealed) {
      if (part.from() <= at && part.to() > at) {
        at = part.to();
      }
    }
    return at >= to;
  }
}
