/**
 * What a run tells its user: {@code metrics.jsonl} while it goes on ({@link
 * dev.lockstep.driver.report.MetricsLog}), progress on stderr ({@link
 * dev.lockstep.driver.report.ProgressPrinter}), {@code summary.json} at its end ({@link
 * dev.lockstep.driver.report.RunSummary}) and the page made of these, {@code report.html} ({@link
 * dev.lockstep.driver.report.HtmlReport}). For a search there are the same three: {@link
 * dev.lockstep.driver.report.TrialsLog}, {@link dev.lockstep.driver.report.TuningSummary} and
 * {@link dev.lockstep.driver.report.TuningReport}.
 *
 * <p>Last in the flow: it takes records and streams and knows neither Spark nor Hadoop nor where
 * files are. May import the JDK, Jackson, {@code rangetest}, and of the trainer {@code error},
 * {@code metric} and {@code search}. {@code MetricsLog} and {@code ProgressPrinter} may be called
 * from several threads; everything else is immutable or a pure function.
 */
package dev.lockstep.driver.report;
