package dev.lockstep.trainer.reduce;

/** Takes what a loss finds out about one example after another. */
public interface ExampleResults {
  /**
   * Takes an example that was sorted into {@code predicted} and belongs to {@code actual}.
   *
   * @param exampleWeight its weight, times that of its class where the loss has some
   * @param weightedLoss its loss, times that weight
   */
  void addClass(int actual, int predicted, double exampleWeight, double weightedLoss);

  /**
   * Takes an example with the value {@code actual} for which {@code predicted} was computed.
   *
   * @param exampleWeight its weight
   * @param weightedLoss its loss, times that weight
   */
  void addValue(float actual, float predicted, double exampleWeight, double weightedLoss);
}
