/**
 * One run from configuration to run folder, one trial of a search, and the folders that runs and
 * models live in.
 *
 * <p>Place in the flow: between the commands and the loop. Imports Spark to start it, Hadoop for
 * files, and everything below. A run stays on one thread of the driver; trials of a search run side
 * by side on one thread each.
 */
package dev.lockstep.driver.run;
