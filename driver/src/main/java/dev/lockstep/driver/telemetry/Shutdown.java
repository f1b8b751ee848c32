package dev.lockstep.driver.telemetry;

/**
 * The end of the JVM. Once it is under way, Spark and Hadoop stop under the feet of whoever still
 * works, so that what fails then is interrupted and no failure.
 */
public final class Shutdown {
  private Shutdown() {}

  /** Whether the JVM is ending, because of a signal or of {@link System#exit}. */
  public static boolean isUnderWay() {
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException inProgress) {
      return true;
    }
  }
}
