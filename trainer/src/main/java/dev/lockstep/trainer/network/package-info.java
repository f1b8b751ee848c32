/**
 * The network: layers in a row, bound to shapes, forward and backward.
 *
 * <p>Place in the flow: driven by a replica or a predictor. Imports {@code layer} and {@code
 * parameter}. {@link dev.lockstep.trainer.network.Network} is immutable and safe on any thread;
 * {@link dev.lockstep.trainer.network.NetworkBuffers} belongs to one.
 */
package dev.lockstep.trainer.network;
