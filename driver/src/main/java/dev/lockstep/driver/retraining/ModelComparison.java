package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.Levels;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.loop.Metrics;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.Replica;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Two models on the same rows: the test split, as the challenger's training left it aside. Each
 * reads its own columns, normalized in its own way. The result depends on the shards of the
 * training, and on the cluster in no other way.
 *
 * <p>The challenger is scored on the very rows that its training has left in the cluster's memory.
 * For the champion what these rows come from is read once more, and it is made sure that it is
 * still the same.
 *
 * <p>A row whose label only one of them knows stays in: for the other its answer counts as wrong,
 * and its loss is 23 ln 2 = 15.9, that of the smallest step from 0 of a float32 probability.
 *
 * @param metric what decides
 * @param champion metrics of the champion
 * @param challenger metrics of the challenger
 * @param improvement by how much the challenger's metric is better; negative where it is worse, NaN
 *     where the metric is not defined
 * @param interval how sure that is, or null where nobody asked
 */
public record ModelComparison(
    String metric,
    SplitMetrics champion,
    SplitMetrics challenger,
    double improvement,
    ImprovementInterval interval) {
  /** Rows that can be kept on the driver for an interval: 256 MiB. */
  private static final int MOST_ROWS = 1 << 22;

  /**
   * Compares two models.
   *
   * @param trained the data that the challenger was trained on, with their splits
   * @param metric {@code loss} or a metric of the task; null for the task's first: accuracy, or
   *     rmse for regression
   * @param confidence of the interval, above 0 and below 1, or null for none
   * @param seed seed of the interval's draws
   * @throws LockstepException of kind usage where there is no test split, or the models cannot be
   *     compared by this metric; of kind data where one of them cannot score the rows, or where the
   *     data are no longer those of the training
   */
  public static ModelComparison of(
      JavaSparkContext spark,
      ModelArtifact champion,
      ModelArtifact challenger,
      TrainedData trained,
      String metric,
      Double confidence,
      long seed) {
    WatchedMetric decisive = metric(champion, challenger, metric);
    requireFewEnough(confidence, testSplit(trained.prepared()));
    Preprocessing own = challenger.preprocessing();
    Preprocessing others = champion.preprocessing();
    List<String> labels = ScoredModel.labels(own, others);
    List<String> othersLabels = ScoredModel.labels(others, own);
    int[] common = commonLabels(othersLabels, own, labels);
    boolean allLabelsAreOwn = labels.equals(own.classLabels());
    boolean sameColumns =
        own.columns().equals(others.columns()) && textColumns(own).equals(textColumns(others));
    // Rows with labels that only the champion knows may have been left out of the training.
    try (PreparedData championData =
            trained.preparedFor(spark, champion, othersLabels, "champion");
        PreparedData withAllLabels =
            allLabelsAreOwn ? null : trained.preparedFor(spark, challenger, labels, "challenger")) {
      if (allLabelsAreOwn && sameColumns) {
        trained.requireSame(championData);
      } else {
        trained.requireUnchanged(spark, challenger);
      }
      PreparedSplit championRows = trained.rows(championData);
      PreparedSplit challengerRows =
          allLabelsAreOwn ? testSplit(trained.prepared()) : trained.rows(withAllLabels);
      BadRows challengerBad =
          allLabelsAreOwn
              ? trained.prepared().locationOf(Split.TEST).badRows()
              : withAllLabels.locationOf(Split.TRAIN).badRows();
      SameRows.require(
          championData.locationOf(Split.TRAIN).badRows(),
          championRows,
          challengerBad,
          challengerRows,
          common);
      Broadcast<ParameterVector> championParameters = spark.broadcast(champion.parameters());
      Broadcast<ParameterVector> challengerParameters = spark.broadcast(challenger.parameters());
      try {
        Pairs pairs =
            new Pairs(
                championRows.shards(),
                challengerRows.shards(),
                trained.shards(),
                new ScoredModel(champion, common, championParameters),
                new ScoredModel(
                    challenger, commonLabels(labels, own, labels), challengerParameters));
        int classes = own.isClassification() ? labels.size() : 0;
        return compare(spark, pairs, classes, decisive, confidence, seed);
      } finally {
        championParameters.destroy();
        challengerParameters.destroy();
      }
    }
  }

  /** The same column may be read as a number by one model and as a text by the other. */
  private static List<String> textColumns(Preprocessing preprocessing) {
    return preprocessing.categorical().stream().map(CategoricalColumn::name).toList();
  }

  /** The rows and the models. */
  private record Pairs(
      JavaRDD<Shard> championShards,
      JavaRDD<Shard> challengerShards,
      int shards,
      ScoredModel champion,
      ScoredModel challenger) {
    /** The scores of one shard after another, as {@link PairedScores} has them. */
    JavaRDD<double[]> scores() {
      ScoredModel one = champion;
      ScoredModel other = challenger;
      return championShards.zipPartitions(
          challengerShards, (left, right) -> new ScoreIterator(left, right, one, other));
    }
  }

  /** Scores a shard at a time. */
  private static final class ScoreIterator implements Iterator<double[]> {
    private final Iterator<Shard> championShards;
    private final Iterator<Shard> challengerShards;
    private final ScoredModel champion;
    private final ScoredModel challenger;
    private final Replica championReplica;
    private final Replica challengerReplica;

    ScoreIterator(
        Iterator<Shard> championShards,
        Iterator<Shard> challengerShards,
        ScoredModel champion,
        ScoredModel challenger) {
      this.championShards = championShards;
      this.challengerShards = challengerShards;
      this.champion = champion;
      this.challenger = challenger;
      this.championReplica = champion.newReplica();
      this.challengerReplica = challenger.newReplica();
    }

    @Override
    public boolean hasNext() {
      return championShards.hasNext() && challengerShards.hasNext();
    }

    @Override
    public double[] next() {
      return PairedScores.of(
          champion.score(championReplica, championShards.next().examples()),
          challenger.score(challengerReplica, challengerShards.next().examples()));
    }
  }

  private static ModelComparison compare(
      JavaSparkContext spark,
      Pairs pairs,
      int classes,
      WatchedMetric metric,
      Double confidence,
      long seed) {
    TreeSum<MetricSums> champion = new TreeSum<>(new ShardTree(pairs.shards()), merged -> {});
    TreeSum<MetricSums> challenger = new TreeSum<>(new ShardTree(pairs.shards()), merged -> {});
    double[] all = null;
    if (confidence == null) {
      List<MetricSums> sums =
          pairs.scores().flatMap(scores -> sums(scores, classes).iterator()).collect();
      for (int shard = 0; shard < pairs.shards(); shard++) {
        champion.add(Node.leaf(shard), sums.get(2 * shard));
        challenger.add(Node.leaf(shard), sums.get(2 * shard + 1));
      }
    } else {
      List<double[]> scores = pairs.scores().collect();
      for (int shard = 0; shard < pairs.shards(); shard++) {
        List<MetricSums> sums = sums(scores.get(shard), classes);
        champion.add(Node.leaf(shard), sums.get(0));
        challenger.add(Node.leaf(shard), sums.get(1));
      }
      all = concatenated(scores);
    }
    SplitMetrics before = Metrics.of(champion.total(), classes > 0);
    SplitMetrics after = Metrics.of(challenger.total(), classes > 0);
    return new ModelComparison(
        metric.name(),
        before,
        after,
        PairedBootstrap.improvement(metric, value(before, metric), value(after, metric)),
        all == null
            ? null
            : new PairedBootstrap(metric, classes, seed).interval(spark, all, confidence));
  }

  /** Sums of the champion and of the challenger over the examples of a shard. */
  private static List<MetricSums> sums(double[] scores, int classes) {
    MetricSums champion = MetricSums.forSplit(classes);
    MetricSums challenger = MetricSums.forSplit(classes);
    for (int example = 0; example < scores.length / PairedScores.WIDTH; example++) {
      PairedScores.addChampion(scores, example, classes > 0, champion);
      PairedScores.addChallenger(scores, example, classes > 0, challenger);
    }
    return List.of(champion, challenger);
  }

  private static double[] concatenated(List<double[]> parts) {
    int length = 0;
    for (double[] part : parts) {
      length += part.length;
    }
    double[] all = new double[length];
    int offset = 0;
    for (double[] part : parts) {
      System.arraycopy(part, 0, all, offset, part.length);
      offset += part.length;
    }
    return all;
  }

  private static double value(SplitMetrics metrics, WatchedMetric metric) {
    return metrics
        .valueOf(metric.name())
        .orElseThrow(
            () ->
                LockstepException.usage(
                    "retraining.metric: "
                        + metric.name()
                        + " is not computed for more than "
                        + MetricSums.MAX_CONFUSION_CLASSES
                        + " classes; choose accuracy or loss."));
  }

  /**
   * Refuses, before anything is trained, what would be refused after it.
   *
   * @param champion null where there is none
   * @param preview of the challenger's training
   * @throws LockstepException of kind usage where the settings do not go with the data or the
   *     champion, of kind data where the champion has another task or needs columns that are not
   *     among the test data
   */
  static void requireFeasible(
      JavaSparkContext spark,
      RetrainingSettings settings,
      ModelArtifact champion,
      RunPreview preview) {
    int classes = preview.data().preprocessing().classLabels().size();
    boolean classification = classes > 0;
    String chosen = chosen(classification, settings.metric());
    int compared =
        champion == null
            ? classes
            : ScoredModel.labels(preview.data().preprocessing(), champion.preprocessing()).size();
    if (chosen.equals("macroF1") && compared > MetricSums.MAX_CONFUSION_CLASSES) {
      throw LockstepException.usage(
          "retraining.metric: macroF1 is there for at most "
              + MetricSums.MAX_CONFUSION_CLASSES
              + " classes, and there are "
              + compared
              + (compared == classes ? "" : " with those that only the champion knows")
              + "; choose accuracy or loss.");
    }
    requireFewEnough(settings.confidence(), testSplit(preview.data()));
    if (champion != null) {
      requireSameTask(champion, classification);
      requireSameLoss(chosen, classification, champion.loss(), preview.configuration().loss());
      TrainedData.requireColumns(spark, preview.configuration().data(), champion);
    }
  }

  private static void requireFewEnough(Double confidence, PreparedSplit rows) {
    if (confidence != null && rows.examples() > MOST_ROWS) {
      throw LockstepException.usage(
          "retraining.confidence needs a test split of at most "
              + MOST_ROWS
              + " examples, and there are "
              + rows.examples()
              + ". Lower data.test.fraction, or leave retraining.confidence out.");
    }
  }

  /** Refuses, with kind data, a champion of another task. */
  static void requireSameTask(ModelArtifact champion, boolean classification) {
    if (champion.preprocessing().isClassification() != classification) {
      throw LockstepException.data(
          "The champion and the challenger cannot be compared: one sorts into classes and the other"
              + " predicts a number. Give the new task a registry of its own.");
    }
  }

  /** The metric by which these two can be compared. */
  private static WatchedMetric metric(
      ModelArtifact champion, ModelArtifact challenger, String name) {
    boolean classification = challenger.preprocessing().isClassification();
    requireSameTask(champion, classification);
    String chosen = chosen(classification, name);
    requireSameLoss(chosen, classification, champion.loss(), challenger.loss());
    return new WatchedMetric("validation", chosen);
  }

  /** The metrics of a task, the first of which decides where none is named, and the loss last. */
  private static List<String> metrics(boolean classification) {
    List<String> metrics = new ArrayList<>();
    metrics.addAll(classification ? WatchedMetric.OF_CLASSIFICATION : WatchedMetric.OF_REGRESSION);
    metrics.add("loss");
    return metrics;
  }

  private static String chosen(boolean classification, String name) {
    List<String> metrics = metrics(classification);
    String chosen = name == null ? metrics.get(0) : name;
    if (!metrics.contains(chosen)) {
      throw LockstepException.usage(
          "retraining.metric: "
              + chosen
              + " is no metric of a "
              + (classification ? Task.CLASSIFICATION : Task.REGRESSION).key()
              + "; choose one of "
              + String.join(", ", metrics)
              + ".");
    }
    return chosen;
  }

  private static void requireSameLoss(
      String chosen, boolean classification, LossSpec champion, LossSpec challenger) {
    if (chosen.equals("loss") && !champion.equals(challenger)) {
      List<String> metrics = metrics(classification);
      throw LockstepException.usage(
          "retraining.metric: the champion and the challenger were trained with different losses ("
              + champion.kind()
              + " and "
              + challenger.kind()
              + ", or other settings), whose values cannot be compared; choose one of "
              + String.join(", ", metrics.subList(0, metrics.size() - 1))
              + ".");
    }
  }

  /** Place of each of the champion's labels among the challenger's, which hold all of them. */
  private static int[] commonLabels(
      List<String> labels, Preprocessing challenger, List<String> challengerLabels) {
    Levels classes = Levels.of(challenger.classLabels());
    int[] places = new int[labels.size()];
    for (int i = 0; i < places.length; i++) {
      int known = classes.indexOf(labels.get(i));
      places[i] = known >= 0 ? known : challengerLabels.indexOf(labels.get(i));
    }
    return places;
  }

  private static PreparedSplit testSplit(PreparedData data) {
    return data.test()
        .orElseThrow(
            () ->
                LockstepException.usage(
                    "data.test: models are compared on the test split, and these data have none."
                        + " Give it a fraction above 0, or a path."));
  }
}
