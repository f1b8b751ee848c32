package dev.lockstep.driver.bench;

import dev.lockstep.trainer.kernel.Blas;
import java.util.Locale;
import org.apache.spark.api.java.JavaSparkContext;

/** What a table was measured on, in one line. */
public final class MachineFacts {
  private static final double GIBI = 1L << 30;

  private MachineFacts() {}

  /** The machine, the JVM and the BLAS backend. */
  public static String line() {
    Runtime runtime = Runtime.getRuntime();
    return String.format(
        Locale.ROOT,
        "%d cores (%s), Java %s (%s), heap %.1f GiB, BLAS %s",
        runtime.availableProcessors(),
        System.getProperty("os.arch"),
        System.getProperty("java.version"),
        System.getProperty("java.vm.name"),
        runtime.maxMemory() / GIBI,
        Blas.backendName());
  }

  /** As {@link #line()}, and Spark with its master. */
  public static String line(JavaSparkContext spark) {
    return line() + ", Spark " + spark.version() + " on " + spark.master();
  }
}
