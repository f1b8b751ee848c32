package dev.lockstep.driver.retraining;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How the form of new data differs from that of the champion's. */
final class SchemaDifferences {
  private static final int MOST_NAMES = 10;

  private SchemaDifferences() {}

  /**
   * A difference.
   *
   * @param column the column, or null where it is about all of the data
   * @param sentence what differs
   */
  record Difference(String column, String sentence) {}

  /** All differences: those of columns first, in the order of the champion's columns. */
  static List<Difference> between(DataStatistics champion, DataStatistics now) {
    List<Difference> differences = new ArrayList<>();
    compareColumns(champion, now, differences);
    compareLabels(champion, now, differences);
    if (!champion.shape().equals(now.shape())) {
      differences.add(
          new Difference(
              null,
              "An example has the shape "
                  + now.shape()
                  + "; in the champion's data it was "
                  + champion.shape()
                  + "."));
    }
    return differences;
  }

  private static void compareColumns(
      DataStatistics champion, DataStatistics now, List<Difference> differences) {
    Map<String, ColumnStatistics> found = now.inputsByName();
    Map<String, ColumnStatistics> known = champion.inputsByName();
    for (ColumnStatistics column : champion.columns()) {
      ColumnStatistics same = found.get(column.name());
      if (same == null) {
        differences.add(
            new Difference(
                column.name(),
                "Column '"
                    + column.name()
                    + "' of the champion's data ("
                    + column.kind()
                    + ") is not there."));
      } else if (!same.kind().equals(column.kind())) {
        differences.add(
            new Difference(
                column.name(),
                "Column '"
                    + column.name()
                    + "' is "
                    + same.kind()
                    + "; in the champion's data it was "
                    + column.kind()
                    + "."));
      }
    }
    for (ColumnStatistics column : now.columns()) {
      if (!known.containsKey(column.name())) {
        differences.add(
            new Difference(
                column.name(),
                "Column '"
                    + column.name()
                    + "' ("
                    + column.kind()
                    + ") is new; the champion's data do not have it."));
      }
    }
    if (differences.isEmpty()) {
      compareOrder(champion, now, differences);
    }
  }

  private static void compareOrder(
      DataStatistics champion, DataStatistics now, List<Difference> differences) {
    for (int i = 0; i < now.columns().size(); i++) {
      String name = now.columns().get(i).name();
      String before = champion.columns().get(i).name();
      if (!name.equals(before)) {
        differences.add(
            new Difference(
                name,
                "The columns are the champion's in another order: column "
                    + (i + 1)
                    + " is '"
                    + name
                    + "' and was '"
                    + before
                    + "'."));
        return;
      }
    }
  }

  private static void compareLabels(
      DataStatistics champion, DataStatistics now, List<Difference> differences) {
    String name = now.label().name();
    if (!name.equals(champion.label().name())) {
      differences.add(
          new Difference(
              name,
              "The label is column '"
                  + name
                  + "'; in the champion's data it was '"
                  + champion.label().name()
                  + "'."));
    }
    if (now.task() != champion.task()) {
      differences.add(
          new Difference(
              name,
              "The label makes this a "
                  + now.task().key()
                  + "; the champion's is a "
                  + champion.task().key()
                  + "."));
      return;
    }
    List<String> added = without(now.classes(), champion.classes());
    List<String> gone = without(champion.classes(), now.classes());
    if (!added.isEmpty()) {
      differences.add(new Difference(name, "The label has new classes: " + shown(added) + "."));
    }
    if (!gone.isEmpty()) {
      differences.add(
          new Difference(
              name, "The label has no examples of classes of the champion: " + shown(gone) + "."));
    }
  }

  private static List<String> without(List<String> classes, List<String> others) {
    Set<String> known = new HashSet<>(others);
    List<String> rest = new ArrayList<>();
    for (String text : classes) {
      if (!known.contains(text)) {
        rest.add(text);
      }
    }
    return rest;
  }

  /** The names, or the first of very many. */
  static String shown(List<String> names) {
    return names.size() <= MOST_NAMES
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MOST_NAMES))
            + " and "
            + (names.size() - MOST_NAMES)
            + " more";
  }
}
