package dev.lockstep.driver.run;

import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.RunFolder;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Option;

/**
 * Which start of which Spark application this is. A cluster that runs the driver starts it again
 * when it is lost: YARN as the next attempt of the same application.
 *
 * @param application Spark's application id
 * @param number counted from 1; null where the cluster counts no attempts
 * @param onCluster whether the cluster runs the driver (deploy mode {@code cluster})
 */
public record ApplicationAttempt(String application, Integer number, boolean onCluster) {
  /** The one of a context. */
  public static ApplicationAttempt of(JavaSparkContext spark) {
    Option<String> attempt = spark.sc().applicationAttemptId();
    SparkConf conf = spark.getConf();
    boolean onCluster =
        conf.get("spark.submit.deployMode", "client").equals("cluster")
            // In the driver's pod spark-submit runs once more, in client mode.
            || conf.getBoolean("spark.kubernetes.submitInDriver", false);
    return new ApplicationAttempt(
        spark.sc().applicationId(), attempt.isDefined() ? number(attempt.get()) : null, onCluster);
  }

  /** A cluster manager's name of an attempt as a number; null where it is none. */
  static Integer number(String attempt) {
    try {
      return Integer.valueOf(attempt.strip());
    } catch (NumberFormatException named) {
      return null;
    }
  }

  /** Whether an earlier attempt of the same application was lost. */
  public boolean isRestart() {
    return number != null && number > 1;
  }

  /** Whether an earlier attempt of the same application has begun the run in a folder. */
  public boolean hasBegun(RunFolder folder) {
    return RunFiles.areOfAnEarlier(this, folder);
  }

  /** Who takes a run's folder. */
  public LockOwner owner() {
    return LockOwner.here(application, number);
  }

  /**
   * What tells one run of a configuration from the next: a time, but the application's id where
   * another attempt must come to the same.
   *
   * @param time for runs whose driver is not started again
   */
  public String stamp(String time) {
    return onCluster ? application : time;
  }
}
