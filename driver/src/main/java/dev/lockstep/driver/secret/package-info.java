/**
 * Keeps secrets out of everything that leaves the process: {@link
 * dev.lockstep.driver.secret.Redaction} knows them and takes them out of texts, {@link
 * dev.lockstep.driver.secret.GuardedOutput} does so for all that is printed.
 *
 * <p>Text leaves by few doors, and each has its guard: what is printed (stdout, stderr, log lines
 * and stack traces among them) by the two streams that the program puts in place of the JVM's;
 * files by {@link dev.lockstep.driver.folder.RunFolder}; a configuration, where a mark would not
 * do, by the references that {@link dev.lockstep.driver.config.ConfigurationWriter} puts for
 * secrets; the file of a stack trace by the command that writes it. What is cut short for a message
 * is redacted before it is cut.
 *
 * <p>Place in the flow: below everything that prints or writes. Imports the trainer's errors only.
 * Everything is safe for several threads at once.
 */
package dev.lockstep.driver.secret;
