/**
 * Quantities that people watch while a run goes on.
 *
 * <p>Place in the flow: used by progress lines, the report and learning-rate search. Imports the
 * JDK only. Objects belong to one thread.
 */
package dev.lockstep.trainer.metric;
