/**
 * Checkpoints: what a run needs to continue to the same bits, kept so that it survives the machine.
 * {@link dev.lockstep.driver.checkpoint.CheckpointStore} writes, finds and removes them, {@link
 * dev.lockstep.driver.checkpoint.BackgroundCheckpoints} writes them while the next gradient is
 * computed.
 *
 * <p>Place in the flow: beside the training loop, whose {@link
 * dev.lockstep.driver.loop.TrainingState} is written as it stands between two steps; nothing is
 * copied. May import {@code driver.loop}, {@code driver.folder} and {@code trainer}. Whatever is
 * read from a disk is distrusted: sizes, names and numbers are checked before they are used, and
 * damage leads to an older checkpoint and a sentence why.
 *
 * <p>Thread rule: a store is used by one thread at a time; hand-over between threads is {@link
 * dev.lockstep.driver.checkpoint.BackgroundCheckpoints}' task.
 */
package dev.lockstep.driver.checkpoint;
