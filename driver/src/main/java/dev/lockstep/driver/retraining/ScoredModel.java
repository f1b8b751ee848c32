package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.source.Levels;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.Replica;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;

/**
 * One of two models that are compared, in the form that travels to the tasks. Its labels are its
 * own classes followed by those that only the other model knows, so that examples of these stay
 * among the rows; the network never predicts them.
 */
final class ScoredModel implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * The loss of an example whose label the model does not know, and so gives the probability 0: -ln
   * of the machine epsilon of float32, 23 ln 2. It is finite, so that one such example does not
   * decide a comparison by itself.
   */
  static final double UNKNOWN_LABEL_LOSS = 23.0 * StrictMath.log(2.0);

  private final ArrayList<LayerSpec> layers;
  private final Shape inputShape;
  private final LossSpec loss;
  private final int classes;
  private final int[] commonLabels;
  private final Broadcast<ParameterVector> parameters;

  /**
   * A model for the tasks.
   *
   * @param commonLabels for each of its labels the number that both models have in common; empty
   *     for regression
   * @param parameters the model's, handed out
   */
  ScoredModel(ModelArtifact model, int[] commonLabels, Broadcast<ParameterVector> parameters) {
    this.layers = new ArrayList<>(model.network().specs());
    this.inputShape = model.network().inputShape();
    this.loss = model.loss();
    this.classes = model.preprocessing().classLabels().size();
    this.commonLabels = commonLabels.clone();
    this.parameters = parameters;
  }

  /** The labels of a model: its classes, then the classes of {@code other} that it lacks. */
  static List<String> labels(Preprocessing own, Preprocessing other) {
    List<String> labels = new ArrayList<>(own.classLabels());
    Levels known = Levels.of(own.classLabels());
    for (String label : other.classLabels()) {
      if (known.indexOf(label) < 0) {
        labels.add(label);
      }
    }
    return labels;
  }

  /** The model's preprocessing with other labels. */
  static Preprocessing withLabels(Preprocessing own, List<String> labels) {
    return new Preprocessing(
        own.featureNames(),
        own.categorical(),
        own.labelName(),
        labels,
        own.normalization(),
        own.offset(),
        own.scale());
  }

  /** A replica that scores; belongs to one thread. */
  Replica newReplica() {
    return new Replica(new Network(layers, inputShape), loss.bind(classes), 0);
  }

  /** Scores a shard whose targets are this model's labels. */
  ExampleScores score(Replica replica, Examples examples) {
    ExampleScores scores = new ExampleScores(examples.count());
    float[] targets = examples.targets();
    float[] known = targets.clone();
    if (classes > 0) {
      for (int row = 0; row < known.length; row++) {
        known[row] = known[row] < classes ? known[row] : 0f;
      }
    }
    replica.evaluate(
        parameters.value(),
        new Examples(
            examples.featureCount(),
            examples.firstIndex(),
            examples.indexStride(),
            examples.features(),
            known,
            examples.weights()),
        scores);
    if (classes > 0) {
      scores.useCommonLabels(commonLabels);
      for (int row = 0; row < targets.length; row++) {
        if (targets[row] >= classes) {
          scores.setUnknown(row, commonLabels[(int) targets[row]], examples.weight(row));
        }
      }
    }
    return scores;
  }
}
