/**
 * What operators see of a run: life-cycle events ({@link dev.lockstep.driver.telemetry.EventLog}),
 * metrics through Spark's own metrics system ({@link dev.lockstep.driver.telemetry.RunTelemetry}),
 * and stderr as lines of JSON ({@link dev.lockstep.driver.telemetry.JsonOutput}).
 *
 * <p>Place in the flow: told by a run and by whoever retrains, read by Spark's sinks and by whoever
 * collects logs; nothing depends on what it does. Imports Spark's metrics system and listener,
 * Dropwizard's metrics that come with it, and SLF4J. Values are written by the driver's thread and
 * by Spark's listener, and read by threads of sinks.
 */
package dev.lockstep.driver.telemetry;
