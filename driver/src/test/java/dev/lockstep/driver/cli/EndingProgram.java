package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.driver.telemetry.RunTelemetry;
import dev.lockstep.driver.telemetry.Shutdown;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.spark.api.java.JavaSparkContext;

/** A program that ends while it trains, and whose training then fails. Prints its events. */
final class EndingProgram {
  static final int CODE = 9;

  private EndingProgram() {}

  public static void main(String[] arguments) {
    JavaSparkContext spark =
        JavaSparkContext.fromSparkContext(
            SparkStart.start("ending", "local[1]", Map.of()).sparkContext());
    CountDownLatch told = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> awaitEnd(told)));
    RunTelemetry telemetry =
        RunTelemetry.begin(
            spark,
            event -> System.out.println(event.kind().key() + " " + event.fields()),
            "run",
            "ending",
            "new");
    try {
      telemetry.watch(
          () -> {
            new Thread(() -> System.exit(CODE)).start();
            while (!Shutdown.isUnderWay()) {
              Thread.onSpinWait();
            }
            throw new IllegalStateException("Spark is gone");
          });
    } finally {
      told.countDown();
    }
  }

  private static void awaitEnd(CountDownLatch told) {
    try {
      told.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
