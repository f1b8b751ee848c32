package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.secret.Redaction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalDouble;

/** What a retraining came to: the content of {@code decision.json}. */
public final class Decision {
  /** Name of the file in the run folder. */
  public static final String FILE = "decision.json";

  /** Key of the kind of failure, where one led to the decision. */
  static final String FAILURE = "failure";

  /** That kind where training diverged. */
  static final String DIVERGED = "diverged";

  /** Key of what tells that it was decided in spite of an earlier decision for the run date. */
  private static final String AGAIN = "again";

  private static final String DECISION = "decision";
  private static final String BEFORE = "decidedBefore";
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
   * @param champion the version that serves now; empty where there is none, or nobody knows
   * @param wayOut how it can be decided anew, as the end of a sentence
   */
  static Decision alreadyDone(
      String subject, ObjectNode recorded, Optional<Integer> champion, String wayOut) {
    String before = recorded.path(DECISION).asText();
    ObjectNode tree = recorded.deepCopy();
    tree.remove(DECISION);
    tree.put(BEFORE, before);
    String reason =
        "It was decided for "
            + subject
            + " before ("
            + before
            + "): "
            + recorded.path(REASON).asText()
            + replaced(recorded, champion, wayOut);
    tree.remove(REASON);
    return of(Kind.ALREADY_DONE, reason, tree);
  }

  /** A sentence where what was published is not what serves; else nothing. */
  private static String replaced(ObjectNode recorded, Optional<Integer> champion, String wayOut) {
    int published = recorded.path("challenger").path("version").asInt();
    if (published == 0 || champion.isEmpty() || champion.get() == published) {
      return "";
    }
    return " That version, "
        + ModelRegistry.nameOf(published)
        + ", is not the champion any more: "
        + ModelRegistry.nameOf(champion.get())
        + " serves now. "
        + wayOut;
  }

  /** Marks the facts of a decision that is made in spite of an earlier one for the run date. */
  static void putAgain(ObjectNode facts) {
    facts.put(AGAIN, true);
  }

  /** Whether a recorded decision was made so, by the run in this folder. */
  static boolean isAgainOf(ObjectNode recorded, String runFolder) {
    return recorded.path(AGAIN).asBoolean() && isOf(recorded, runFolder);
  }

  /** Whether a recorded decision was made by the run in this folder. */
  static boolean isOf(ObjectNode recorded, String runFolder) {
    return recorded.path("runFolder").asText().equals(runFolder);
  }

  /** Whether the content of a {@link #FILE} is more than that an attempt has failed. */
  static boolean isMade(ObjectNode written) {
    return written.has(DECISION) && !written.has(FAILURE);
  }

  /** Which of the three. */
  public Kind kind() {
    return kind;
  }

  /** Whether the challenger was not better, now or when it was decided before. */
  public boolean keepsChampion() {
    return kind == Kind.KEPT || tree.path(BEFORE).asText().equals(Kind.KEPT.key);
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
