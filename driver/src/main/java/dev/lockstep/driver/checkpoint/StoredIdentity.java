package dev.lockstep.driver.checkpoint;

/**
 * What can be known of a checkpoint before data are prepared and a network is bound.
 *
 * @param name of its folder
 * @param step steps taken
 * @param identity of the run that wrote it
 * @param position where that run was
 */
public record StoredIdentity(String name, long step, RunIdentity identity, RunPosition position) {}
