package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.report.Numbers;
import java.util.Optional;

/**
 * Whether the challenger takes the champion's place, and why.
 *
 * @param publish whether it does
 * @param reason in a sentence
 * @param settings by which it was judged
 * @param comparison of the two; null where there was no champion
 */
record Verdict(
    boolean publish, String reason, RetrainingSettings settings, ModelComparison comparison) {
  private static final int DIGITS = 4;

  /**
   * The challenger must be better by more than {@code minImprovement}; where a confidence is asked
   * for, even at the lower end of the interval of the improvement. Without a champion it wins. What
   * is not a number is never better.
   */
  static Verdict of(RetrainingSettings settings, Optional<ModelComparison> comparison) {
    if (comparison.isEmpty()) {
      return new Verdict(
          true, "There was no champion, so the model is the first one.", settings, null);
    }
    ModelComparison found = comparison.get();
    ImprovementInterval interval = found.interval();
    double least = interval == null ? found.improvement() : interval.lower();
    boolean better = least > settings.minImprovement();
    StringBuilder reason = new StringBuilder(found.metric());
    reason.append(" of the challenger is ").append(value(found, true));
    reason.append(", of the champion ").append(value(found, false));
    reason.append(": an improvement by ").append(number(found.improvement()));
    if (interval != null) {
      reason.append(", at least ").append(number(interval.lower()));
      reason.append(" with confidence ").append(interval.confidence());
    }
    reason.append(better ? ", above " : ", which is not above ");
    reason.append("the required ").append(number(settings.minImprovement()));
    reason.append(better ? "." : "; the champion stays.");
    return new Verdict(better, reason.toString(), settings, found);
  }

  private static String value(ModelComparison comparison, boolean challenger) {
    return number(
        (challenger ? comparison.challenger() : comparison.champion())
            .valueOf(comparison.metric())
            .orElse(Double.NaN));
  }

  private static String number(double value) {
    return Numbers.significant(value, DIGITS);
  }

  Decision.Kind kind() {
    return publish ? Decision.Kind.PUBLISHED : Decision.Kind.KEPT;
  }

  /** Puts what was compared. */
  void write(ObjectNode target) {
    target.put("metric", comparison == null ? settings.metric() : comparison.metric());
    target.put("minImprovement", settings.minImprovement());
    target.put(
        "improvement", comparison == null ? null : Decision.finite(comparison.improvement()));
    if (comparison == null || comparison.interval() == null) {
      target.putNull("interval");
      return;
    }
    ImprovementInterval interval = comparison.interval();
    target
        .putObject("interval")
        .put("confidence", interval.confidence())
        .put("lower", Decision.finite(interval.lower()))
        .put("upper", Decision.finite(interval.upper()))
        .put("resamples", interval.resamples());
  }
}
