/**
 * Which example belongs to which step: the epoch as a keyed permutation and its cut into
 * mini-batches, computed anywhere without a message.
 *
 * <p>Third stage of the data flow (source → blocks → steps). Imports {@code trainer.random} and the
 * JDK only, no Spark. All types are immutable, so safe on any thread.
 */
package dev.lockstep.datasets.plan;
