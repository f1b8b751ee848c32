package dev.lockstep.driver.config;

import dev.lockstep.driver.secret.Redaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One {@code --set key.path=value}: replaces the value at a key path, creating blocks on the way.
 * The value is YAML: a scalar or a list or block in flow style. A bare kind on the way becomes a
 * block of that kind, so that {@code --set optimizer.learningRate=0.1} works on {@code optimizer:
 * adam}.
 */
final class CommandLineSetting {
  private static final Pattern SEGMENT =
      Pattern.compile("([^.\\[\\]=]+)((?:\\[[0-9]{1,9}]){0,50})");
  private static final Pattern INDEX = Pattern.compile("[0-9]+");

  /** One step of a key path: a key, or with a null key an index. */
  private record Step(String key, int index) {}

  private final String origin;
  private final Problems problems;

  private CommandLineSetting(String origin, Problems problems) {
    this.origin = origin;
    this.problems = problems;
  }

  /**
   * {@code root} with the setting applied; what is wrong with it is reported, and then {@code root}
   * stays as it is.
   */
  static Value apply(Value root, String setting, Problems problems) {
    learnSecrets(setting);
    String origin = "--set " + Problems.brief(setting);
    return new CommandLineSetting(origin, problems).apply(root, setting);
  }

  /** Before any part of the setting is shown. */
  private static void learnSecrets(String setting) {
    int equals = setting.indexOf('=');
    if (equals < 0) {
      return;
    }
    String path = setting.substring(0, equals).strip();
    Problems reportedLater = new Problems("");
    try {
      Value value =
          ValueParser.parse(setting.substring(equals + 1), line -> "", path, reportedLater);
      if (value != null) {
        Value root = new Value.Mapping(Map.of(path, value), "");
        Secrets.learn(root, new Substitution(Map.of()), reportedLater);
      }
    } catch (ValueParser.SyntaxException malformed) {
      if (Redaction.ofProcess().mentionsSecret(setting)) {
        // What in it would be the secret, nobody can tell.
        Redaction.ofProcess().learn(path, setting.substring(equals + 1).strip());
      }
    }
  }

  private Value apply(Value root, String setting) {
    int equals = setting.indexOf('=');
    List<Step> steps = equals < 0 ? List.of() : steps(setting.substring(0, equals).strip());
    if (steps.isEmpty()) {
      problems.add(
          origin,
          null,
          "must be key.path=value, such as training.epochs=3 or network.layers[0].units=64");
      return root;
    }
    String path = setting.substring(0, equals).strip();
    try {
      Value value =
          ValueParser.parse(setting.substring(equals + 1), line -> origin, path, problems);
      return replace(
          root, steps, 0, value == null ? Value.Scalar.of(null, false, origin) : value, "");
    } catch (ValueParser.SyntaxException malformed) {
      problems.add(origin, null, "the value cannot be read as YAML, " + malformed.getMessage());
      return root;
    }
  }

  private static List<Step> steps(String path) {
    List<Step> steps = new ArrayList<>();
    for (String part : path.split("\\.", -1)) {
      Matcher segment = SEGMENT.matcher(part);
      if (!segment.matches()) {
        return List.of();
      }
      steps.add(new Step(segment.group(1), 0));
      Matcher index = INDEX.matcher(segment.group(2));
      while (index.find()) {
        steps.add(new Step(null, Integer.parseInt(index.group())));
      }
    }
    return steps;
  }

  private Value replace(Value current, List<Step> steps, int done, Value replacement, String path) {
    if (done == steps.size()) {
      return replacement;
    }
    Step step = steps.get(done);
    return step.key() == null
        ? replaceItem(current, step.index(), steps, done, replacement, path)
        : replaceEntry(current, step.key(), steps, done, replacement, path);
  }

  private Value replaceItem(
      Value current, int index, List<Step> steps, int done, Value replacement, String path) {
    if (!(current instanceof Value.Sequence sequence)) {
      problems.add(origin, null, path + " is not a list");
      return current;
    }
    int size = sequence.items().size();
    if (index >= size) {
      String allowed =
          size == 0
              ? "is an empty list"
              : "has the entries " + path + "[0] to " + path + "[" + (size - 1) + "]";
      problems.add(origin, null, path + " " + allowed);
      return current;
    }
    return sequence.with(
        index,
        replace(
            sequence.items().get(index), steps, done + 1, replacement, path + "[" + index + "]"));
  }

  private Value replaceEntry(
      Value current, String key, List<Step> steps, int done, Value replacement, String path) {
    if (current instanceof Value.Sequence) {
      problems.add(
          origin, null, path + " is a list; name one entry, such as " + path + "[0]." + key);
      return current;
    }
    Value.Mapping mapping;
    if (current instanceof Value.Mapping existing) {
      mapping = existing;
    } else if (Value.isNothing(current)) {
      mapping = new Value.Mapping(Map.of(), origin);
    } else {
      mapping = new Value.Mapping(Map.of("kind", current), origin);
    }
    String keyPath = path.isEmpty() ? key : path + "." + key;
    Value before = mapping.entries().get(key);
    Value after = replace(before, steps, done + 1, replacement, keyPath);
    return after == null ? mapping : mapping.with(key, after);
  }
}
