package dev.lockstep.driver.container;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The day that a job is for. Kubernetes gives a container no date of its schedule, but a CronJob
 * names each job after the minute for which it was scheduled, counted from 1970. So a job that
 * starts late, or again after midnight, still is for its own day. Another name tells no day, and
 * the moment at which a pod starts would not do: what takes the place of a pod that was lost before
 * midnight would be for another day.
 *
 * <p>A day that has only just begun has few data yet, so a job may be for one that many days before
 * the one it was scheduled for.
 */
final class RunDate {
  /** What configurations and {@code retrain} read. */
  static final String VARIABLE = "RUN_DATE";

  /** The name of the pod's job, which the manifest puts here. */
  private static final String JOB = "LOCKSTEP_JOB_NAME";

  /** How many days before that of its schedule the job is for; 0 where nobody says. */
  private static final String DAYS_BACK = "LOCKSTEP_RUN_DATE_DAYS_BACK";

  /** 0 to 9999. */
  private static final Pattern DAYS = Pattern.compile("[0-9]{1,4}");

  private static final String REFERENCE = "$(" + VARIABLE + ")";
  private static final String EXAMPLE = "2026-11-25";
  private static final Pattern SCHEDULED = Pattern.compile(".+-([0-9]{8,9})");

  /** Other numbers are none of a schedule, but a person's: 20261125 would be a minute of 2008. */
  private static final Duration OLDEST = Duration.ofDays(365);

  /** The clocks of a cluster's machines may differ. */
  private static final Duration AHEAD = Duration.ofHours(1);

  private RunDate() {}

  /**
   * The variable to set: none where somebody has set it or no job's name tells a day.
   *
   * @param now by which numbers that are none of a schedule are told apart
   * @param zone whose days count
   * @throws ContainerException where the number of days to go back is none, needed or not
   */
  static Map<String, String> of(Map<String, String> environment, Instant now, ZoneId zone)
      throws ContainerException {
    int daysBack = daysBack(environment);
    String job = environment.get(JOB);
    if (job == null || job.isEmpty() || environment.containsKey(VARIABLE)) {
      return Map.of();
    }
    Matcher scheduled = SCHEDULED.matcher(job);
    if (!scheduled.matches()) {
      return Map.of();
    }
    Instant moment = Instant.ofEpochSecond(60 * Long.parseLong(scheduled.group(1)));
    boolean plausible = !moment.isBefore(now.minus(OLDEST)) && !moment.isAfter(now.plus(AHEAD));
    return plausible
        ? Map.of(VARIABLE, LocalDate.ofInstant(moment, zone).minusDays(daysBack).toString())
        : Map.of();
  }

  private static int daysBack(Map<String, String> environment) throws ContainerException {
    String days = environment.getOrDefault(DAYS_BACK, "");
    if (days.isEmpty()) {
      return 0;
    }
    if (!DAYS.matcher(days).matches()) {
      throw new ContainerException(
          DAYS_BACK
              + " must be a whole number from 0 to 9999, such as 1 for the day before, found '"
              + days
              + "'.");
    }
    return Integer.parseInt(days);
  }

  /**
   * An argument with the day in it. Kubernetes writes and resolves references in arguments the same
   * way, but only to what a manifest sets, and leaves this one.
   *
   * @param date that it stands for, or null
   * @throws ContainerException where the argument needs a day and there is none
   */
  static String expand(String argument, String date) throws ContainerException {
    if (!argument.contains(REFERENCE)) {
      return argument;
    }
    if (date == null) {
      throw new ContainerException(
          "'"
              + argument
              + "' needs a day, but no CronJob named this job after one; set "
              + VARIABLE
              + " in the job, for example to "
              + EXAMPLE
              + ".");
    }
    return argument.replace(REFERENCE, date);
  }
}
