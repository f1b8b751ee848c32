/**
 * What a learning-rate range test finds: {@link dev.lockstep.driver.rangetest.RateCurve} is the
 * loss over the rate, {@link dev.lockstep.driver.rangetest.RateSuggestion} what to make of it.
 *
 * <p>Place in the flow: filled by {@code run} step by step, shown by {@code report}. Imports {@code
 * trainer.metric}; no Spark, no files. Objects belong to one thread.
 */
package dev.lockstep.driver.rangetest;
