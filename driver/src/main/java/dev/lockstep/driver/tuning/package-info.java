/**
 * Hyper-parameter search: {@link dev.lockstep.driver.tuning.TuningPlan} says which trials there
 * are, {@link dev.lockstep.driver.tuning.TuningRun} trains them side by side on the same cached
 * data, {@link dev.lockstep.driver.tuning.TuningFolder} keeps what is known of them, so that a
 * search that was killed goes on.
 *
 * <p>Place in the flow: between the {@code tune} command and single trials. Imports {@code run},
 * {@code report}, {@code telemetry} and {@code config}, the trainer's {@code search}, and Spark to
 * name jobs. A search has one thread that decides and as many that train as there are trials at
 * once; only {@code TuningFolder}, {@code TuningProgress} and {@code TuningEvents} are used by
 * several.
 */
package dev.lockstep.driver.tuning;
