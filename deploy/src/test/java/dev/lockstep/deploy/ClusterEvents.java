package dev.lockstep.deploy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationStart;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import scala.collection.Iterator;

/**
 * Runs in a driver under test, by {@code spark.extraListeners}, and writes what Spark's scheduler
 * tells it into a file, a line each, as it happens:
 *
 * <pre>
 *   driver PORT
 *   executorAdded ID
 *   executorRemoved ID
 *   job ID WHAT-IT-IS
 *   task JOB STAGE PARTITION EXECUTOR REASON WHICH
 *                       Success, FetchFailed, ExecutorLostFailure, …; first, or copy of a slow task
 *   killed EXECUTOR     see {@link #FETCH_FAILURES}
 * </pre>
 */
public final class ClusterEvents extends SparkListener {
  /** Setting: the file. */
  static final String FILE = "spark.lockstep.test.events";

  /**
   * Setting: how many fetch failures are to happen. Until then, one executor after the other is
   * stopped as soon as it has written its part of a shuffle, and killed while others wait for it.
   */
  static final String FETCH_FAILURES = "spark.lockstep.test.fetchFailures";

  /** Long enough for the readers to have asked for what they wait for. */
  private static final long STOPPED_MILLISECONDS = 200;

  /** Jobs in peace between two kills. */
  private static final int PEACE = 12;

  private final PrintWriter out;
  private final Map<Integer, Integer> jobOfStage = new HashMap<>();

  /** Whose results go to others. */
  private final Set<Integer> mapStages = new HashSet<>();

  private int fetchFailuresWanted;
  private int nextKill;
  private int lastJob;
  private int driverPort;

  /** Called by Spark. */
  public ClusterEvents(SparkConf conf) {
    try {
      this.out =
          new PrintWriter(
              Files.newBufferedWriter(Path.of(conf.get(FILE)), StandardCharsets.UTF_8), true);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    this.fetchFailuresWanted = conf.getInt(FETCH_FAILURES, 0);
  }

  @Override
  public void onApplicationStart(SparkListenerApplicationStart event) {
    driverPort = SparkEnv.get().conf().getInt("spark.driver.port", 0);
    out.println("driver " + driverPort);
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    out.println("executorAdded " + event.executorId());
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    out.println("executorRemoved " + event.executorId());
    // What was lost is computed anew in peace.
    nextKill = Math.max(nextKill, lastJob + PEACE);
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    lastJob = event.jobId();
    StageInfo last = null;
    Iterator<StageInfo> stages = event.stageInfos().iterator();
    while (stages.hasNext()) {
      StageInfo stage = stages.next();
      jobOfStage.put(stage.stageId(), event.jobId());
      if (stage.name().contains("WireExchange")) {
        mapStages.add(stage.stageId());
      }
      last = last == null || stage.stageId() > last.stageId() ? stage : last;
    }
    out.println("job " + event.jobId() + " " + (last == null ? "" : last.name().replace(' ', '-')));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    String reason = event.reason().getClass().getSimpleName().replace("$", "");
    String executor = event.taskInfo().executorId();
    int job = jobOfStage.getOrDefault(event.stageId(), -1);
    out.println(
        "task "
            + job
            + " "
            + event.stageId()
            + " "
            + event.taskInfo().index()
            + " "
            + executor
            + " "
            + reason
            + (event.taskInfo().speculative() ? " copy" : " first"));
    if (reason.equals("FetchFailed")) {
      fetchFailuresWanted--;
    }
    if (fetchFailuresWanted > 0
        && reason.equals("Success")
        && mapStages.contains(event.stageId())
        && job >= nextKill) {
      nextKill = job + PEACE;
      killSlowly(executor);
    }
  }

  private void killSlowly(String id) {
    for (ExecutorProcess executor : ExecutorProcess.of(driverPort)) {
      if (executor.id().equals(id)) {
        executor.stop();
        out.println("killed " + id);
        Thread killer =
            new Thread(
                () -> {
                  try {
                    Thread.sleep(STOPPED_MILLISECONDS);
                  } catch (InterruptedException end) {
                    Thread.currentThread().interrupt();
                  }
                  executor.kill();
                },
                "killer");
        killer.start();
      }
    }
  }
}
