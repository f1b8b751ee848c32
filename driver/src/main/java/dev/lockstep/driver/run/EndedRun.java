package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.checkpoint.StoredIdentity;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Optional;

/**
 * A run that has ended well, asked to be resumed: nothing is left to do, unless its user has
 * changed the configuration meanwhile.
 *
 * @param folder of the run
 * @param summary of the run
 * @param newest its newest checkpoint, where there is one
 */
record EndedRun(RunFolder folder, RunSummary summary, Optional<StoredIdentity> newest) {
  /**
   * Whether the run is to go on from its newest checkpoint, under a configuration that its user
   * insists on; false where the configuration is the one that it ended with.
   *
   * @param given the present configuration; what it leaves to the data counts as it was
   * @param forced whether the user insists
   * @throws LockstepException of kind usage where the configuration is another one and the run
   *     cannot go on with it, naming every difference
   */
  boolean goesOn(RunConfiguration given, boolean forced) {
    Optional<RunConfiguration> stored = RunFiles.configuration(folder);
    if (stored.isEmpty()) {
      return false;
    }
    ObjectNode before = ConfigurationWriter.toTree(stored.get());
    List<ConfigurationDifference> differences =
        ConfigurationDifference.between(before, OpenSettings.filled(given, before));
    if (differences.isEmpty()) {
      return false;
    }
    List<String> forbidden = ConfigurationDifference.forbidden(differences);
    if (forced && forbidden.isEmpty() && newest.isPresent()) {
      return true;
    }
    throw LockstepException.usage(
        "--resume: the run in "
            + folder.name()
            + " has ended ("
            + summary.status()
            + " after "
            + summary.steps()
            + " steps), and not with this configuration: "
            + ConfigurationDifference.sentence(differences)
            + advice(forbidden));
  }

  private String advice(List<String> forbidden) {
    String anew = " Set it as it was, or start a new run in another folder";
    if (!forbidden.isEmpty()) {
      return " Within a run "
          + String.join(", ", forbidden)
          + " cannot change, not by --force either."
          + anew
          + ".";
    }
    return newest
        .map(
            checkpoint ->
                anew
                    + ", or add --force to go on from "
                    + checkpoint.name()
                    + " with what is new; the model that is there goes then.")
        .orElse(anew + "; there is no checkpoint that --force could go on from.");
  }
}
