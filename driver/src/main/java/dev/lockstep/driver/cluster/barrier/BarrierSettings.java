package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.error.LockstepException;
import java.io.Serializable;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;

/**
 * Settings of the barrier stage, all of them Spark settings.
 *
 * <pre>
 *   spark.lockstep.barrier.port          driver's port, 0 for any               0
 *   spark.lockstep.barrier.executorPort  executors' port, where they need one   0
 *   spark.lockstep.barrier.slotTimeout   wait for enough executors              30s
 *   spark.lockstep.barrier.startTimeout  wait for all tasks                     120s
 *   spark.lockstep.barrier.stepTimeout   wait for a step's sum                  600s
 *   spark.lockstep.barrier.chunkSize     bytes of floats in a message           256k
 * </pre>
 *
 * @param driverPort port that the driver listens on, 0 for any
 * @param executorPort port that an executor listens on where others send to it, 0 for any
 * @param portRetries how many of the next ports may be taken instead
 * @param slotSeconds wait for executors to register, before the first start
 * @param startSeconds wait for all tasks to be at work
 * @param stepSeconds wait for anything else
 * @param chunkFloats floats in one message
 * @param maxFailures starts that may fail in a row at one step
 */
record BarrierSettings(
    int driverPort,
    int executorPort,
    int portRetries,
    long slotSeconds,
    long startSeconds,
    long stepSeconds,
    int chunkFloats,
    int maxFailures)
    implements Serializable {
  private static final String PREFIX = "spark.lockstep.barrier.";
  private static final long SMALLEST_CHUNK = 1024;
  private static final long LARGEST_CHUNK = 64 << 20;

  /**
   * Reads the settings.
   *
   * @throws LockstepException of kind usage where a value cannot be one
   */
  static BarrierSettings of(SparkConf conf) {
    return new BarrierSettings(
        port(conf, "port"),
        port(conf, "executorPort"),
        read("spark.port.maxRetries", () -> conf.getInt("spark.port.maxRetries", 16)),
        seconds(conf, "slotTimeout", "30s"),
        seconds(conf, "startTimeout", "120s"),
        seconds(conf, "stepTimeout", "600s"),
        chunkFloats(conf),
        Math.max(
            1, read("spark.task.maxFailures", () -> conf.getInt("spark.task.maxFailures", 4))));
  }

  private static int port(SparkConf conf, String name) {
    int port = read(PREFIX + name, () -> conf.getInt(PREFIX + name, 0));
    return within(PREFIX + name, port, 0, 65535).intValue();
  }

  private static long seconds(SparkConf conf, String name, String otherwise) {
    String key = PREFIX + name;
    return within(
        key, read(key, () -> conf.getTimeAsSeconds(key, otherwise)), 1, Integer.MAX_VALUE);
  }

  private static int chunkFloats(SparkConf conf) {
    String key = PREFIX + "chunkSize";
    long bytes = read(key, () -> conf.getSizeAsBytes(key, "256k"));
    return within(key, bytes, SMALLEST_CHUNK, LARGEST_CHUNK).intValue() / Float.BYTES;
  }

  private static <T> T read(String key, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException notOne) {
      throw LockstepException.usage(key + ": " + notOne.getMessage());
    }
  }

  private static Long within(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw LockstepException.usage(
          key + ": " + value + " is not between " + least + " and " + most + ".");
    }
    return value;
  }
}
