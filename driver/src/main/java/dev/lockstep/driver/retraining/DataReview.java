package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.TrainingCheck;
import dev.lockstep.datasets.source.Levels;
import dev.lockstep.driver.config.CheckSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks the training data of a retraining as soon as they are there, before a hold-out is read as
 * they are, and before the network is bound to them: a column or a class more or less is a finding
 * about the data, not the hold-out's fault and not a wrong configuration.
 */
final class DataReview implements TrainingCheck {
  private final RunConfiguration configuration;
  private final CheckSettings settings;
  private final Optional<DataStatistics> known;
  private final ModelArtifact champion;
  private final RetrainingEvents events;
  private final ObjectNode facts;
  private DataStatistics statistics;
  private CheckReport report;

  /**
   * A review that is still to be made.
   *
   * @param configuration of the training
   * @param settings what is checked
   * @param known statistics of the champion's data
   * @param champion null where there is none
   * @param events is told what was found
   * @param facts takes the report, for the decision
   */
  DataReview(
      RunConfiguration configuration,
      CheckSettings settings,
      Optional<DataStatistics> known,
      ModelArtifact champion,
      RetrainingEvents events,
      ObjectNode facts) {
    this.configuration = configuration;
    this.settings = settings;
    this.known = known;
    this.champion = champion;
    this.events = events;
    this.facts = facts;
  }

  /**
   * Makes all checks, and keeps what they find.
   *
   * @throws LockstepException of kind data where one fails, or where the data are not for the
   *     network that was made for the champion's
   */
  @Override
  public void check(PreparedData training) {
    statistics = DataStatistics.of(training);
    report = DataChecks.run(settings, known, statistics, training);
    events.checked(report);
    facts.set("checks", report.toJson());
    if (report.outcome() == Outcome.FAILED) {
      List<String> sentences =
          report.results(Outcome.FAILED).stream().map(CheckResult::sentence).toList();
      throw LockstepException.data(
          "The new data did not pass the checks, so nothing was trained. "
              + String.join(" ", sentences));
    }
    if (champion != null) {
      requireClassesOfNetwork(training);
    }
  }

  /** Statistics of the data; null before the check. */
  DataStatistics statistics() {
    return statistics;
  }

  /** What was found; null before the check. */
  CheckReport report() {
    return report;
  }

  /**
   * Refuses classes that the network has no outputs for, where it has them for the champion's. The
   * challenger does not take over classes of which it sees no example: what it is would depend on
   * who happens to be champion, and no longer on configuration and data alone.
   */
  private void requireClassesOfNetwork(PreparedData training) {
    List<String> now = training.preprocessing().classLabels();
    List<String> before = champion.preprocessing().classLabels();
    ModelComparison.requireSameTask(champion, !now.isEmpty());
    List<String> added = unknown(now, before);
    List<String> gone = unknown(before, now);
    boolean same = added.isEmpty() && gone.isEmpty();
    if (same
        || RunPreview.suits(configuration, training, now.size())
        || !RunPreview.suits(configuration, training, before.size())) {
      return;
    }
    List<String> changes = new ArrayList<>();
    if (!added.isEmpty()) {
      changes.add("new: " + SchemaDifferences.shown(added));
    }
    if (!gone.isEmpty()) {
      changes.add("without an example: " + SchemaDifferences.shown(gone));
    }
    throw LockstepException.data(
        "The network is for the champion's "
            + before.size()
            + " classes, and the new training data have "
            + now.size()
            + " ("
            + String.join("; ", changes)
            + "), so nothing was trained. Correct the data"
            + (gone.isEmpty()
                ? ""
                : ", add examples, for instance of more days with retraining.window")
            + ", or set network and loss for "
            + now.size()
            + " classes.");
  }

  /** The classes that the others do not have, be it in another way of writing a number. */
  private static List<String> unknown(List<String> classes, List<String> others) {
    Levels known = Levels.of(others);
    List<String> unknown = new ArrayList<>();
    for (String label : classes) {
      if (known.indexOf(label) < 0) {
        unknown.add(label);
      }
    }
    return unknown;
  }
}
