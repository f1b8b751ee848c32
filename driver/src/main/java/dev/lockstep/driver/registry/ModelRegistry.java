package dev.lockstep.driver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads a model registry: its versions, which of them is the champion, and what was decided when.
 * Needs no lock: a version never changes once it has its name, and the pointer is always whole.
 */
public final class ModelRegistry {
  /** What the command line calls the version that serves. */
  public static final String CHAMPION = "champion";

  static final String VERSIONS = "versions";
  static final String DECISIONS = "decisions";

  private static final String RUNNING = "running";
  private static final Duration FOREVER = Duration.ofDays(36_500);
  private static final Pattern NAME = Pattern.compile("v([0-9]{6,9})");
  private static final Pattern NUMBER = Pattern.compile("v?0*([1-9][0-9]{0,8})");
  private static final int MAX_DECISION_BYTES = 16 << 20;
  private static final int MAX_STATISTICS_BYTES = 256 << 20;

  private final RunFolder folder;
  private final RunFolder versions;

  private ModelRegistry(RunFolder folder) {
    this.folder = folder;
    this.versions = folder.folder(VERSIONS);
  }

  /** The registry at {@code location}, a path or URI; nothing is created yet. */
  public static ModelRegistry at(String location, Configuration hadoop) {
    return new ModelRegistry(RunFolder.at(location, hadoop));
  }

  /**
   * As {@link #at}, for commands that look for something in it.
   *
   * @throws LockstepException of kind usage where there is no registry
   */
  public static ModelRegistry existing(String location, Configuration hadoop) {
    ModelRegistry registry = at(location, hadoop);
    if (!isIn(registry.folder)) {
      throw LockstepException.usage(
          registry.name()
              + " is no model registry: it has no "
              + VERSIONS
              + "/. The folder is the one that registry.path names.");
    }
    return registry;
  }

  private static boolean isIn(RunFolder folder) {
    return folder.hasFolder(VERSIONS);
  }

  /**
   * The folder to read a model from: of a registry that of its champion, and what else is given as
   * it is. Files of a version are checked against its manifest.
   *
   * @throws LockstepException of kind data where the version is damaged
   */
  public static RunFolder modelIn(RunFolder given) {
    if (isIn(given)) {
      ModelRegistry registry = new ModelRegistry(given);
      return registry.verified(registry.requireChampion().version());
    }
    if (given.has(VersionManifest.FILE) && given.has(Lineage.FILE)) {
      VersionManifest.read(given).verify(given);
    }
    return given;
  }

  /** How to call the registry in messages. */
  public String name() {
    return folder.name();
  }

  RunFolder folder() {
    return folder;
  }

  RunFolder versionsFolder() {
    return versions;
  }

  /** Name of the folder of a version, and of the version in messages. */
  public static String nameOf(int version) {
    return String.format(Locale.ROOT, "v%06d", version);
  }

  /**
   * The version that a user names: {@code 3}, {@code v000003} or {@code champion}.
   *
   * @throws LockstepException of kind usage where there is none
   */
  public int versionNamed(String name) {
    if (name.equals(CHAMPION)) {
      return requireChampion().version();
    }
    Matcher number = NUMBER.matcher(name);
    if (!number.matches()) {
      throw LockstepException.usage(
          "VERSION: '" + name + "' is no version; give a number such as 3, or " + CHAMPION + ".");
    }
    int version = Integer.parseInt(number.group(1));
    List<Integer> all = versions();
    if (!all.contains(version)) {
      throw LockstepException.usage(
          "VERSION: there is no "
              + nameOf(version)
              + " in "
              + name()
              + (all.isEmpty()
                  ? "; it is empty."
                  : "; the newest is " + nameOf(all.get(all.size() - 1)) + "."));
    }
    return version;
  }

  /** The numbers of all versions, ascending. */
  public List<Integer> versions() {
    List<Integer> numbers = new ArrayList<>();
    for (String name : versions.folders()) {
      Matcher matcher = NAME.matcher(name);
      if (matcher.matches()) {
        int number = Integer.parseInt(matcher.group(1));
        if (number > 0 && nameOf(number).equals(name)) {
          numbers.add(number);
        }
      }
    }
    Collections.sort(numbers);
    return numbers;
  }

  boolean exists(int version) {
    return versions.hasFolder(nameOf(version));
  }

  /**
   * Which version serves; empty before the first publication.
   *
   * @throws LockstepException of kind data where the pointer is damaged, or gone though there were
   *     publications: then nobody knows, and the newest version may have been rolled back
   */
  public Optional<Champion> champion() {
    Optional<Champion> champion = pointer();
    if (champion.isEmpty() && wasPublishedTo()) {
      // The first publication may have come between the two looks.
      champion = pointer();
      if (champion.isEmpty()) {
        throw LockstepException.data(
            name()
                + " has versions, but "
                + Champion.FILE
                + " is gone, so nobody knows which of them served. 'registry rollback PATH VERSION'"
                + " says which one does from now on.");
      }
    }
    return champion;
  }

