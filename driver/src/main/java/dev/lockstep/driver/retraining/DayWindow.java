package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.InputPaths;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RetrainingSettings.Missing;
import dev.lockstep.driver.config.RetrainingSettings.Window;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;

/**
 * The days that a retraining is trained on: the configuration is read once for each of them, and
 * {@code data.path} becomes the list of all paths that came out. What is the same on every day is
 * there once, and only what differs from day to day may be missing.
 */
public final class DayWindow {
  private static final String KEY = "retraining.window";

  private DayWindow() {}

  /**
   * The configuration with the paths of the whole window; the configuration itself where it has
   * none.
   *
   * @param last the configuration of the run date
   * @param ofDay the configuration of any other run date
   * @param hadoop where files are looked for
   * @param notes is told, as a sentence, which days are left out
   * @throws LockstepException of kind usage where there is no date to count from or no path to put
   *     dates into, of kind data where days are missing that must not be
   */
  public static RunConfiguration over(
      RunConfiguration last,
      Function<String, RunConfiguration> ofDay,
      Configuration hadoop,
      Consumer<String> notes) {
    RetrainingSettings settings = last.retraining();
    if (settings == null || settings.window() == null) {
      return last;
    }
    List<DataLocation> days = new ArrayList<>();
    LocalDate end = date(settings.runDate());
    for (int back = settings.window().days() - 1; back > 0; back--) {
      days.add(ofDay.apply(end.minusDays(back).toString()).data().location());
    }
    DataLocation today = last.data().location();
    days.add(today);
    Set<String> everyDay = new LinkedHashSet<>(today.paths());
    days.forEach(day -> everyDay.retainAll(day.paths()));
    if (today.paths().isEmpty() || (days.size() > 1 && everyDay.containsAll(today.paths()))) {
      throw LockstepException.usage(
          KEY
              + ": data.path must name the files of a day by ${"
              + RetrainingSettings.RUN_DATE
              + "}, such as data/${"
              + RetrainingSettings.RUN_DATE
              + "}.csv.");
    }
    Set<String> paths = new LinkedHashSet<>();
    for (DataLocation day : days) {
      for (String path : day.paths()) {
        if (everyDay.contains(path) || isThere(path, settings.window(), hadoop, notes)) {
          paths.add(path);
        }
      }
    }
    if (everyDay.containsAll(paths) && days.size() > 1) {
      throw LockstepException.data(
          KEY + ": there are no data of the " + days.size() + " days up to " + end + ".");
    }
    return last.withData(last.data().withLocation(today.withPaths(List.copyOf(paths))));
  }

  private static LocalDate date(String runDate) {
    if (runDate == null) {
      throw LockstepException.usage(
          KEY + ": days are counted from the run date; give --run-date, such as 2026-11-25.");
    }
    try {
      return LocalDate.parse(runDate);
    } catch (DateTimeParseException noDate) {
      throw new LockstepException(
          ErrorKind.USAGE,
          KEY + ": the run date must be a date such as 2026-11-25, found " + runDate + ".",
          noDate);
    }
  }

  private static boolean isThere(
      String path, Window window, Configuration hadoop, Consumer<String> notes) {
    if (InputPaths.isDataAt(hadoop, path)) {
      return true;
    }
    if (window.missing() == Missing.FAIL) {
      throw LockstepException.data(
          KEY + ": there are no data at " + path + "; with missing: skip, other days would do.");
    }
    notes.accept("There are no data at " + path + ", so that day is left out.");
    return false;
  }
}
