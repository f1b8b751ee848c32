package dev.lockstep.driver.telemetry;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.time.Clock;
import java.time.Instant;
import org.apache.spark.metrics.source.Source;

/**
 * The metrics of a model registry while somebody works on it: which version is the champion, and
 * since when. Shown to the sinks of Spark's configuration until closed.
 */
public final class ChampionMetrics implements AutoCloseable {
  private static final double MILLI = 1e-3;

  private final SourceRegistration registration;

  /**
   * A champion.
   *
   * @param version counted from 1; 0 where there is none
   * @param published when, or null where there is none
   */
  private record Champion(int version, Instant published) {}

  private volatile Champion champion;

  private ChampionMetrics(Clock clock, Champion champion) {
    this.champion = champion;
    this.registration = SourceRegistration.of(new RegistrySource(clock));
  }

  /** Begins to show a registry without a champion. */
  public static ChampionMetrics show() {
    return show(Clock.systemUTC());
  }

  static ChampionMetrics show(Clock clock) {
    return new ChampionMetrics(clock, new Champion(0, null));
  }

  /**
   * Begins to show a registry with a champion.
   *
   * @param version counted from 1
   * @param published when it became a version of the registry, or null where nobody knows
   */
  public static ChampionMetrics show(int version, Instant published) {
    return new ChampionMetrics(Clock.systemUTC(), new Champion(version, published));
  }

  /**
   * From now on this version is the champion.
   *
   * @param version counted from 1
   * @param published when it became a version of the registry, or null where nobody knows
   */
  public void championIs(int version, Instant published) {
    champion = new Champion(version, published);
  }

  /** Takes the metrics back, when sinks have had their last values. */
  @Override
  public void close() {
    registration.close();
  }

  private final class RegistrySource implements Source {
    private final MetricRegistry registry = new MetricRegistry();

    private RegistrySource(Clock clock) {
      registry.register("champion.version", (Gauge<Integer>) () -> champion.version());
      registry.register(
          "champion.publishedSeconds", (Gauge<Double>) () -> secondsOf(champion.published()));
      registry.register(
          "champion.ageSeconds",
          (Gauge<Double>) () -> secondsOf(clock.instant()) - secondsOf(champion.published()));
    }

    private static double secondsOf(Instant time) {
      return time == null ? Double.NaN : time.toEpochMilli() * MILLI;
    }

    @Override
    public String sourceName() {
      return "lockstep.registry";
    }

    @Override
    public MetricRegistry metricRegistry() {
      return registry;
    }
  }
}