  /** The pointer as it lies there; empty where none does. */
  public Optional<Champion> pointer() {
    return Champion.read(folder);
  }

  /** Without a pointer only the first version can be one whose publication was broken off. */
  private boolean wasPublishedTo() {
    List<Integer> all = versions();
    return !all.isEmpty() && all.get(all.size() - 1) > 1;
  }

  /**
   * As {@link #champion}.
   *
   * @throws LockstepException of kind usage where there is none
   */
  public Champion requireChampion() {
    return champion()
        .orElseThrow(
            () -> LockstepException.usage("The registry " + name() + " has no champion yet."));
  }

  /** The folder of a version, looked at by nobody yet. */
  public RunFolder version(int version) {
    return versions.folder(nameOf(version));
  }

  /**
   * The folder of a version, all of whose files are as they were published.
   *
   * @throws LockstepException of kind data where one is not, or the version is not there
   */
  public RunFolder verified(int version) {
    RunFolder source = version(version);
    try {
      VersionManifest.read(source).verify(source);
    } catch (LockstepException damaged) {
      boolean serves = pointer().filter(it -> it.version() == version).isPresent();
      throw new LockstepException(
          ErrorKind.DATA,
          "Version "
              + nameOf(version)
              + " of "
              + name()
              + " cannot be used: "
              + damaged.getMessage()
              + (serves
                  ? " 'registry rollback' leads to another one."
                  : " 'registry list' shows the others."),
          damaged);
    }
    return source;
  }

  /**
   * Whether a folder holds, byte for byte, the weights that a version was published with; not where
   * it holds none.
   *
   * @param model folder of a model
   * @throws LockstepException of kind data where the version does not tell
   */
  public boolean hasWeightsIn(int version, RunFolder model) {
    FileDigest published = VersionManifest.read(version(version)).files().get(ModelFolder.WEIGHTS);
    if (!model.has(ModelFolder.WEIGHTS) || model.size(ModelFolder.WEIGHTS) != published.size()) {
      return false;
    }
    try {
      return DigestedFiles.read(model, ModelFolder.WEIGHTS, published, input -> true);
    } catch (LockstepException others) {
      if (others.kind() != ErrorKind.DATA) {
        throw others;
      }
      return false;
    }
  }

  /** Where a version comes from. */
  public Lineage lineage(int version) {
    return Lineage.read(version(version), version);
  }

  /** What was stored of the training data of a version, as JSON; empty where nothing was. */
  public Optional<byte[]> statistics(int version) {
    RunFolder source = version(version);
    return source.has(VersionManifest.STATISTICS)
        ? Optional.of(DigestedFiles.bytes(source, VersionManifest.STATISTICS, MAX_STATISTICS_BYTES))
        : Optional.empty();
  }

  /** Why a version was published, as JSON. */
  byte[] decisionOf(int version) {
    return DigestedFiles.bytes(version(version), VersionManifest.DECISION, MAX_DECISION_BYTES);
  }

  /** Why a version was published. */
  public ObjectNode decisionThatPublished(int version) {
    return StrictJson.parse(
            decisionOf(version), version(version).name() + "/" + VersionManifest.DECISION)
        .node();
  }

  /** What was decided for a run date; empty where nothing was yet. */
  public Optional<ObjectNode> decision(String runDate) {
    RunFolder decisions = folder.folder(DECISIONS);
    String file = decisionFile(runDate);
    return decisions
        .readReplaced(file, MAX_DECISION_BYTES)
        .map(bytes -> StrictJson.parse(bytes, decisions.name() + "/" + file).node());
  }

  /** Name of the file of a run date's decision. */
  static String decisionFile(String runDate) {
    return runDate + ".json";
  }

  /**
   * Takes a run date, so that nobody else retrains for it meanwhile; who comes second waits until
   * the first is done, however long that takes.
   */
  public RunLock takeRunDate(String runDate, LockOwner owner, Consumer<String> notes) {
    return RunLock.acquireInTurn(
        folder.folder(RUNNING).folder(runDate), owner, LockTimes.DEFAULT, FOREVER, notes);
  }

  /**
   * Waits for its turn to change the registry, and completes what an earlier writer left undone.
   *
   * @param owner who wants to
   * @param notes is told, as a sentence, what is waited for and what was completed
   */
  public RegistryWriter write(LockOwner owner, Consumer<String> notes) {
    return RegistryWriter.open(this, owner, notes);
  }
}
