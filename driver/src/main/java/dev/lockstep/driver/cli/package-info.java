/**
 * The commands: options in, exit code and one plain paragraph out.
 *
 * <p>Place in the flow: the outermost layer. stdout carries results, stderr progress and messages.
 * Runs on the main thread.
 */
package dev.lockstep.driver.cli;
