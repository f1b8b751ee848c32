package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.driver.config.CheckSettings;
import dev.lockstep.driver.config.CheckSettings.Limits;
import dev.lockstep.driver.config.CheckSettings.Severity;
import dev.lockstep.driver.report.Numbers;
import dev.lockstep.driver.retraining.CheckReport.Check;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks new data before a model is trained on them: whether they have the form of the champion's
 * data, whether there are enough of them, and whether their values are spread alike.
 */
public final class DataChecks {
  /** Results that a check lists; all are counted. */
  static final int LISTED = 20;

  /**
   * How often, over all columns, data of an unchanged population may go beyond the limits of the
   * population stability index: where there are few rows, the limits give way to what chance does.
   */
  private static final double FALSE_ALARMS = 0.001;

  /** Share of the champion's rows in one bin from which on that bin may hide a drift. */
  private static final double CROWDED = 0.9;

  /** Share of the new rows in one of their own bins up to which they are spread. */
  private static final double SPREAD = 0.5;

  private static final int DIGITS = 3;

  private static final Comparator<CheckResult> WORST_FIRST =
      Comparator.comparing(CheckResult::outcome, Comparator.reverseOrder())
          .thenComparing(
              CheckResult::value, Comparator.nullsLast(Comparator.<Double>reverseOrder()));

  private final CheckSettings settings;
  private final DataStatistics now;
  private final Map<String, ColumnStatistics> columns;
  private final List<Check> checks = new ArrayList<>();

  private DataChecks(CheckSettings settings, DataStatistics now) {
    this.settings = settings;
    this.now = now;
    this.columns = now.byName();
  }

  /**
   * Makes all checks that are switched on.
   *
   * @param champion statistics of the champion's data; without them only those checks are made that
   *     need no comparison
   * @param now statistics of the new data
   * @param data the new data, which are counted in the champion's bins
   */
  public static CheckReport run(
      CheckSettings settings,
      Optional<DataStatistics> champion,
      DataStatistics now,
      PreparedData data) {
    List<SharedBins> bins =
        champion.isEmpty() || settings.psi().isOff()
            ? List.of()
            : SharedBins.of(champion.get(), now, data);
    return run(settings, champion.orElse(null), now, bins);
  }

  /** As above, with what was counted in the champion's bins, who may be null. */
  static CheckReport run(
      CheckSettings settings, DataStatistics champion, DataStatistics now, List<SharedBins> bins) {
    DataChecks run = new DataChecks(settings, now);
    if (champion != null) {
      run.schema(champion);
    }
    run.rowCount();
    if (champion != null) {
      run.rowRatio(champion);
    }
    run.missing();
    if (champion != null) {
      run.missingIncrease(champion);
      run.labelShare(champion);
      run.stability(champion, bins);
    }
    return new CheckReport(run.checks);
  }

  private void add(String name, List<CheckResult> results) {
    if (results.isEmpty()) {
      return;
    }
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    for (CheckResult result : results) {
      counts.merge(result.outcome(), 1, Integer::sum);
    }
    int warned = counts.getOrDefault(Outcome.WARNED, 0);
    int failed = counts.getOrDefault(Outcome.FAILED, 0);
    List<CheckResult> worst = new ArrayList<>(results);
    worst.sort(WORST_FIRST);
    checks.add(
        new Check(
            name,
            results.size() - warned - failed,
            warned,
            failed,
            worst.subList(0, Math.max(1, Math.min(LISTED, warned + failed)))));
  }

  private void schema(DataStatistics champion) {
    if (settings.schema() == Severity.OFF) {
      return;
    }
    Outcome outcome = settings.schema() == Severity.FAIL ? Outcome.FAILED : Outcome.WARNED;
    List<CheckResult> results = new ArrayList<>();
    for (SchemaDifferences.Difference difference : SchemaDifferences.between(champion, now)) {
      results.add(
          new CheckResult(
              "schema", difference.column(), outcome, null, null, difference.sentence()));
    }
    if (results.isEmpty()) {
      results.add(
          new CheckResult(
              "schema",
              null,
              Outcome.PASSED,
              null,
              null,
              "Columns, kinds, label and shape are those of the champion's data."));
    }
    add("schema", results);
  }

