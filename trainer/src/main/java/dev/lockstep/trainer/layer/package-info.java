/**
 * Layers: what the configuration says about them ({@link dev.lockstep.trainer.layer.LayerSpec}) and
 * the pure functions that they become once shapes are known ({@link
 * dev.lockstep.trainer.layer.Layer}).
 *
 * <p>Place in the flow: inside a network. Rows are examples, row-major. Imports {@code error},
 * {@code kernel}, {@code parameter}, {@code random} and {@code reduce}. Layers are immutable and
 * safe on any thread; {@link dev.lockstep.trainer.layer.Pass} and {@link
 * dev.lockstep.trainer.layer.LayerBuffers} belong to one thread.
 */
package dev.lockstep.trainer.layer;
