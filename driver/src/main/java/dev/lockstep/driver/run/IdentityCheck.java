package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.Blas;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Whether a run may go on from a checkpoint: it must be the same run, but for what the user insists
 * on.
 *
 * @param now the run as it is now
 * @param forced whether the user insists
 */
record IdentityCheck(RunIdentity now, boolean forced) {
  private static final String JAVA = "java";
  private static final String LOCKSTEP = "lockstep";
  private static final int SHORT_FINGERPRINT = 12;

  /** The run as it is configured, on the data as they are, in this program. */
  static RunIdentity of(RunSetup setup, String sparkVersion) {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put(LOCKSTEP, Version.LOCKSTEP);
    versions.put(JAVA, System.getProperty("java.version"));
    versions.put("spark", sparkVersion);
    return new RunIdentity(
        ConfigurationWriter.toTree(setup.configuration()),
        setup.data().fingerprint(),
        versions,
        Blas.backendName());
  }

  /**
   * Refuses another run.
   *
   * @param name of the checkpoint
   * @param before the run that wrote it
   * @return what the user should know of differences that do not stand in the way
   * @throws LockstepException of kind usage or data, naming every difference
   */
  List<String> requireSame(String name, RunIdentity before) {
    List<ConfigurationDifference> differences =
        ConfigurationDifference.between(before.configuration(), now.configuration());
    requireAllowed(name, differences);
    requireSameData(name, before);
    List<String> sentences = new ArrayList<>();
    for (ConfigurationDifference difference : differences) {
      sentences.add("Changed by --force when the run was resumed: " + difference + ".");
    }
    for (String component : List.of(LOCKSTEP, JAVA)) {
      noteOther(
          component, before.versions().get(component), now.versions().get(component), sentences);
    }
    noteOther("BLAS", before.blas(), now.blas(), sentences);
    return sentences;
  }

  private void requireAllowed(String name, List<ConfigurationDifference> differences) {
    List<String> forbidden = ConfigurationDifference.forbidden(differences);
    if (differences.isEmpty() || (forced && forbidden.isEmpty())) {
      return;
    }
    StringBuilder message = new StringBuilder("--resume: the configuration is not that of ");
    message.append(name).append(": ").append(ConfigurationDifference.sentence(differences));
    if (forbidden.isEmpty()) {
      message.append(" Set it as it was, or add --force to go on with what is new.");
    } else {
      message.append(" Within a run ").append(String.join(", ", forbidden));
      message.append(" cannot change, not by --force either: set it as it was, or start a new run");
      message.append(" in another folder.");
    }
    throw LockstepException.usage(message.toString());
  }

  private void requireSameData(String name, RunIdentity before) {
    if (!before.dataFingerprint().equals(now.dataFingerprint())) {
      throw LockstepException.data(
          "--resume: the data are not those of "
              + name
              + ": their fingerprint was "
              + shortened(before.dataFingerprint())
              + " and is "
              + shortened(now.dataFingerprint())
              + ". Restore them, or start a new run in another folder; --force does not help, since"
              + " mini-batches, scaling and classes of one run belong to one set of rows.");
    }
  }

  private static String shortened(String fingerprint) {
    return fingerprint.substring(0, Math.min(SHORT_FINGERPRINT, fingerprint.length()));
  }

  private static void noteOther(String what, String before, String now, List<String> sentences) {
    if (!Objects.equals(before, now)) {
      sentences.add(
          "Resumed with "
              + what
              + " "
              + now
              + " instead of "
              + before
              + ": the last bits may not be those of a run without interruption.");
    }
  }
}
