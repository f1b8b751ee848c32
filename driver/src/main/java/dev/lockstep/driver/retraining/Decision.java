package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.secret.Redaction;
import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;

/** What a retraining came to: the content of {@code decision.json}. */
public final class Decision {
  /** Name of the file in the run folder. */
  public static final String FILE = "decision.json";

  /** Key of the kind of failure, where one led to the decision. */
  static final String FAILURE = "failure";

  /** That kind where training diverged. */
  static final String DIVERGED = "diverged";

  private static final String DECISION = "decision";
  private static final String REASON = "reason";

  /** The three things that a retraining can come to. */
  public enum Kind {
    /** The challenger is the champion now. */
    PUBLISHED("published"),
    /** The champion stays. */
    KEPT("kept"),
    /** It had been decided for this run date before. */
    ALREADY_DONE("alreadyDone");

    private final String key;

    Kind(String key) {
      this.key = key;
    }

    /** Its name in files. */
    public String key() {
      return key;
    }
  }

  private final Kind kind;
  private final ObjectNode tree;

  private Decision(Kind kind, ObjectNode tree) {
    this.kind = kind;
    this.tree = tree;
  }

  /**
   * A decision in the making.
   *
   * @param tree what is known so far; taken over
   * @param reason a sentence
   */
  static Decision of(Kind kind, String reason, ObjectNode tree) {
    ObjectNode all = StrictJson.object().put(DECISION, kind.key).put(REASON, reason);
    all.setAll(tree);
    return new Decision(kind, all);
  }

  /**
   * The answer to who asks again.
   *
   * @param subject the run date or, without one, the run
   * @param recorded what was decided
   */
  static Decision alreadyDone(String subject, ObjectNode recorded) {
    String before = recorded.path(DECISION).asText();
    ObjectNode tree = recorded.deepCopy();
    tree.remove(DECISION);
    tree.put("decidedBefore", before);
    String reason =
        "It was decided for "
            + subject
            + " before ("
            + before
            + "): "
            + recorded.path(REASON).asText();
    tree.remove(REASON);
    return of(Kind.ALREADY_DONE, reason, tree);
  }

  /** Which of the three. */
  public Kind kind() {
    return kind;
  }

  /** Why, in a sentence. */
  public String reason() {
    return tree.path(REASON).asText();
  }

  /** By how much the challenger is better; empty where nothing was compared. */
  OptionalDouble improvement() {
    JsonNode improvement = tree.path("improvement");
    return improvement.isNumber()
        ? OptionalDouble.of(improvement.doubleValue())
        : OptionalDouble.empty();
  }

  /** Indented JSON without secrets, ending in a newline. */
  String toJson() {
    return Redaction.ofProcess().inJson(new String(StrictJson.bytes(tree), StandardCharsets.UTF_8));
  }

  /** Puts a model that was looked at: its version, or null, and its metrics, or null. */
  static void put(ObjectNode target, String role, Integer version, SplitMetrics metrics) {
    ObjectNode model = target.putObject(role).put("version", version);
    if (metrics == null) {
      model.putNull("metrics");
      return;
    }
    ObjectNode values = model.putObject("metrics");
    values.put("loss", finite(metrics.loss()));
    metrics.values().forEach((name, value) -> values.put(name, finite(value)));
    values.put("examples", metrics.examples());
  }

  /** JSON has no number for what is not finite. */
  static Double finite(double value) {
    return Double.isFinite(value) ? Double.valueOf(value) : null;
  }
}
