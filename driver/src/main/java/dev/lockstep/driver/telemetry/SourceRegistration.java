package dev.lockstep.driver.telemetry;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.MetricsSystem;
import org.apache.spark.metrics.source.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source of metrics in Spark's metrics system, from where the sinks of Spark's configuration take
 * them, until it is closed. Of two sources of one name the first is shown.
 *
 * <p>Sinks that fail, and a Spark that has been stopped meanwhile, are no failure of whoever is
 * measured.
 */
final class SourceRegistration implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SourceRegistration.class);

  /** Spark would give up all metrics of a name with the first of two sources that goes. */
  private static final Set<String> SHOWN = ConcurrentHashMap.newKeySet();

  private final MetricsSystem system;
  private final Source source;

  private SourceRegistration(MetricsSystem system, Source source) {
    this.system = system;
    this.source = source;
  }

  /** Shows a source to the sinks of this process's Spark. */
  static SourceRegistration of(Source source) {
    SparkEnv spark = SparkEnv.get();
    if (spark == null || !SHOWN.add(source.sourceName())) {
      return new SourceRegistration(null, source);
    }
    spark.metricsSystem().registerSource(source);
    return new SourceRegistration(spark.metricsSystem(), source);
  }

  /** Lets sinks that report now and then have the last values, and takes the source back. */
  @Override
  public void close() {
    if (system == null) {
      return;
    }
    try {
      system.report();
    } catch (RuntimeException failure) {
      LOG.warn("A sink of Spark's metrics could not take the last values.", failure);
    } finally {
      system.removeSource(source);
      SHOWN.remove(source.sourceName());
    }
  }
}
