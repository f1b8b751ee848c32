package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Finds out, in looks some time apart, whether one that has claimed a folder is still there. */
final class LockWatch {
  /** What is known after a look. */
  enum Finding {
    /** It is not known yet. */
    OPEN,
    /** The claim was withdrawn. */
    GONE,
    /** Who made the claim runs no more, or gives no sign of life. */
    DEAD
  }

  private static final byte[] NOTHING = {};

  private final RunFolder folder;
  private final LockFiles files;
  private final String id;
  private final LockOwner self;
  private final LockTimes times;
  private byte[] claim;
  private byte[] beat;
  private long since;
  private String description = "a run whose lock cannot be read";
  private String reason;

  LockWatch(RunFolder folder, LockFiles files, String id, LockOwner self, LockTimes times) {
    this.folder = folder;
    this.files = files;
    this.id = id;
    this.self = self;
    this.times = times;
  }

  /** Who made the claim, in words. */
  String description() {
    return description;
  }

  /** Why it is known to be dead. */
  String reason() {
    return reason;
  }

  /**
   * Looks.
   *
   * @throws LockstepException of kind usage where who made the claim is alive
   */
  Finding look() throws IOException {
    Optional<byte[]> content = files.claim(id);
    if (content.isEmpty()) {
      return Finding.GONE;
    }
    Optional<LockOwner> owner = LockOwner.read(content.get()).filter(it -> it.id().equals(id));
    if (owner.isPresent()) {
      description = owner.get().describe();
      if (owner.get().isEarlierAttemptOf(self)) {
        reason = "an earlier attempt of this application";
        return Finding.DEAD;
      }
      switch (owner.get().process().seenFrom(self.process(), owner.get().isOfTheUserOf(self))) {
        case ALIVE -> throw refusal();
        case DEAD -> {
          reason = "which runs no more";
          return Finding.DEAD;
        }
        case UNKNOWN -> {}
      }
    }
    byte[] lastBeat = files.lastBeat(id).orElse(NOTHING);
    if (claim == null || !Arrays.equals(claim, content.get())) {
      claim = content.get();
      beat = lastBeat;
      since = System.nanoTime();
    } else if (!Arrays.equals(beat, lastBeat)) {
      throw refusal();
    } else if (System.nanoTime() - since >= times.stale().toNanos()) {
      reason = "which gave no sign of life for " + times.staleSeconds() + " s";
      return Finding.DEAD;
    }
    return Finding.OPEN;
  }

  private LockstepException refusal() {
    return new LockstepException(
        ErrorKind.USAGE,
        "--output: "
            + folder.name()
            + " is being written to by another run: "
            + description
            + ". Wait for its end, stop it, or choose another folder.",
        new HeldException(description));
  }

  /** Why a folder is refused: somebody who is alive holds it. */
  static final class HeldException extends Exception {
    private static final long serialVersionUID = 1L;

    private HeldException(String holder) {
      super(holder);
    }
  }
}
