package dev.lockstep.driver.retraining;

import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * Where an input column stands among the features.
 *
 * @param name name of the column
 * @param firstFeature its first or only feature
 * @param text what is known of it where it holds texts, else null
 */
record ColumnPlace(String name, int firstFeature, CategoricalColumn text) {
  /** All input columns in order. */
  static List<ColumnPlace> of(Preprocessing preprocessing) {
    List<ColumnPlace> places = new ArrayList<>();
    int feature = 0;
    for (CategoricalColumn column : preprocessing.categorical()) {
      addNumbers(preprocessing, feature, column.firstFeature(), places);
      places.add(new ColumnPlace(column.name(), column.firstFeature(), column));
      feature = column.firstFeature() + column.width();
    }
    addNumbers(preprocessing, feature, preprocessing.featureCount(), places);
    return places;
  }

  private static void addNumbers(
      Preprocessing preprocessing, int from, int to, List<ColumnPlace> places) {
    for (int feature = from; feature < to; feature++) {
      places.add(new ColumnPlace(preprocessing.featureNames().get(feature), feature, null));
    }
  }

  /**
   * Sets the edges of the features of a column of texts: one-hot, bin 1 counts the rows that hold
   * the level; as an index, bin k + 1 counts those that hold level k, and bin 0 those without one.
   *
   * @param edges [features][], overwritten where the column stands
   */
  void fillEdges(double[][] edges) {
    if (!text.indexed()) {
      for (int level = 0; level < text.width(); level++) {
        edges[firstFeature + level] = new double[] {0.5};
      }
      return;
    }
    double[] between = new double[text.levels().size()];
    for (int level = 0; level < between.length; level++) {
      between[level] = level - 0.5;
    }
    edges[firstFeature] = between;
  }
}