  private void rowCount() {
    if (settings.rowCount().isOff()) {
      return;
    }
    add(
        "rowCount",
        List.of(
            least(
                "rowCount",
                settings.rowCount(),
                (double) now.rows(),
                "There are " + now.rows() + " examples to train on")));
  }

  private void rowRatio(DataStatistics champion) {
    if (settings.rowRatio().isOff() || champion.rows() == 0) {
      return;
    }
    double ratio = (double) now.rows() / champion.rows();
    add(
        "rowRatio",
        List.of(
            least(
                "rowRatio",
                settings.rowRatio(),
                ratio,
                "There are "
                    + Numbers.significant(ratio, DIGITS)
                    + " times as many examples as the champion had ("
                    + now.rows()
                    + " after "
                    + champion.rows()
                    + ")")));
  }

  /** The result for a value that must not be below its limits. */
  private static CheckResult least(String check, Limits limits, double value, String finding) {
    boolean fails = limits.fail() != null && value < limits.fail();
    boolean warns = limits.warn() != null && value < limits.warn();
    return result(check, null, limits, value, fails, warns, finding, "at least");
  }

  /** The result for a value of a column that must not be above its limits. */
  private static CheckResult most(
      String check, String column, Limits limits, double value, String finding) {
    boolean fails = limits.fail() != null && value > limits.fail();
    boolean warns = limits.warn() != null && value > limits.warn();
    return result(check, column, limits, value, fails, warns, finding, "at most");
  }

  private static CheckResult result(
      String check,
      String column,
      Limits limits,
      double value,
      boolean fails,
      boolean warns,
      String finding,
      String relation) {
    Outcome outcome = fails ? Outcome.FAILED : warns ? Outcome.WARNED : Outcome.PASSED;
    Double limit = fails || limits.warn() == null ? limits.fail() : limits.warn();
    String allowed = relation + " " + Numbers.significant(limit, DIGITS);
    String sentence =
        finding
            + (outcome == Outcome.PASSED
                ? "; " + allowed + " is asked for."
                : ", where "
                    + check
                    + "."
                    + (fails ? "fail" : "warn")
                    + " asks for "
                    + allowed
                    + ".");
    return new CheckResult(check, column, outcome, value, limit, sentence);
  }

