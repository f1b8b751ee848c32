package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A key in which the configuration of a run that is to go on is not that of its checkpoint. Keys
 * that cannot change what comes out, such as the run's name, make no difference, and neither does
 * which file the first weights are in: it is their content that counts.
 *
 * @param key path of the key, such as {@code network.layers[0].units}
 * @param before its value in the checkpoint as JSON, or that it is not set
 * @param now its value now, likewise
 * @param forceable whether a run may go on with the new value where its user insists
 */
record ConfigurationDifference(String key, String before, String now, boolean forceable) {
  /** What neither parameters nor metrics depend on. */
  private static final List<String> WITHOUT_EFFECT =
      List.of(
          "name",
          "tuning",
          "registry",
          "retraining",
          "training.synchronizer",
          "data.badRows",
          "data.maxBadFraction");

  /** What has an effect only where a run returns to a checkpoint after a divergence. */
  private static final List<String> OF_RETURNS = List.of("training.checkpoint");

  private static final String FIRST_WEIGHTS = "network.initialWeights";
  private static final String ON_DIVERGENCE = "/training/onDivergence";

  /**
   * What a user may want to change in the middle of a run, knowing that no single configuration
   * gives the same result from the start: its length, its rate, its penalties, and what it watches
   * for. Where the data lie is among them, since their fingerprint says whether they are the same.
   */
  private static final List<String> FORCEABLE =
      List.of(
          "training.epochs",
          "training.steps",
          "training.earlyStopping",
          "training.validateEveryEpochs",
          "training.targetError",
          "training.onDivergence",
          "training.checkpoint",
          "training.gradientClip",
          "optimizer",
          "schedule",
          "regularization",
          "data.path",
          "data.images",
          "data.labels",
          "data.validation.path",
          "data.validation.images",
          "data.validation.labels",
          "data.test.path",
          "data.test.images",
          "data.test.labels");

  /** What {@link #FORCEABLE} holds and what is not: slots of one rule mean nothing to another. */
  private static final List<String> NEVER = List.of("optimizer.kind");

  private static final int LONGEST_VALUE = 80;

  /**
   * All differences that matter, in the order of the configuration.
   *
   * @param before the checkpoint's configuration, every default written out
   * @param now the present one, likewise
   */
  static List<ConfigurationDifference> between(JsonNode before, JsonNode now) {
    List<ConfigurationDifference> differences = new ArrayList<>();
    compare("", before, now, differences);
    if (!now.at(ON_DIVERGENCE).isObject()) {
      differences.removeIf(each -> isIn(OF_RETURNS, each.key()));
    }
    return differences;
  }

  private static void compare(
      String key, JsonNode before, JsonNode now, List<ConfigurationDifference> differences) {
    if (before.equals(now)
        || isIn(WITHOUT_EFFECT, key)
        || (key.equals(FIRST_WEIGHTS) && before.isTextual() && now.isTextual())) {
      return;
    }
    if (before.isObject() && now.isObject()) {
      for (String name : names(before, now)) {
        compare(
            key.isEmpty() ? name : key + "." + name,
            before.path(name),
            now.path(name),
            differences);
      }
    } else if (before.isArray() && now.isArray() && before.size() == now.size()) {
      for (int i = 0; i < before.size(); i++) {
        compare(key + "[" + i + "]", before.get(i), now.get(i), differences);
      }
    } else {
      differences.add(
          new ConfigurationDifference(
              key, text(before), text(now), isIn(FORCEABLE, key) && !isIn(NEVER, key)));
    }
  }

  /** The keys of those that cannot be insisted on. */
  static List<String> forbidden(List<ConfigurationDifference> differences) {
    return differences.stream()
        .filter(each -> !each.forceable())
        .map(ConfigurationDifference::key)
        .toList();
  }

  /** All of them as one sentence. */
  static String sentence(List<ConfigurationDifference> differences) {
    return String.join("; ", differences.stream().map(ConfigurationDifference::toString).toList())
        + ".";
  }

  private static Set<String> names(JsonNode before, JsonNode now) {
    Set<String> names = new LinkedHashSet<>();
    for (Iterator<String> all = before.fieldNames(); all.hasNext(); ) {
      names.add(all.next());
    }
    for (Iterator<String> all = now.fieldNames(); all.hasNext(); ) {
      names.add(all.next());
    }
    return names;
  }

  private static boolean isIn(List<String> keys, String key) {
    for (String known : keys) {
      if (key.startsWith(known)
          && (key.length() == known.length() || ".[".indexOf(key.charAt(known.length())) >= 0)) {
        return true;
      }
    }
    return false;
  }

  private static String text(JsonNode value) {
    if (value.isMissingNode()) {
      return "not set";
    }
    String text = value.isTextual() ? value.textValue() : value.toString();
    return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
  }

  /** Key and both values. */
  @Override
  public String toString() {
    return key + " was " + before + " and is " + now;
  }
}
