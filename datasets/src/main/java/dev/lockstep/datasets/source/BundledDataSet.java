package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.error.NearestName;
import java.util.ArrayList;
import java.util.List;

/** The data sets that ship with Lockstep: small, real, and with a licence that allows it. */
public enum BundledDataSet {
  /** Handwritten digits. */
  DIGITS(
      "digits",
      "8x8 grey images of handwritten digits, 0 to 16 per pixel",
      "digits.csv.gz",
      1797,
      10,
      pixelNames()),
  /** Wines. */
  WINE(
      "wine",
      "chemical analysis of wines from three growers",
      "wine_data.csv",
      178,
      3,
      List.of(
          "alcohol",
          "malic_acid",
          "ash",
          "alcalinity_of_ash",
          "magnesium",
          "total_phenols",
          "flavanoids",
          "nonflavanoid_phenols",
          "proanthocyanins",
          "color_intensity",
          "hue",
          "od280/od315_of_diluted_wines",
          "proline")),
  /** Irises. */
  IRIS(
      "iris",
      "sepal and petal sizes of three species of iris, in centimeters",
      "iris.csv",
      150,
      3,
      List.of("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")),
  /** Breast tumors. */
  BREAST_CANCER(
      "breastCancer",
      "cell nuclei of breast tumors, malignant or benign",
      "breast_cancer.csv",
      569,
      2,
      nucleusNames());

  private final String key;
  private final String description;
  private final String resource;
  private final int rows;
  private final int classes;
  private final List<String> featureNames;

  BundledDataSet(
      String key,
      String description,
      String resource,
      int rows,
      int classes,
      List<String> featureNames) {
    this.key = key;
    this.description = description;
    this.resource = resource;
    this.rows = rows;
    this.classes = classes;
    this.featureNames = featureNames;
  }

  /** The data set with the given name. */
  public static BundledDataSet named(String name) {
    List<String> keys = new ArrayList<>();
    for (BundledDataSet dataSet : values()) {
      if (dataSet.key.equals(name)) {
        return dataSet;
      }
      keys.add(dataSet.key);
    }
    throw unknown("bundled", name, keys);
  }

  /** The error for a name that no data set has. */
  static LockstepException unknown(String format, String name, List<String> keys) {
    String nearest = NearestName.of(name, keys).orElse(null);
    return LockstepException.usage(
        "There is no "
            + format
            + " data set '"
            + name
            + "' (data.name). "
            + (nearest == null ? "" : "Did you mean '" + nearest + "'? ")
            + "Those that exist: "
            + String.join(", ", keys)
            + ".");
  }

  private static List<String> pixelNames() {
    List<String> names = new ArrayList<>();
    for (int row = 0; row < 8; row++) {
      for (int column = 0; column < 8; column++) {
        names.add("pixel_" + row + "_" + column);
      }
    }
    return List.copyOf(names);
  }

  private static List<String> nucleusNames() {
    List<String> measures =
        List.of(
            "radius",
            "texture",
            "perimeter",
            "area",
            "smoothness",
            "compactness",
            "concavity",
            "concave points",
            "symmetry",
            "fractal dimension");
    List<String> names = new ArrayList<>();
    for (String measure : measures) {
      names.add("mean " + measure);
    }
    for (String measure : measures) {
      names.add(measure + " error");
    }
    for (String measure : measures) {
      names.add("worst " + measure);
    }
    return List.copyOf(names);
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }

  /** One line for people. */
  public String description() {
    return description;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of features. */
  public int features() {
    return featureNames.size();
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** Names of the features, as scikit-learn has them. */
  public List<String> featureNames() {
    return featureNames;
  }

  /** The file in this package's resources. */
  String resource() {
    return resource;
  }
}
