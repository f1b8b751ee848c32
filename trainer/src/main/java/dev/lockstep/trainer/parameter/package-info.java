/**
 * Parameters as one flat array with named windows: layout, values, initial values, running
 * statistics.
 *
 * <p>Place in the flow: between the network, which declares its tensors, and everything that works
 * on all of them at once (sums, optimizer, files). Imports {@code error}, {@code random} and {@code
 * reduce}. Layouts and windows are immutable; vectors are written by the driver's thread between
 * two steps only.
 */
package dev.lockstep.trainer.parameter;
