package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.error.NearestName;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which columns of a source are used, and as what.
 *
 * @param features names of the feature columns in order
 * @param categorical which of them hold texts, in the same order
 * @param label name of the label column, or null where labels are not needed
 * @param weight name of the weight column, or null
 */
public record ColumnSelection(
    List<String> features, List<String> categorical, String label, String weight)
    implements Serializable {
  private static final int MAX_NAMES_SHOWN = 20;

  /** Takes immutable copies. */
  public ColumnSelection {
    features = List.copyOf(features);
    categorical = List.copyOf(categorical);
  }

  /**
   * Finds the columns in a source.
   *
   * @param features names in order; empty means every column but label and weight
   * @param categorical which of them hold texts, in any order
   * @param label name, or null
   * @param weight name, or null
   */
  public static ColumnSelection resolve(
      DataSource source,
      List<String> features,
      List<String> categorical,
      String label,
      String weight) {
    Set<String> columns = new HashSet<>(source.columns());
    if (label != null) {
      require(source, columns, label, "label column (data.label)");
    }
    if (weight != null) {
      require(source, columns, weight, "weight column (data.weight)");
      if (weight.equals(label)) {
        throw LockstepException.usage(
            "data.weight and data.label both name column '" + label + "'; they must differ.");
      }
    }
    List<String> chosen = new ArrayList<>();
    if (features.isEmpty()) {
      for (String column : source.columns()) {
        if (!column.equals(label) && !column.equals(weight)) {
          chosen.add(column);
        }
      }
      if (chosen.isEmpty()) {
        throw LockstepException.data(
            source.name()
                + " has no feature columns: its only columns are "
                + list(source.columns())
                + ".");
      }
      return new ColumnSelection(chosen, categorical(source, chosen, categorical), label, weight);
    }
    Set<String> seen = new HashSet<>();
    for (String feature : features) {
      require(source, columns, feature, "feature column (data.features)");
      if (feature.equals(label) || feature.equals(weight)) {
        throw LockstepException.usage(
            "data.features names '"
                + feature
                + "', which is the "
                + (feature.equals(label) ? "label" : "weight")
                + " column. Take it out of data.features.");
      }
      if (!seen.add(feature)) {
        throw LockstepException.usage(
            "data.features names '" + feature + "' twice. Name each column once.");
      }
    }
    return new ColumnSelection(features, categorical(source, features, categorical), label, weight);
  }

  /** The categorical columns in the order of the features. */
  private static List<String> categorical(
      DataSource source, List<String> features, List<String> names) {
    if (!names.isEmpty() && !source.holdsTexts()) {
      throw LockstepException.usage(
          "data.categorical names '"
              + names.get(0)
              + "', but "
              + source.name()
              + " holds numbers only. Leave data.categorical out.");
    }
    Set<String> wanted = new HashSet<>();
    for (String name : names) {
      if (!features.contains(name)) {
        String nearest = NearestName.of(name, features).orElse(null);
        throw LockstepException.usage(
            "data.categorical names '"
                + name
                + "', which is not one of the feature columns. "
                + (nearest == null ? "" : "Did you mean '" + nearest + "'? ")
                + "They are "
                + list(features)
                + ".");
      }
      if (!wanted.add(name)) {
        throw LockstepException.usage(
            "data.categorical names '" + name + "' twice. Name each column once.");
      }
    }
    List<String> inOrder = new ArrayList<>();
    for (String feature : features) {
      if (wanted.contains(feature)) {
        inOrder.add(feature);
      }
    }
    return inOrder;
  }

  private static void require(DataSource source, Set<String> columns, String name, String role) {
    if (columns.contains(name)) {
      return;
    }
    String nearest = NearestName.of(name, source.columns()).orElse(null);
    throw LockstepException.data(
        source.name()
            + " has no column '"
            + name
            + "', which is needed as "
            + role
            + ". "
            + (nearest == null ? "" : "Did you mean '" + nearest + "'? ")
            + "Its columns are "
            + list(source.columns())
            + ".");
  }

  private static String list(List<String> names) {
    if (names.size() <= MAX_NAMES_SHOWN) {
      return String.join(", ", names);
    }
    return String.join(", ", names.subList(0, MAX_NAMES_SHOWN))
        + " and "
        + (names.size() - MAX_NAMES_SHOWN)
        + " more";
  }

  /** Places of the features among the given columns, [features]. */
  int[] featurePositions(List<String> columns) {
    NamePositions positions = new NamePositions(columns);
    int[] places = new int[features.size()];
    for (int j = 0; j < places.length; j++) {
      places[j] = positions.of(features.get(j));
    }
    return places;
  }
}
