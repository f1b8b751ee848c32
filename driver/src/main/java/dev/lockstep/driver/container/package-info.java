/**
 * The first process of a container: {@link dev.lockstep.driver.container.EntryPoint} turns what
 * Spark or a person asks of the image into the JVM that does it. It takes the place of the shell
 * scripts of Spark's own images, so an image needs no shell.
 *
 * <p>Place in the flow: before everything else, in a JVM of its own that is as small as possible.
 * So these classes use no library but the JDK, and no thread but the main one and that of a
 * termination.
 */
package dev.lockstep.driver.container;
