package dev.lockstep.trainer.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How raw columns become the network's input and its output becomes an answer: part of the model,
 * since a network without it predicts nonsense.
 *
 * <p>Feature j enters the network as {@code (float) ((x - offset[j]) * scale[j])}, computed in
 * float64 from the float32 value x; a scale of 0 maps a constant feature to 0.
 *
 * <p>A feature is an input column of numbers, or one level of a {@link CategoricalColumn}; levels
 * have offset 0 and scale 1.
 */
public final class Preprocessing {
  private final List<String> featureNames;
  private final List<CategoricalColumn> categorical;
  private final String labelName;
  private final List<String> classLabels;
  private final String normalization;
  private final double[] offset;
  private final double[] scale;

  /** A description where every feature is an input column. */
  public Preprocessing(
      List<String> featureNames,
      String labelName,
      List<String> classLabels,
      String normalization,
      double[] offset,
      double[] scale) {
    this(featureNames, List.of(), labelName, classLabels, normalization, offset, scale);
  }

  /**
   * Creates a description; arrays and lists are copied.
   *
   * @param featureNames names of the network's features, [features]
   * @param categorical the columns of texts, in order of their features
   * @param labelName name of the label column
   * @param classLabels the labels' own texts by class index; empty for regression
   * @param normalization {@code none}, {@code standard} or {@code minMax}: where the numbers came
   *     from
   * @param offset [features]
   * @param scale [features]
   */
  public Preprocessing(
      List<String> featureNames,
      List<CategoricalColumn> categorical,
      String labelName,
      List<String> classLabels,
      String normalization,
      double[] offset,
      double[] scale) {
    this.featureNames = List.copyOf(featureNames);
    this.categorical = List.copyOf(categorical);
    this.labelName = Objects.requireNonNull(labelName);
    this.classLabels = List.copyOf(classLabels);
    this.normalization = Objects.requireNonNull(normalization);
    this.offset = offset.clone();
    this.scale = scale.clone();
    if (offset.length != featureNames.size() || scale.length != offset.length) {
      throw new IllegalArgumentException(
          featureNames.size()
              + " features need as many offsets and scales, not "
              + offset.length
              + " and "
              + scale.length);
    }
    int free = 0;
    for (CategoricalColumn column : categorical) {
      if (column.firstFeature() < free || column.firstFeature() > offset.length - column.width()) {
        throw new IllegalArgumentException(
            "the features of categorical column '"
                + column.name()
                + "' are not among the "
                + offset.length
                + " features, or are another column's");
      }
      free = column.firstFeature() + column.width();
    }
  }

  /** Names of the network's features. */
  public List<String> featureNames() {
    return featureNames;
  }

  /** The columns of texts, in order of their features. */
  public List<CategoricalColumn> categorical() {
    return categorical;
  }

  /** Names of the input columns, numbers and texts, in order. */
  public List<String> columns() {
    List<String> columns = new ArrayList<>();
    int feature = 0;
    for (CategoricalColumn column : categorical) {
      columns.addAll(featureNames.subList(feature, column.firstFeature()));
      columns.add(column.name());
      feature = column.firstFeature() + column.width();
    }
    columns.addAll(featureNames.subList(feature, featureNames.size()));
    return columns;
  }

  /** Which features are levels of categorical columns, [features]. */
  public boolean[] levelFeatures() {
    boolean[] levels = new boolean[offset.length];
    for (CategoricalColumn column : categorical) {
      Arrays.fill(levels, column.firstFeature(), column.firstFeature() + column.width(), true);
    }
    return levels;
  }

  /** Number of features. */
  public int featureCount() {
    return offset.length;
  }

  /** Name of the label column. */
  public String labelName() {
    return labelName;
  }

  /** The labels' own texts by class index; empty for regression. */
  public List<String> classLabels() {
    return classLabels;
  }

  /** Whether the model sorts into classes. */
  public boolean isClassification() {
    return !classLabels.isEmpty();
  }

  /** Name of the normalization. */
  public String normalization() {
    return normalization;
  }

  /** What is subtracted from each feature: a copy. */
  public double[] offset() {
    return offset.clone();
  }

  /** What each difference is multiplied with: a copy. */
  public double[] scale() {
    return scale.clone();
  }

  /** Normalizes {@code rows} rows of [rows, features] in place. */
  public void normalize(float[] features, int rows) {
    for (int row = 0, i = 0; row < rows; row++) {
      for (int j = 0; j < offset.length; j++, i++) {
        features[i] = (float) ((features[i] - offset[j]) * scale[j]);
      }
    }
  }
}
