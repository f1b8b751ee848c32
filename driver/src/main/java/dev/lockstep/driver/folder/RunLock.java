package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * One writer in a folder, on any Hadoop file system. Whoever wants to write takes the lock first
 * and keeps it to the end; who comes second is refused, and is told by whom.
 *
 * <p>To take it is to write a claim under a name of its own and then to look: who sees no other
 * claim has it. Of two that claim at once each sees the other or is seen, so never both have it;
 * one of them withdraws. This asks no more of a file system than that a file that was written is
 * listed from then on.
 *
 * <p>A claim whose maker is gone is passed over: at once where that was a process of this machine
 * that runs no more or an earlier attempt of the same application, else when it has given no sign
 * of life for {@link LockTimes#stale()} by this machine's clock. A claim names those that it passes
 * over, so that a holder that was only paused finds out that it must stop.
 *
 * <p>Safe on several threads. Signs of life come from a thread of its own.
 */
public final class RunLock implements AutoCloseable {
  /** More often nobody has to begin anew; something else is wrong then. */
  private static final int MAX_ATTEMPTS = 100;

  /** How long a claim is kept up beside another that might be withdrawn. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final long RECHECK_MILLIS = 10;

  private final RunFolder folder;
  private final LockFiles files;
  private final LockOwner owner;
  private final LockTimes times;
  private final List<Path> made;
  private final Consumer<String> notes;
  private long beats;
  private boolean closed;
  private volatile long lastLook = System.nanoTime();
  private volatile String lost;

  private RunLock(
      RunFolder folder,
      LockFiles files,
      LockOwner owner,
      LockTimes times,
      List<Path> made,
      Consumer<String> notes) {
    this.folder = folder;
    this.files = files;
    this.owner = owner;
    this.times = times;
    this.made = made;
    this.notes = notes;
  }

  /**
   * Takes a folder, which is created where there is none.
   *
   * @param owner who takes it, as {@link LockOwner#here} tells
   * @param notes is told, as a sentence, what is waited for and what was taken over
   * @throws LockstepException of kind usage where another run holds it, of kind resource where the
   *     folder cannot be written to
   */
  public static RunLock acquire(
      RunFolder folder, LockOwner owner, LockTimes times, Consumer<String> notes) {
    folder.requireNoFile();
    LockFiles files = new LockFiles(folder);
    List<Path> made = new ArrayList<>();
    Map<String, LockWatch> dead = new TreeMap<>();
    try {
      for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        make(folder, made);
        try {
          awaitDeath(folder, files, owner, times, dead, notes);
          LockOwner claimant = owner.takingOver(dead.keySet());
          if (claim(files, claimant)) {
            for (Map.Entry<String, LockWatch> predecessor : dead.entrySet()) {
              files.remove(predecessor.getKey());
              LockWatch watch = predecessor.getValue();
              notes.accept(
                  "Took "
                      + folder.name()
                      + " over from "
                      + watch.description()
                      + ", "
                      + watch.reason()
                      + ".");
            }
            RunLock lock = new RunLock(folder, files, claimant, times, made, notes);
            lock.startHeart();
            return lock;
          }
        } catch (FileNotFoundException removedMeanwhile) {
          // Who held it before has removed the folder it had created: try again.
        }
      }
      throw new IOException("its lock changed hands " + MAX_ATTEMPTS + " times");
    } catch (IOException failure) {
      remove(folder, made);
      throw folder.unusable("written to", failure);
    } catch (LockstepException refused) {
      remove(folder, made);
      throw refused;
    }
  }

  /**
   * As {@link #acquire}, for writers that take turns: who comes second waits, and looks the less
   * often the longer it has waited. Says each sentence once.
   *
   * @param patience how long at most
   * @throws LockstepException as {@link #acquire}, of kind resource where patience has ended
   */
  public static RunLock acquireInTurn(
      RunFolder folder,
      LockOwner owner,
      LockTimes times,
      Duration patience,
      Consumer<String> notes) {
    folder.requireNoFile();
    long start = System.nanoTime();
    Set<String> told = new HashSet<>();
    Consumer<String> once =
        sentence -> {
          if (told.add(sentence)) {
            notes.accept(sentence);
          }
        };
    String holder;
    while (true) {
      Duration waited = Duration.ofNanos(System.nanoTime() - start);
      try {
        return acquire(folder, owner, times, once);
      } catch (LockstepException refused) {
        if (refused.kind() != ErrorKind.USAGE) {
          throw refused;
        }
        holder =
            refused.getCause() instanceof LockWatch.HeldException held
                ? held.getMessage()
                : refused.getMessage();
        if (waited.compareTo(patience) > 0) {
          throw new LockstepException(
              ErrorKind.RESOURCE,
              "Others have been writing to "
                  + folder.name()
                  + " for more than "
                  + patience.toSeconds()
                  + " s. Try again when they are done.",
              refused);
        }
      }
      once.accept("Waiting for another writer of " + folder.name() + ": " + holder + ".");
      try {
        pause(times.turn(waited).toMillis());
      } catch (InterruptedIOException interrupted) {
        throw folder.unusable("written to", interrupted);
      }
    }
  }

  /** Returns when all claims that are there are of the dead. */
  private static void awaitDeath(
      RunFolder folder,
      LockFiles files,
      LockOwner self,
      LockTimes times,
      Map<String, LockWatch> dead,
      Consumer<String> notes)
      throws IOException {
    Map<String, LockWatch> open = new TreeMap<>();
    boolean told = false;
    while (true) {
      Set<String> ids = files.ids();
      dead.keySet().retainAll(ids);
      open.keySet().retainAll(ids);
      for (String id : ids) {
        if (!dead.containsKey(id)) {
          LockWatch watch =
              open.computeIfAbsent(
                  id, another -> new LockWatch(folder, files, another, self, times));
          LockWatch.Finding finding = watch.look();
          if (finding == LockWatch.Finding.DEAD) {
            dead.put(id, watch);
          }
          if (finding != LockWatch.Finding.OPEN) {
            open.remove(id);
          } else if (!told) {
            told = true;
            notes.accept(
                folder.name()
                    + " is held by "
                    + watch.description()
                    + "; waiting up to "
                    + times.staleSeconds()
                    + " s for a sign of life.");
          }
        }
      }
      if (open.isEmpty()) {
        return;
      }
      pause(times.poll().toMillis());
    }
  }

  /** Claims, and withdraws the claim where another one that is not dead stands beside it. */
  private static boolean claim(LockFiles files, LockOwner owner) throws IOException {
    long start = System.nanoTime();
    try {
      files.claim(owner);
      while (true) {
        NavigableSet<String> others = files.ids();
        if (!others.remove(owner.id())) {
          return false;
        }
        owner.takesOver().forEach(others::remove);
        if (others.isEmpty()) {
          files.beat(owner, 0);
          return true;
        }
        // All but the first of them withdraw; but who gives signs of life has it and never will.
        if (others.first().compareTo(owner.id()) < 0
            || anyGivesSigns(files, others)
            || System.nanoTime() - start > PATIENCE.toNanos()) {
          files.remove(owner.id());
          pause(RECHECK_MILLIS);
          return false;
        }
        pause(RECHECK_MILLIS);
      }
    } catch (IOException failure) {
      withdraw(files, owner, failure);
      throw failure;
    }
  }

  private static void withdraw(LockFiles files, LockOwner owner, IOException reason) {
    try {
      files.remove(owner.id());
    } catch (IOException alsoFailed) {
      reason.addSuppressed(alsoFailed);
    }
  }

  private static boolean anyGivesSigns(LockFiles files, Set<String> ids) throws IOException {
    for (String id : ids) {
      if (files.lastBeat(id).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static void pause(long millis) throws InterruptedIOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for its lock");
    }
  }

  /** Creates the folder and remembers what had to be created, the deepest first. */
  private static void make(RunFolder folder, List<Path> made) throws IOException {
    FileSystem files = folder.fileSystem();
    List<Path> missing = new ArrayList<>();
    for (Path path = folder.path(); path != null && !files.exists(path); path = path.getParent()) {
      missing.add(path);
    }
    if (!missing.isEmpty()) {
      made.clear();
      made.addAll(missing);
      folder.create();
    }
  }

  /** Removes the folder again, and what it was created in, as far as nothing lies there. */
  private static void remove(RunFolder folder, List<Path> made) {
    try {
      for (Path path : made) {
        if (folder.fileSystem().listStatus(path).length > 0) {
          return;
        }
        if (folder.fileSystem() instanceof LocalFileSystem local) {
          // Hadoop looks first whether it is empty and deletes then, whatever is there.
          Files.delete(local.pathToFile(path).toPath());
        } else {
          folder.fileSystem().delete(path, false);
        }
      }
    } catch (IOException used) {
      // Somebody else was here meanwhile, or is faster; what is left is an empty folder.
      return;
    }
  }

  /**
   * Whether the folder is still this run's, as far as is known without asking; looks where the last
   * look was long ago, as after a pause of the whole process. Cheap enough for every step.
   *
   * @throws LockstepException of kind resource, which names the new holder, where it is not
   */
  public void requireHeld() {
    if (lost == null && System.nanoTime() - lastLook > times.stale().toNanos()) {
      try {
        look();
      } catch (IOException unreachable) {
        // Nothing is written to a folder that cannot be reached; confirmHeld says so.
        return;
      }
    }
    if (lost != null) {
      throw new LockstepException(ErrorKind.RESOURCE, lost);
    }
  }

  /**
   * Looks whether the folder is still this run's: to be called before anything in it is replaced.
   *
   * @throws LockstepException of kind resource where it is not, or cannot be reached
   */
  public void confirmHeld() {
    try {
      look();
    } catch (IOException failure) {
      throw folder.unusable("looked at", failure);
    }
    if (lost != null) {
      throw new LockstepException(ErrorKind.RESOURCE, lost);
    }
  }

  /** Asks the folder who holds it. What is lost stays lost. */
  private synchronized void look() throws IOException {
    if (lost != null || closed) {
      return;
    }
    try {
      Set<String> ids = files.ids();
      if (!ids.contains(owner.id())) {
        lost = "The lock of " + folder.name() + " was removed while this run wrote to it.";
      }
      for (String id : ids) {
        Optional<LockOwner> other =
            id.equals(owner.id()) ? Optional.empty() : files.claim(id).flatMap(LockOwner::read);
        if (other.isPresent() && other.get().takesOver().contains(owner.id())) {
          lost =
              "The folder "
                  + folder.name()
                  + " was taken over by "
                  + other.get().describe()
                  + ", to which this run seemed dead.";
        }
      }
    } catch (FileNotFoundException vanished) {
      lost = "The folder " + folder.name() + " has vanished while this run wrote to it.";
    }
    lastLook = System.nanoTime();
  }

  private void startHeart() {
    Thread heart = new Thread(this::beat, "lockstep-run-lock");
    heart.setDaemon(true);
    heart.start();
  }

  private synchronized void beat() {
    try {
      while (true) {
        wait(times.heartbeat().toMillis());
        if (closed) {
          return;
        }
        try {
          look();
          if (lost != null) {
            return;
          }
          files.beat(owner, ++beats);
        } catch (IOException unreachable) {
          // The next beat may come through. Whoever takes over meanwhile is found by the next look,
          // and before anything is written.
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Gives the folder back, and removes it where it was created for this run and nothing was
   * written. A lock that belongs to somebody else meanwhile is left alone.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    try {
      look();
      files.remove(owner.id());
      if (lost == null) {
        remove(folder, made);
      }
    } catch (IOException failure) {
      notes.accept(
          "The lock of "
              + folder.name()
              + " could not be removed ("
              + failure.getMessage()
              + "); it counts no more when this process has ended.");
    } finally {
      closed = true;
      notifyAll();
    }
  }
}
