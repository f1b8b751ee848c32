package dev.lockstep.driver.report;

/**
 * What the errors on training and validation split say about a model, with the usual remedies.
 *
 * <pre>
 *   bias      training error - target error       how far the network is from fitting what it saw
 *   variance  validation error - training error   how much worse it does on what it has not seen
 * </pre>
 *
 * The error is the share of wrong answers, 1 - accuracy, or for regression the share of the
 * targets' variance left unexplained, 1 - r2. A gap counts as high above {@value #TOLERANCE}; that
 * of the variance must also exceed two standard errors of the validation error, since a small split
 * scatters. Source: Ng, "Machine Learning Yearning" (2018), chapters 20 to 27.
 *
 * @param bias training error less target error
 * @param variance validation error less training error
 * @param highBias whether the bias counts as high
 * @param highVariance whether the variance counts as high
 * @param trainError on the training split, without dropout and augmentation
 * @param validationError on the validation split
 * @param targetError what would be good enough
 */
public record Diagnosis(
    double bias,
    double variance,
    boolean highBias,
    boolean highVariance,
    double trainError,
    double validationError,
    double targetError) {
  /** The gap above which it is called high. */
  public static final double TOLERANCE = 0.02;

  /** The target where the configuration names none. */
  public static final double DEFAULT_TARGET_ERROR = 0.0;

  private static final double STANDARD_ERRORS = 2.0;

  private static final String AGAINST_BIAS =
      "a larger network, longer training, another optimizer or learning rate, less regularization,"
          + " or another architecture";
  private static final String AGAINST_VARIANCE =
      "more data, regularization (regularization.l2, dropout, training.earlyStopping,"
          + " data.augment), a smaller network, or another architecture";

  /**
   * Compares the splits.
   *
   * @param targetError error that would be good enough, from 0 to 1
   * @return null where a split is missing or its error is not a number
   */
  public static Diagnosis of(SplitMetrics train, SplitMetrics validation, double targetError) {
    if (train == null || validation == null) {
      return null;
    }
    double trainError = error(train);
    double validationError = error(validation);
    if (!Double.isFinite(trainError) || !Double.isFinite(validationError)) {
      return null;
    }
    double bias = trainError - targetError;
    double variance = validationError - trainError;
    double scatter = STANDARD_ERRORS * standardError(validation, validationError);
    return new Diagnosis(
        bias,
        variance,
        bias > TOLERANCE,
        variance > Math.max(TOLERANCE, scatter),
        trainError,
        validationError,
        targetError);
  }

  private static double error(SplitMetrics split) {
    Double score = split.values().getOrDefault("accuracy", split.values().get("r2"));
    return score == null ? Double.NaN : 1.0 - score;
  }

  /** √(p(1-p)/n) of a share of wrong answers; 0 for regression, where it is not known. */
  private static double standardError(SplitMetrics validation, double error) {
    return validation.values().containsKey("accuracy")
        ? Math.sqrt(error * (1.0 - error) / validation.examples())
        : 0.0;
  }

  /**
   * {@code high bias}, {@code high variance}, {@code high bias and high variance} or {@code
   * neither}.
   */
  public String verdict() {
    if (highBias && highVariance) {
      return "high bias and high variance";
    }
    return highBias ? "high bias" : highVariance ? "high variance" : "neither";
  }

  /** Verdict, numbers and advice as one paragraph, the verdict first. */
  public String text() {
    return verdict()
        + ": training error "
        + Numbers.percent(trainError)
        + ", validation error "
        + Numbers.percent(validationError)
        + ", target "
        + Numbers.percent(targetError)
        + ". "
        + advice();
  }

  private String advice() {
    if (highBias && highVariance) {
      return "First fit the training examples better: "
          + AGAINST_BIAS
          + ". Then close the gap to the validation split: "
          + AGAINST_VARIANCE
          + ".";
    }
    if (highBias) {
      return "The network does not fit even its training examples. Try " + AGAINST_BIAS + ".";
    }
    if (highVariance) {
      return "It fits its training examples much better than new ones. Try "
          + AGAINST_VARIANCE
          + ".";
    }
    return "Bias and variance are both small; for more, set a stricter training.targetError or"
        + " look at single errors.";
  }
}
