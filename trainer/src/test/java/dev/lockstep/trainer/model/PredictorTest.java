package dev.lockstep.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.Replica;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final int FEATURES = 3;
  private static final List<String> NAMES = List.of("a", "b", "constant");
  private static final double[] OFFSET = {10, -2, 7};
  private static final double[] SCALE = {0.5, 4, 0};

  private static ModelArtifact model(LossSpec loss, int outputs, List<String> labels) {
    Network network = new Network(Samples.everyKind(outputs), Shape.vector(FEATURES));
    ParameterVector parameters = Samples.parameters(network, 3);
    return new ModelArtifact(
        network,
        loss,
        parameters,
        new long[] {1},
        new Preprocessing(NAMES, "y", labels, "standard", OFFSET, SCALE));
  }

  private static float[] raw(int rows) {
    float[] raw = Samples.gaussian(4, rows * FEATURES, 5.0);
    for (int row = 0; row < rows; row++) {
      raw[row * FEATURES] += 10;
    }
    return raw;
  }

  private static Examples normalized(float[] raw, float[] targets) {
    float[] features = new float[raw.length];
    for (int i = 0; i < raw.length; i++) {
      features[i] = (float) ((raw[i] - OFFSET[i % FEATURES]) * SCALE[i % FEATURES]);
    }
    return new Examples(FEATURES, 0, 1, features, targets, null);
  }

  @Test
  void probabilitiesAreThoseOfTheReplicasEvaluationOnNormalizedRows() {
    ModelArtifact model = model(new LossSpec.SoftmaxCrossEntropy(), 4, List.of("p", "q", "r", "s"));
    Predictor predictor = new Predictor(model);
    int rows = predictor.maxRows();
    float[] answers = new float[rows * predictor.answers()];
    float[] raw = raw(rows);
    predictor.predict(raw, rows, answers);
    float[] targets = new float[rows];
    double loss = 0.0;
    int hits = 0;
    for (int row = 0; row < rows; row++) {
      targets[row] = row % 4;
      int best = 0;
      double sum = 0.0;
      for (int k = 0; k < 4; k++) {
        sum += answers[row * 4 + k];
        best = answers[row * 4 + k] > answers[row * 4 + best] ? k : best;
      }
      assertThat(sum).isCloseTo(1.0, within(5e-7));
      loss -= Math.log(answers[row * 4 + row % 4]);
      hits += best == row % 4 ? 1 : 0;
    }
    MetricSums sums = new MetricSums(0);
    new Replica(model.network(), model.boundLoss(), 1)
        .evaluate(model.parameters(), normalized(raw, targets), sums);
    assertThat(sums.lossSum()).isCloseTo(loss, within(1e-6 * rows));
    assertThat(sums.correct()).isEqualTo(hits);
  }

  @Test
  void twoClassesGetBothProbabilities() {
    Predictor predictor =
        new Predictor(model(new LossSpec.SigmoidCrossEntropy(), 1, List.of("no", "yes")));
    assertThat(predictor.answers()).isEqualTo(2);
    float[] answers = new float[20];
    predictor.predict(raw(10), 10, answers);
    for (int row = 0; row < 10; row++) {
      assertThat(answers[2 * row] + answers[2 * row + 1]).isCloseTo(1f, within(3e-7f));
    }
  }

  @Test
  void regressionGivesTheValueWhoseErrorTheReplicaReports() {
    ModelArtifact model = model(new LossSpec.MeanSquaredError(), 1, List.of());
    Predictor predictor = new Predictor(model);
    float[] raw = raw(10);
    float[] answers = new float[10];
    predictor.predict(raw, 10, answers);
    MetricSums sums = new MetricSums(0);
    new Replica(model.network(), model.boundLoss(), 1)
        .evaluate(model.parameters(), normalized(raw, answers.clone()), sums);
    assertThat(sums.lossSum()).as("bit for bit the same values").isZero();
  }

  @Test
  void answersDoNotDependOnTheRowsScoredBefore() {
    Predictor predictor =
        new Predictor(model(new LossSpec.SoftmaxCrossEntropy(), 4, List.of("p", "q", "r", "s")));
    float[] raw = raw(5);
    float[] first = new float[20];
    float[] second = new float[20];
    float[] before = raw.clone();
    predictor.predict(raw, 5, first);
    assertThat(raw).as("raw values are read only").isEqualTo(before);
    predictor.predict(raw(200), 200, new float[800]);
    predictor.predict(raw, 5, second);
    assertThat(second).isEqualTo(first);
  }

  @Test
  void constantFeaturesEnterAsZero() {
    float[] rows = {14, -1, 7, 10, -2, 123};
    new Preprocessing(NAMES, "y", List.of(), "standard", OFFSET, SCALE).normalize(rows, 2);
    assertThat(rows).containsExactly(2, 4, 0, 0, 0, 0);
  }

  @Test
  void preprocessingKeepsCopies() {
    double[] offset = OFFSET.clone();
    Preprocessing preprocessing =
        new Preprocessing(NAMES, "y", List.of("u", "v"), "standard", offset, SCALE);
    Arrays.fill(offset, 99);
    Arrays.fill(preprocessing.scale(), 99);
    assertThat(preprocessing.offset()).isEqualTo(OFFSET);
    assertThat(preprocessing.scale()).isEqualTo(SCALE);
    assertThat(preprocessing.isClassification()).isTrue();
    assertThat(preprocessing.featureCount()).isEqualTo(3);
    assertThatThrownBy(
            () -> new Preprocessing(NAMES, "y", List.of(), "none", new double[2], new double[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
