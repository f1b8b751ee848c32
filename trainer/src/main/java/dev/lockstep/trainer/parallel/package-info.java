/**
 * Threads that share out the items of one short piece of work: the shards of a step, the blocks of
 * the flat parameter vector.
 *
 * <p>Imports the JDK only. Which thread does an item never shows in a result.
 */
package dev.lockstep.trainer.parallel;
