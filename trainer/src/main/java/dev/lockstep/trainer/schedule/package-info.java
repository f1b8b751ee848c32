/**
 * Learning rate as a pure function of the place in the run, and when to end it early.
 *
 * <p>Place in the flow: asked by the loop before each update. Imports {@code metric}. Immutable;
 * safe on any thread.
 */
package dev.lockstep.trainer.schedule;
