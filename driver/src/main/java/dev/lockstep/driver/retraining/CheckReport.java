package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import java.util.ArrayList;
import java.util.List;

/**
 * What all checks found.
 *
 * @param checks those that were made, in the order of the configuration
 */
public record CheckReport(List<Check> checks) {
  /** Takes an immutable copy. */
  public CheckReport {
    checks = List.copyOf(checks);
  }

  /**
   * What one check found.
   *
   * @param name as in the configuration
   * @param passed columns (or, where it looks at no columns, the data) that passed
   * @param warned how many of them it warns of
   * @param failed how many of them fail
   * @param results the worst of them, worst first; at least one
   */
  public record Check(String name, int passed, int warned, int failed, List<CheckResult> results) {
    /** Takes an immutable copy. */
    public Check {
      results = List.copyOf(results);
    }

    /** The worst outcome. */
    public Outcome outcome() {
      return failed > 0 ? Outcome.FAILED : warned > 0 ? Outcome.WARNED : Outcome.PASSED;
    }
  }

  /** The worst outcome; passed where nothing was checked. */
  public Outcome outcome() {
    Outcome worst = Outcome.PASSED;
    for (Check check : checks) {
      worst = worst.or(check.outcome());
    }
    return worst;
  }

  /** The listed results with this outcome, in order. */
  public List<CheckResult> results(Outcome outcome) {
    List<CheckResult> chosen = new ArrayList<>();
    for (Check check : checks) {
      for (CheckResult result : check.results()) {
        if (result.outcome() == outcome) {
          chosen.add(result);
        }
      }
    }
    return chosen;
  }

  /** The report as it stands in files: outcome, then every check with its counts and results. */
  public ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("outcome", outcome().key());
    ArrayNode list = root.putArray("checks");
    for (Check check : checks) {
      ObjectNode node = list.addObject();
      node.put("check", check.name());
      node.put("outcome", check.outcome().key());
      node.put("passed", check.passed());
      node.put("warned", check.warned());
      node.put("failed", check.failed());
      ArrayNode results = node.putArray("results");
      for (CheckResult result : check.results()) {
        ObjectNode one = results.addObject();
        one.put("column", result.column());
        one.put("outcome", result.outcome().key());
        one.put("value", result.value());
        one.put("limit", result.limit());
        one.put("sentence", result.sentence());
      }
    }
    return root;
  }
}
