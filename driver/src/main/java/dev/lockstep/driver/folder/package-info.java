/**
 * Folders on any Hadoop file system that runs and models live in: {@link
 * dev.lockstep.driver.folder.RunFolder}, and the lock that keeps a folder for one writer: {@link
 * dev.lockstep.driver.folder.RunLock}.
 *
 * <p>Place in the flow: below everything that writes or reads artifacts. A file that is there is
 * complete.
 */
package dev.lockstep.driver.folder;
