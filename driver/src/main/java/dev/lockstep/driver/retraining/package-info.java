/**
 * Training again on new data: what is known of the data of a model, whether new data are fit to
 * train on, and whether the new model is better than the champion on the same rows.
 *
 * <p>After the stages of a run; open {@link dev.lockstep.driver.retraining.DataStatistics} for the
 * data, {@link dev.lockstep.driver.retraining.DataChecks} for the checks and {@link
 * dev.lockstep.driver.retraining.ModelComparison} for the comparison. May import all of the driver
 * but {@code cli}, Spark core, the data modules and Jackson. All of it is used by one driver
 * thread; what is sent to tasks is immutable.
 */
package dev.lockstep.driver.retraining;
