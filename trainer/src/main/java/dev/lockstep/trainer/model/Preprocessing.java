package dev.lockstep.trainer.model;

import java.util.List;
import java.util.Objects;

/**
 * How raw columns become the network's input and its output becomes an answer: part of the model,
 * since a network without it predicts nonsense.
 *
 * <p>Feature j enters the network as {@code (float) ((x - offset[j]) * scale[j])}, computed in
 * float64 from the float32 value x; a scale of 0 maps a constant feature to 0.
 */
public final class Preprocessing {
  private final List<String> featureNames;
  private final String labelName;
  private final List<String> classLabels;
  private final String normalization;
  private final double[] offset;
  private final double[] scale;

  /**
   * Creates a description; arrays and lists are copied.
   *
   * @param featureNames names of the input columns, [features]
   * @param labelName name of the label column
   * @param classLabels the labels' own texts by class index; empty for regression
   * @param normalization {@code none}, {@code standard} or {@code minMax}: where the numbers came
   *     from
   * @param offset [features]
   * @param scale [features]
   */
  public Preprocessing(
      List<String> featureNames,
      String labelName,
      List<String> classLabels,
      String normalization,
      double[] offset,
      double[] scale) {
    this.featureNames = List.copyOf(featureNames);
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
  }

  /** Names of the input columns. */
  public List<String> featureNames() {
    return featureNames;
  }

  /** Number of input columns. */
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
