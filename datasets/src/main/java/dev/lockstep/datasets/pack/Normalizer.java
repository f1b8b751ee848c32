package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.ColumnCoding;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The contents of a {@link Preprocessing} in a form that travels with a task. Immutable. */
final class Normalizer implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<String> featureNames;
  private final ArrayList<CategoricalColumn> categorical;
  private final String labelName;
  private final ArrayList<String> classLabels;
  private final String normalization;
  private final double[] offset;
  private final double[] scale;

  private Normalizer(
      List<String> featureNames,
      List<CategoricalColumn> categorical,
      String labelName,
      List<String> classLabels,
      String normalization,
      double[] offset,
      double[] scale) {
    this.featureNames = new ArrayList<>(featureNames);
    this.categorical = new ArrayList<>(categorical);
    this.labelName = labelName;
    this.classLabels = new ArrayList<>(classLabels);
    this.normalization = normalization;
    this.offset = offset;
    this.scale = scale;
  }

  /** The contents of a model's preprocessing. */
  static Normalizer of(Preprocessing preprocessing) {
    return new Normalizer(
        preprocessing.featureNames(),
        preprocessing.categorical(),
        preprocessing.labelName(),
        preprocessing.classLabels(),
        preprocessing.normalization(),
        preprocessing.offset(),
        preprocessing.scale());
  }

  /** Offset 0 and scale 1: raw features. */
  static Normalizer raw(ColumnCoding columns, String labelName, List<String> classLabels) {
    double[] scale = new double[columns.featureCount()];
    Arrays.fill(scale, 1.0);
    return new Normalizer(
        columns.featureNames(),
        columns.categorical(),
        labelName,
        classLabels,
        Normalization.NONE.key(),
        new double[columns.featureCount()],
        scale);
  }

  /**
   * The same columns, scaled by the statistics of the training split:
   *
   * <pre>
   *   standard  offset μ,    scale 1/σ with σ² = M2/n
   *   minMax    offset min,  scale 1/(max - min)
   * </pre>
   *
   * A constant feature has scale 0. Levels of categorical columns stay 0 and 1.
   */
  Normalizer scaledBy(SplitStatistics statistics, Normalization kind) {
    double[] newOffset = new double[offset.length];
    double[] newScale = new double[offset.length];
    for (int j = 0; j < newOffset.length; j++) {
      double spread;
      if (kind == Normalization.STANDARD) {
        newOffset[j] = statistics.moments().mean()[j];
        spread = Math.sqrt(statistics.moments().biasedVariance(j));
      } else {
        newOffset[j] = statistics.smallest()[j];
        spread = statistics.largest()[j] - statistics.smallest()[j];
      }
      newScale[j] = spread > 0 ? 1.0 / spread : 0.0;
    }
    for (CategoricalColumn column : categorical) {
      int first = column.firstFeature();
      Arrays.fill(newOffset, first, first + column.width(), 0.0);
      Arrays.fill(newScale, first, first + column.width(), 1.0);
    }
    return new Normalizer(
        featureNames, categorical, labelName, classLabels, kind.key(), newOffset, newScale);
  }

  /** The description that becomes part of the model. */
  Preprocessing toPreprocessing() {
    return new Preprocessing(
        featureNames, categorical, labelName, classLabels, normalization, offset, scale);
  }
}
