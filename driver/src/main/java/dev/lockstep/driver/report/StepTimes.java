package dev.lockstep.driver.report;

/**
 * Where the wall time of one step went, in seconds.
 *
 * @param compute forward and backward passes, up to the last shard
 * @param aggregate summing the shards' gradients
 * @param update clipping, optimizer and schedule on the driver
 * @param broadcast handing the new parameters out
 * @param total the whole step; what the four do not cover is overhead
 */
public record StepTimes(
    double compute, double aggregate, double update, double broadcast, double total) {}
