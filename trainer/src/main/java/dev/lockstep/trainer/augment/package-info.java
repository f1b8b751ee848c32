/**
 * Data augmentation: random changes of training examples, so that a network sees other pixels in
 * every epoch.
 *
 * <p>Place in the flow: a replica applies them to the normalized rows that it has gathered for a
 * training step, never in evaluation. Imports {@code error}, {@code layer} (for shapes) and {@code
 * random}. Configurations and plans are immutable and travel between machines; an {@link
 * dev.lockstep.trainer.augment.Augmenter} belongs to one thread.
 */
package dev.lockstep.trainer.augment;
