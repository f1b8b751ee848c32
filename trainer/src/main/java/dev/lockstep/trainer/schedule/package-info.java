/**
 * Learning rate as a pure function of the place in the run.
 *
 * <p>Place in the flow: asked by the loop before each update. Imports the JDK only. Immutable; safe
 * on any thread.
 */
package dev.lockstep.trainer.schedule;
