package dev.lockstep.driver.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.registry.Champion.Move;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.hadoop.fs.ChecksumException;

/**
 * Changes a model registry: one writer at a time, for moments.
 *
 * <p>A publication has four steps, and each of them is one rename: the version's folder, which was
 * written and read back under another name, gets its own; the decision is recorded for the run
 * date; the pointer moves; versions that are too many lose their names. Whoever dies in between
 * leaves a registry that can be read, with the champion of before or of after, and the next writer
 * takes the steps that are missing before anything else. On file systems that rename folders file
 * by file, the manifest tells whether a version is whole; one that is not, and never was champion,
 * is removed.
 */
public final class RegistryWriter implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final String STAGED = ".staged-";
  private static final String REMOVED = ".removed-";

  private final ModelRegistry registry;
  private final RunFolder versions;
  private final RunLock lock;
  private final Publisher publisher;
  private final Consumer<String> notes;

  private RegistryWriter(
      ModelRegistry registry, RunLock lock, Publisher publisher, Consumer<String> notes) {
    this.registry = registry;
    this.versions = registry.versionsFolder();
    this.lock = lock;
    this.publisher = publisher;
    this.notes = notes;
  }

  static RegistryWriter open(ModelRegistry registry, LockOwner owner, Consumer<String> notes) {
    RunLock lock =
        RunLock.acquireInTurn(registry.folder(), owner, LockTimes.DEFAULT, PATIENCE, notes);
    try {
      RegistryWriter writer = new RegistryWriter(registry, lock, Publisher.of(owner), notes);
      writer.complete();
      return writer;
    } catch (RuntimeException failure) {
      lock.close();
      throw failure;
    }
  }

  /** The number that the next version will have. */
  public int nextVersion() {
    return 1 + Math.max(newest(), registry.champion().map(Champion::lastPublished).orElse(0));
  }

  /**
   * Publishes a model as the version {@link #nextVersion}, records the decision in the place of an
   * earlier one for the run date, makes the version the champion, and removes the oldest versions
   * that are too many.
   *
   * @param keep how many of the newest stay; the champion and the one before it stay in any case
   * @throws LockstepException where that failed; the champion is then the one of before, though the
   *     next writer makes the new one the champion if it has become a version
   */
  public void publish(Publication publication, int keep) {
    int version = publication.lineage().version();
    if (version != nextVersion()) {
      throw new IllegalArgumentException("the next version is not " + version);
    }
    String staged = STAGED + ModelRegistry.nameOf(version) + "-" + UUID.randomUUID();
    stage(publication, versions.folder(staged));
    lock.confirmHeld();
    versions.renameFolder(staged, ModelRegistry.nameOf(version));
    versions.writeNamesThrough();
    // Before the pointer moves: then a writer that finds it moved need not ask which of two
    // decisions for one date is the later one.
    if (publication.lineage().runDate() != null) {
      record(publication.lineage().runDate(), publication.decision());
    }
    makeChampion(version, "published");
    removeTooMany(keep);
  }

  private void stage(Publication publication, RunFolder target) {
    RunFolder source = publication.model();
    registry.folder().create();
    versions.create();
    registry.folder().writeNamesThrough();
    target.create();
    Map<String, FileDigest> files = new TreeMap<>();
    for (String name : publication.modelFiles()) {
      files.put(
          name,
          DigestedFiles.write(
              target,
              name,
              output -> {
                try (InputStream input = source.open(name)) {
                  input.transferTo(output);
                }
              }));
    }
    publication
        .texts()
        .forEach(
            (name, content) ->
                files.put(
                    name, DigestedFiles.write(target, name, output -> output.write(content))));
    byte[] manifest = new VersionManifest(files).toBytes();
    DigestedFiles.write(target, VersionManifest.FILE, output -> output.write(manifest));
    target.writeNamesThrough();
  }

  private void makeChampion(int version, String reason) {
    Optional<Champion> now = registry.champion();
    Move move = move(now, version, reason);
    point(now.map(it -> it.published(move, registry::exists)).orElse(Champion.first(move)));
  }

  private Move move(Optional<Champion> now, int to, String reason) {
    return new Move(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        now.map(Champion::version).orElse(null),
        to,
        reason,
        publisher);
  }

  private void point(Champion champion) {
    lock.confirmHeld();
    byte[] content = champion.toBytes();
    registry.folder().write(Champion.FILE, output -> output.write(content));
  }

  /** Records what was decided for a run date, in the place of an earlier decision. */
  public void record(String runDate, byte[] decision) {
    lock.confirmHeld();
    RunFolder decisions = registry.folder().folder(ModelRegistry.DECISIONS);
    decisions.create();
    String file = ModelRegistry.decisionFile(runDate);
    decisions.restore(file);
    decisions.write(file, output -> output.write(decision));
  }

  /**
   * Makes an earlier version the champion again.
   *
   * @param to the version, or null for the one that was champion before
   * @return the new champion
   * @throws LockstepException of kind usage where there is no such version or it is the champion,
   *     of kind data where it is damaged
   */
  public int rollBack(Integer to) {
    Optional<Champion> now = registry.pointer();
    int target = to != null ? to : predecessorOf(registry.requireChampion());
    if (now.filter(it -> it.version() == target).isPresent()) {
      throw LockstepException.usage(
          ModelRegistry.nameOf(target) + " is the champion of " + registry.name() + " already.");
    }
    if (!registry.exists(target)) {
      throw LockstepException.usage(
          "There is no " + ModelRegistry.nameOf(target) + " in " + registry.name() + ".");
    }
    registry.verified(target);
    Move move = move(now, target, "rolledBack");
    point(
        now.map(it -> it.rolledBack(move, registry::exists))
            .orElseGet(() -> Champion.restored(move, newest())));
    return target;
  }

  private int predecessorOf(Champion champion) {
    return champion
        .predecessor(registry::exists)
        .orElseThrow(
            () ->
                LockstepException.usage(
                    "Before "
                        + ModelRegistry.nameOf(champion.version())
                        + " no version of "
                        + registry.name()
                        + " that is still there was champion; name the one to go to."));
  }

  /** The highest number that a version has, or 0. */
  private int newest() {
    List<Integer> all = registry.versions();
    return all.isEmpty() ? 0 : all.get(all.size() - 1);
  }

  /** The publication counts, whatever becomes of the old versions. */
  private void removeTooMany(int keep) {
    try {
      Champion champion = registry.requireChampion();
      Optional<Integer> predecessor = champion.predecessor(registry::exists);
      List<Integer> all = registry.versions();
      for (int version : all.subList(0, Math.max(0, all.size() - keep))) {
        boolean needed =
            version == champion.version() || predecessor.filter(it -> it == version).isPresent();
        if (!needed) {
          remove(ModelRegistry.nameOf(version));
        }
      }
    } catch (LockstepException failure) {
      notes.accept("Old versions could not be removed: " + failure.getMessage());
    }
  }

  private void remove(String name) {
    lock.confirmHeld();
    String removed = REMOVED + name;
    versions.removeFolder(removed);
    versions.renameFolder(name, removed);
    versions.removeFolder(removed);
  }

  /** Takes the steps that an earlier writer was kept from. */
  private void complete() {
    registry.folder().restore(Champion.FILE);
    for (String name : versions.folders()) {
      if (name.startsWith(STAGED)) {
        versions.removeFolder(name);
      } else if (name.startsWith(REMOVED)) {
        // Where folders are renamed file by file, some may have kept the name.
        versions.removeFolder(name.substring(REMOVED.length()));
        versions.removeFolder(name);
      }
    }
    int newest = newest();
    Optional<Champion> champion = registry.pointer();
    if (champion.isEmpty() && newest > 1) {
      // The pointer was lost. Whoever publishes is refused, and a rollback makes another.
      return;
    }
    int lastPublished = champion.map(Champion::lastPublished).orElse(0);
    if (newest > lastPublished) {
      completePublication(newest);
    } else if (newest > 0 && newest == lastPublished) {
      recordDecisionOf(newest, false);
    }
  }

  private void completePublication(int version) {
    String name = ModelRegistry.nameOf(version);
    try {
      registry.verified(version);
    } catch (LockstepException incomplete) {
      if (couldNotBeRead(version, incomplete)) {
        throw new LockstepException(
            ErrorKind.RESOURCE,
            "The publication of "
                + name
                + " was broken off and cannot be completed now, since it could not be read. Try again."
                + " "
                + incomplete.getMessage(),
            incomplete);
      }
      notes.accept(
          "Removed "
              + name
              + " from "
              + registry.name()
              + ": its publication was broken off before it was whole.");
      versions.removeFolder(name);
      return;
    }
    recordDecisionOf(version, true);
    makeChampion(version, "completed");
    notes.accept(
        "Completed the publication of "
            + name
            + " in "
            + registry.name()
            + ", which had been broken off.");
  }

  /** Rather than was read, and found to be another file than the one that was written. */
  private boolean couldNotBeRead(int version, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      boolean readAndWrong =
          cause instanceof ChecksumException
              || cause instanceof JsonProcessingException
              // Java says so of every file that it cannot open.
              || (cause instanceof FileNotFoundException && lacksAFile(version));
      if (cause instanceof IOException && !readAndWrong) {
        return true;
      }
    }
    return false;
  }

  private boolean lacksAFile(int version) {
    RunFolder source = registry.version(version);
    if (!source.has(VersionManifest.FILE)) {
      return true;
    }
    try {
      return !VersionManifest.read(source).files().keySet().stream().allMatch(source::has);
    } catch (LockstepException unreadable) {
      return false;
    }
  }

  /**
   * Records why a version was published, where nothing is recorded for its run date. Damage in a
   * version must not keep anybody from rolling it back.
   *
   * @param isTheLatest whether nothing can have been decided since, so that an earlier decision for
   *     the date gives way
   */
  private void recordDecisionOf(int version, boolean isTheLatest) {
    try {
      String runDate = registry.lineage(version).runDate();
      if (runDate != null && (isTheLatest || registry.decision(runDate).isEmpty())) {
        record(runDate, registry.decisionOf(version));
      }
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.DATA) {
        throw failure;
      }
      notes.accept(
          "What was decided for "
              + ModelRegistry.nameOf(version)
              + " cannot be recorded: "
              + failure.getMessage());
    }
  }

  /** Lets the next writer in. */
  @Override
  public void close() {
    lock.close();
  }
}
