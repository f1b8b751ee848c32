/**
 * One run from configuration to run folder, and the folders that runs and models live in.
 *
 * <p>Place in the flow: between the commands and the loop. Imports Spark to start it, Hadoop for
 * files, and everything below. Runs on one thread of the driver.
 */
package dev.lockstep.driver.run;
