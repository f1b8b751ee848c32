package dev.lockstep.driver.retraining;

import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The run folders of earlier dates beside the one at hand: those whose names differ from its own in
 * the date at the end and in nothing else, such as {@code retrain-2026-11-24} beside {@code
 * retrain-2026-11-25}. Of these the newest stay; of the others goes what was decided and is
 * nobody's at the moment. Nothing else is touched, and nothing that is newer.
 */
final class OlderRuns {
  private static final String KEY = "retraining.keepRuns";
  private static final String EXAMPLE = "2026-11-25";

  /** Other spellings of a date would make two names of one day. */
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");

  private OlderRuns() {}

  /**
   * Removes those beyond {@link RetrainingSettings#keepRuns}, where there is such a number. What
   * cannot be removed is told and stays.
   *
   * @param atHand the run folder of the retraining that was decided just now, which counts
   * @param owner who removes
   * @param messages is told, as a sentence, what was removed and what was not
   */
  static void remove(
      RunFolder atHand, RetrainingSettings settings, LockOwner owner, Consumer<String> messages) {
    if (settings.keepRuns() == null) {
      return;
    }
    try {
      String name = atHand.name().substring(atHand.name().lastIndexOf('/') + 1);
      Optional<LocalDate> date = date(settings.runDate());
      Optional<RunFolder> parent = atHand.parent();
      if (date.isEmpty() || parent.isEmpty() || !name.endsWith(settings.runDate())) {
        messages.accept(
            KEY
                + ": all run folders stay, since the name of this one, "
                + atHand.name()
                + ", does not end with a date as its run date, such as "
                + EXAMPLE
                + ".");
        return;
      }
      String prefix = name.substring(0, name.length() - settings.runDate().length());
      int removed = 0;
      for (LocalDate each : beyond(settings.keepRuns(), prefix, date.get(), parent.get())) {
        removed += removeDecided(parent.get(), prefix + each, owner, messages) ? 1 : 0;
      }
      if (removed > 0) {
        messages.accept(
            "Removed "
                + removed
                + (removed == 1 ? " older run folder" : " older run folders")
                + " of "
                + parent.get().name()
                + ", since "
                + KEY
                + " is "
                + settings.keepRuns()
                + ".");
      }
    } catch (LockstepException unreadable) {
      messages.accept("Older run folders stay: " + unreadable.getMessage());
    }
  }

  /** The dates before that at hand, the latest first, whose folders are not among the newest. */
  private static List<LocalDate> beyond(
      int keep, String prefix, LocalDate atHand, RunFolder parent) {
    List<LocalDate> dates = new ArrayList<>();
    for (String name : parent.folders()) {
      if (name.startsWith(prefix)) {
        date(name.substring(prefix.length())).ifPresent(dates::add);
      }
    }
    dates.sort(Comparator.reverseOrder());
    List<LocalDate> beyond =
        new ArrayList<>(dates.subList(Math.min(keep, dates.size()), dates.size()));
    beyond.removeIf(date -> !date.isBefore(atHand));
    return beyond;
  }

  /** Empty where it is not written the one way in which a date is part of a name, or is null. */
  private static Optional<LocalDate> date(String text) {
    if (text == null || !DATE.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(LocalDate.parse(text));
    } catch (DateTimeException noDayOfTheCalendar) {
      return Optional.empty();
    }
  }

  /** Removes a folder whose retraining was decided, unless somebody is at work in it. */
  private static boolean removeDecided(
      RunFolder parent, String name, LockOwner owner, Consumer<String> messages) {
    RunFolder run = parent.folder(name);
    try {
      if (run.isLink() || !run.has(Decision.FILE)) {
        return false;
      }
      try (RunLock lock = RunLock.acquire(run, owner, LockTimes.DEFAULT, messages)) {
        lock.confirmHeld();
        if (!run.has(Decision.FILE)) {
          // Whoever had it before has begun to decide anew.
          return false;
        }
        parent.removeFolder(name, Decision.FILE);
        return true;
      }
    } catch (LockstepException refused) {
      messages.accept(
          refused.kind() == ErrorKind.USAGE
              ? "The older run folder " + run.name() + " stays, since another run is at work in it."
              : "The older run folder "
                  + run.name()
                  + " could not be removed: "
                  + refused.getMessage());
      return false;
    }
  }
}
