/**
 * Randomness as a pure function of coordinates (seed, purpose, step, layer, example, unit), never a
 * stream: whichever machine computes a number, and however often, it is the same number.
 *
 * <p>Used by initialization, dropout, shuffling, splits and the synthetic data sets; imports the
 * JDK only. Stateless, so safe on any thread.
 */
package dev.lockstep.trainer.random;
