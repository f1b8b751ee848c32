package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.io.Serializable;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction2;

/** One task of an evaluation: loss and metrics of a partition's shards. Carries handles only. */
final class EvaluationTask extends AbstractFunction2<TaskContext, Iterator<Shard>, ShardSum<?>[]>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final RunHandle run;
  private final ParameterSource source;

  private EvaluationTask(RunHandle run, ParameterSource source) {
    this.run = run;
    this.source = source;
  }

  /** Loss and metrics of all shards, as one job. */
  static MetricSums run(
      JavaSparkContext spark, JavaRDD<Shard> shards, RunHandle run, ParameterSource source) {
    TreeSum<MetricSums> sum = new TreeSum<>(run.tree(), merged -> {});
    Jobs.run(
        spark,
        shards.rdd(),
        new EvaluationTask(run, source),
        (partition, pieces) -> {
          for (ShardSum<?> piece : pieces) {
            sum.add(piece.node(), (MetricSums) piece.sum());
          }
        });
    return sum.total();
  }

  @Override
  public ShardSum<?>[] apply(TaskContext context, Iterator<Shard> shards) {
    ReplicaHost host = run.host();
    ReplicaTeam team = host.borrowTeam();
    try {
      return Partials.of(host.evaluate(team, source.parameters(), Partials.list(shards)));
    } finally {
      host.giveBack(team);
    }
  }
}
