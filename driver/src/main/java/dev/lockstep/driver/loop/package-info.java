/**
 * The loop: {@link dev.lockstep.driver.loop.TrainingLoop} and the state it moves.
 *
 * <p>Place in the flow: above the replicas, below the command. No Spark import. Runs on one thread
 * of the driver.
 */
package dev.lockstep.driver.loop;
