/**
 * Losses: what the configuration says ({@link dev.lockstep.trainer.loss.LossSpec}) and the
 * functions bound to a task ({@link dev.lockstep.trainer.loss.Loss}).
 *
 * <p>Place in the flow: on top of the network's last layer. Loss values are float64 sums; gradients
 * are float32. Imports {@code kernel}, {@code reduce} and {@code error}. Immutable; safe on any
 * thread.
 */
package dev.lockstep.trainer.loss;
