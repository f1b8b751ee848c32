/**
 * Folders on any Hadoop file system that runs and models live in: {@link
 * dev.lockstep.driver.folder.RunFolder}.
 *
 * <p>Place in the flow: below everything that writes or reads artifacts. A file that is there is
 * complete.
 */
package dev.lockstep.driver.folder;
