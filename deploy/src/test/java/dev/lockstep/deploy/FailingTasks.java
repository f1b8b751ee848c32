package dev.lockstep.deploy;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.util.TaskCompletionListener;

/**
 * A Spark plugin ({@code spark.plugins}) that makes tasks fail which could have succeeded: the
 * first attempt at one partition of every few stages fails after it has done its work, and tasks of
 * a barrier stage are interrupted in the middle of theirs, twice in each executor.
 */
public final class FailingTasks implements SparkPlugin {
  /** Setting: of so many stages one has a task that fails. */
  static final String EVERY = "spark.lockstep.test.failEvery";

  /** What a task fails with. */
  static final String MESSAGE = "a failure that this test asks for";

  private static final int PARTITIONS = 2;
  private static final int INTERRUPTIONS = 2;
  private static final long UNTIL_INTERRUPTED_MILLISECONDS = 1500;

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new InExecutor();
  }

  private static final class InExecutor implements ExecutorPlugin {
    private final AtomicInteger interruptions = new AtomicInteger();
    private int every;

    @Override
    public void init(PluginContext context, Map<String, String> settings) {
      every = context.conf().getInt(EVERY, 0);
    }

    @Override
    public void onTaskStart() {
      TaskContext task = TaskContext.get();
      if (task instanceof BarrierTaskContext) {
        if (interruptions.incrementAndGet() <= INTERRUPTIONS) {
          interruptLater(Thread.currentThread());
        }
      } else if (task.attemptNumber() == 0
          && task.stageId() % every == 0
          && task.partitionId() == task.stageId() / every % PARTITIONS) {
        task.addTaskCompletionListener(new Failure());
      }
    }

    private static void interruptLater(Thread task) {
      Thread interrupter =
          new Thread(
              () -> {
                try {
                  Thread.sleep(UNTIL_INTERRUPTED_MILLISECONDS);
                } catch (InterruptedException end) {
                  Thread.currentThread().interrupt();
                }
                task.interrupt();
              },
              "interrupter");
      interrupter.setDaemon(true);
      interrupter.start();
    }
  }

  private static final class Failure implements TaskCompletionListener {
    @Override
    public void onTaskCompletion(TaskContext context) {
      throw new IllegalStateException(MESSAGE);
    }
  }
}
