/**
 * What a run tells its user: {@code metrics.jsonl} while it goes on ({@link
 * dev.lockstep.driver.report.MetricsLog}), progress on stderr ({@link
 * dev.lockstep.driver.report.ProgressPrinter}), {@code summary.json} at its end ({@link
 * dev.lockstep.driver.report.RunSummary}) and the page made of these, {@code report.html} ({@link
 * dev.lockstep.driver.report.HtmlReport}).
 *
 * <p>Last in the flow: it takes records and streams and knows neither Spark nor Hadoop nor where
 * files are. May import the JDK, Jackson, {@code dev.lockstep.trainer.error} and {@code
 * dev.lockstep.trainer.metric}. {@code MetricsLog} and {@code ProgressPrinter} may be called from
 * several threads; everything else is immutable or a pure function.
 */
package dev.lockstep.driver.report;