  /** Columns in which a value can be missing: the inputs, and what else bad rows are due to. */
  private Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    now.columns().forEach(column -> names.add(column.name()));
    names.addAll(now.excluded().byColumn().keySet());
    return names;
  }

  private void missing() {
    if (settings.missing().isOff()) {
      return;
    }
    List<CheckResult> results = new ArrayList<>();
    for (String column : names()) {
      double share = now.missingShare(column, columns.get(column));
      results.add(
          most(
              "missing",
              column,
              settings.missing(),
              share,
              "Column '"
                  + column
                  + "' has no usable value in "
                  + Numbers.percent(share)
                  + " of the rows"));
    }
    add("missing", results);
  }

  private void missingIncrease(DataStatistics champion) {
    if (settings.missingIncrease().isOff()) {
      return;
    }
    Map<String, ColumnStatistics> known = champion.byName();
    List<CheckResult> results = new ArrayList<>();
    for (String column : names()) {
      double share = now.missingShare(column, columns.get(column));
      double before = champion.missingShare(column, known.get(column));
      results.add(
          most(
              "missingIncrease",
              column,
              settings.missingIncrease(),
              share - before,
              "Column '"
                  + column
                  + "' has no usable value in "
                  + Numbers.percent(share)
                  + " of the rows, after "
                  + Numbers.percent(before)
                  + " in the champion's data, a rise of "
                  + Numbers.significant(share - before, DIGITS)));
    }
    add("missingIncrease", results);
  }

  private void labelShare(DataStatistics champion) {
    if (settings.labelShare().isOff()
        || !(champion.label() instanceof TextColumn before)
        || !(now.label() instanceof TextColumn label)) {
      return;
    }
    Map<String, Double> shares = shares(label, now.rows());
    Map<String, Double> sharesBefore = shares(before, champion.rows());
    Set<String> classes = new LinkedHashSet<>(before.levels());
    classes.addAll(label.levels());
    String worst = null;
    double greatest = -1.0;
    for (String text : classes) {
      double change =
          Math.abs(shares.getOrDefault(text, 0.0) - sharesBefore.getOrDefault(text, 0.0));
      if (change > greatest) {
        greatest = change;
        worst = text;
      }
    }
    add(
        "labelShare",
        List.of(
            most(
                "labelShare",
                label.name(),
                settings.labelShare(),
                greatest,
                "The share of class '"
                    + worst
                    + "' is "
                    + Numbers.percent(shares.getOrDefault(worst, 0.0))
                    + " after "
                    + Numbers.percent(sharesBefore.getOrDefault(worst, 0.0))
                    + " in the champion's data, the greatest change of a class, by "
                    + Numbers.significant(greatest, DIGITS))));
  }

  private static Map<String, Double> shares(TextColumn label, long rows) {
    Map<String, Double> shares = new HashMap<>();
    for (int k = 0; k < label.levels().size(); k++) {
      shares.put(label.levels().get(k), rows == 0 ? 0.0 : (double) label.counts().get(k) / rows);
    }
    return shares;
  }

  private void stability(DataStatistics champion, List<SharedBins> shared) {
    Limits limits = settings.psi();
    if (limits.isOff()) {
      return;
    }
    Map<String, ColumnStatistics> known = champion.byName();
    List<CheckResult> results = new ArrayList<>();
    for (SharedBins column : shared) {
      double index = PopulationStability.index(column.champion(), column.now());
      double chance =
          PopulationStability.byChance(
              champion.rows(), now.rows(), column.now().size(), FALSE_ALARMS / shared.size());
      Limits effective = new Limits(raised(limits.warn(), chance), raised(limits.fail(), chance));
      CheckResult result =
          most(
              "psi",
              column.name(),
              effective,
              index,
              "Column '"
                  + column.name()
                  + "' has a population stability index of "
                  + Numbers.significant(index, DIGITS)
                  + " against the champion's data"
                  + drift(known.get(column.name()), columns.get(column.name()))
                  + (effective.equals(limits)
                      ? ""
                      : ", and chance alone gives up to "
                          + Numbers.significant(chance, DIGITS)
                          + " with so few rows"));
      results.add(
          limits.warn() != null
                  && result.outcome() == Outcome.PASSED
                  && hides(known.get(column.name()), columns.get(column.name()))
              ? hidden(column.name(), index, known.get(column.name()))
              : result);
    }
    add("psi", results);
  }

  /**
   * Whether the bins of the champion's numbers show next to nothing of the new ones: nearly all of
   * its rows lie in one bin, and the new rows, which do too, in several.
   */
  private static boolean hides(ColumnStatistics before, ColumnStatistics column) {
    return before instanceof NumberColumn
        && column instanceof NumberColumn
        && greatestShare(before) >= CROWDED
        && greatestShare(column) <= SPREAD;
  }

  private static CheckResult hidden(String column, double index, ColumnStatistics before) {
    return new CheckResult(
        "psi",
        column,
        Outcome.WARNED,
        index,
        null,
        "Column '"
            + column
            + "' cannot be compared with the champion's data: "
            + Numbers.percent(greatestShare(before))
            + " of their rows lie in one bin, as where a few values are too far away from all"
            + " others, and the new values are spread within it.");
  }

  /** The greatest share of a bin. */
  private static double greatestShare(ColumnStatistics column) {
    long greatest = 0;
    long rows = 0;
    for (long count : column.counts()) {
      greatest = Math.max(greatest, count);
      rows += count;
    }
    return rows == 0 ? 0.0 : (double) greatest / rows;
  }

  /** A limit that is not below what chance does. */
  private static Double raised(Double limit, double chance) {
    return limit == null ? null : Double.valueOf(Math.max(limit, chance));
  }

  /** How the mean of a column of numbers has moved, to tell a drift from a change of unit. */
  private static String drift(ColumnStatistics before, ColumnStatistics column) {
    return before instanceof NumberColumn then && column instanceof NumberColumn numbers
        ? " (mean "
            + Numbers.significant(numbers.mean(), DIGITS)
            + " after "
            + Numbers.significant(then.mean(), DIGITS)
            + ")"
        : "";
  }
}
