package dev.lockstep.datasets.source;

import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the cells of the input columns become raw features: a number is one feature, a text one
 * feature per level of its column or the index of its level ({@link CategoricalColumn}). Columns
 * keep their order. Immutable; sent to the tasks.
 */
public final class ColumnCoding implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<String> featureNames = new ArrayList<>();
  private final ArrayList<CategoricalColumn> categorical = new ArrayList<>();
  private final int[] firstFeatures;
  private final Levels[] levels;
  private final boolean indexed;

  private ColumnCoding(
      List<String> columns, List<String> texts, List<Levels> levelsOfTexts, boolean indexed) {
    this.indexed = indexed;
    this.firstFeatures = new int[columns.size()];
    this.levels = new Levels[columns.size()];
    for (int column = 0; column < firstFeatures.length; column++) {
      String name = columns.get(column);
      firstFeatures[column] = featureNames.size();
      int text = texts.indexOf(name);
      if (text < 0) {
        featureNames.add(name);
        continue;
      }
      levels[column] = levelsOfTexts.get(text);
      CategoricalColumn description =
          new CategoricalColumn(name, firstFeatures[column], indexed, levels[column].texts());
      categorical.add(description);
      for (int feature = 0; feature < description.width(); feature++) {
        featureNames.add(description.featureName(feature));
      }
    }
  }

  /**
   * The coding of a data set whose levels are known.
   *
   * @param levels of each of {@code selection.categorical()}
   * @param indexed whether texts become indices rather than one-hot features
   */
  public static ColumnCoding of(ColumnSelection selection, List<Levels> levels, boolean indexed) {
    return new ColumnCoding(selection.features(), selection.categorical(), levels, indexed);
  }

  /** The coding of a model. */
  public static ColumnCoding of(Preprocessing model) {
    List<String> texts = new ArrayList<>();
    List<Levels> levels = new ArrayList<>();
    boolean indexed = false;
    for (CategoricalColumn column : model.categorical()) {
      texts.add(column.name());
      levels.add(Levels.of(column.levels()));
      indexed = column.indexed();
    }
    return new ColumnCoding(model.columns(), texts, levels, indexed);
  }

  /** Names of the features, in order. */
  public List<String> featureNames() {
    return List.copyOf(featureNames);
  }

  /** Number of features. */
  public int featureCount() {
    return featureNames.size();
  }

  /** The columns of texts, in order of their features. */
  public List<CategoricalColumn> categorical() {
    return List.copyOf(categorical);
  }

  /** Whether an input column holds texts. */
  boolean isText(int column) {
    return levels[column] != null;
  }

  /**
   * Writes the feature of a number.
   *
   * @param features overwritten in one place of [offset … offset + features)
   */
  void putNumber(int column, float value, float[] features, int offset) {
    features[offset + firstFeatures[column]] = value;
  }

  /** Writes the features of a text, which may be null. */
  void putText(int column, String text, float[] features, int offset) {
    int first = offset + firstFeatures[column];
    int level = levels[column].indexOf(text);
    if (indexed) {
      features[first] = level < 0 ? CategoricalColumn.UNKNOWN : level;
      return;
    }
    Arrays.fill(features, first, first + levels[column].size(), 0f);
    if (level >= 0) {
      features[first + level] = 1f;
    }
  }

  /**
   * Encodes a decoded row.
   *
   * @param features overwritten, [features]
   */
  public void encode(RowBuffer row, float[] features) {
    int text = 0;
    for (int column = 0; column < levels.length; column++) {
      if (levels[column] == null) {
        putNumber(column, row.features()[column], features, 0);
      } else {
        putText(column, row.texts()[text++], features, 0);
      }
    }
  }
}
