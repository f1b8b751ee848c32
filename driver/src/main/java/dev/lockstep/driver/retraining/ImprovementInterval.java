package dev.lockstep.driver.retraining;

/**
 * How sure an improvement is. Positive numbers mean that the challenger is better.
 *
 * @param confidence with which the improvement is at least {@code lower}, and with which it is at
 *     most {@code upper}
 * @param lower lower bound; NaN where the metric is defined on no resample
 * @param upper upper bound; NaN likewise
 * @param resamples number of resamples that the metric is defined on
 */
public record ImprovementInterval(double confidence, double lower, double upper, int resamples) {}
