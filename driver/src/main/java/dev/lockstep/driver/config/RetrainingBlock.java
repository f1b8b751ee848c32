package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.RetrainingSettings.Missing;
import dev.lockstep.driver.config.RetrainingSettings.Window;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The {@code retraining} block: reads it and writes it. */
final class RetrainingBlock {
  private static final String RUN_DATE_KEY = "runDate";
  private static final NumberRange CONFIDENCES =
      new NumberRange(
          0.5,
          true,
          RetrainingSettings.MOST_CONFIDENCE,
          true,
          "a number from 0.5 to " + RetrainingSettings.MOST_CONFIDENCE);
  private static final WholeRange DAYS = new WholeRange(1, Window.MAX_DAYS);
  private static final Names METRICS =
      Names.of("metric", RetrainingSettings.METRICS, RetrainingSettings.METRICS);
  private static final List<String> MISSING =
      Arrays.stream(Missing.values()).map(Missing::key).toList();
  private static final Names MISSING_NAMES = Names.of("choice", MISSING, MISSING);

  private RetrainingBlock() {}

  /**
   * The environment in which a configuration is read: where the block says what the run date is, so
   * does the variable.
   */
  static Map<String, String> withRunDate(Value root, Map<String, String> environment) {
    if (root instanceof Value.Mapping configuration
        && configuration.entries().get("retraining") instanceof Value.Mapping block
        && block.entries().get(RUN_DATE_KEY) instanceof Value.Scalar written
        && new Substitution(environment).apply(written, "", new Problems(""))
            instanceof Value.Scalar resolved
        && resolved.text() != null) {
      Map<String, String> all = new HashMap<>(environment);
      all.put(RetrainingSettings.RUN_DATE, resolved.text());
      return all;
    }
    return environment;
  }

  static RetrainingSettings read(Block block) {
    RetrainingSettings settings =
        new RetrainingSettings(
            block.name("metric", METRICS),
            block.number(
                "minImprovement",
                NumberRange.NOT_NEGATIVE,
                RetrainingSettings.DEFAULT_MIN_IMPROVEMENT),
            runDate(block),
            window(block),
            block.has("confidence")
                ? Double.valueOf(block.number("confidence", CONFIDENCES, 0.5))
                : null,
            block.optionalCount("keepRuns"),
            CheckBlock.read(block.block("checks")));
    block.finish();
    return settings;
  }

  private static String runDate(Block block) {
    Value written = block.find(RUN_DATE_KEY);
    String path = block.pathOf(RUN_DATE_KEY);
    Value value =
        written != null
            ? written
            : block
                .reading()
                .resolve(
                    path,
                    Value.Scalar.of(
                        "${" + RetrainingSettings.RUN_DATE + ":-}",
                        false,
                        "environment variable " + RetrainingSettings.RUN_DATE));
    if (value == null) {
      return null;
    }
    String text = block.reading().text(path, value, RetrainingSettings.RUN_DATE_TEXT);
    if (text != null && !RetrainingSettings.isRunDate(text)) {
      block.reading().wrong(path, value, RetrainingSettings.RUN_DATE_TEXT);
    }
    return text;
  }

  private static Window window(Block retraining) {
    if (!retraining.has("window")) {
      return null;
    }
    Block block = retraining.block("window");
    if (!block.has("days")) {
      block.missing("days", DAYS.text());
    }
    int days = (int) block.whole("days", DAYS, 1);
    String missing = block.name("missing", MISSING_NAMES);
    block.finish();
    return new Window(
        days,
        Missing.SKIP.key().equals(missing)
            ? Missing.SKIP
            : Missing.FAIL.key().equals(missing) ? Missing.FAIL : Window.DEFAULT_MISSING);
  }

  /** Puts every key, in the order of the manual. */
  static void write(RetrainingSettings retraining, ObjectNode target) {
    target.put("metric", retraining.metric());
    target.put("minImprovement", retraining.minImprovement());
    target.put(RUN_DATE_KEY, retraining.runDate());
    if (retraining.window() == null) {
      target.putNull("window");
    } else {
      target
          .putObject("window")
          .put("days", retraining.window().days())
          .put("missing", retraining.window().missing().key());
    }
    target.put("confidence", retraining.confidence());
    target.put("keepRuns", retraining.keepRuns());
    CheckBlock.write(retraining.checks(), target.putObject("checks"));
  }
}
