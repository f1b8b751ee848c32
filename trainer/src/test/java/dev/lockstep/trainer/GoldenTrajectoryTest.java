package dev.lockstep.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.optimizer.UpdateStep.Report;
import dev.lockstep.trainer.optimizer.UpdateWorkspace;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.Replica;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * All parts of this module together, in the plainest loop, against a run of PyTorch (see the folder
 * pytorch of the test resources).
 */
class GoldenTrajectoryTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;
  private static final int BATCH = 16;
  private static final int EPOCHS = 3;

  private static byte[] resource(String name) throws IOException {
    try (InputStream input = GoldenTrajectoryTest.class.getResourceAsStream("/pytorch/" + name)) {
      return input.readAllBytes();
    }
  }

  private static List<Tensor> tensors(String name) throws IOException {
    byte[] file = resource(name);
    return SafeTensors.read(new ByteArrayInputStream(file), file.length, name);
  }

  private static Examples examples() throws IOException {
    List<String> lines =
        new String(resource("train.csv"), StandardCharsets.UTF_8).lines().skip(1).toList();
    float[] features = new float[lines.size() * FEATURES];
    float[] targets = new float[lines.size()];
    for (int row = 0; row < targets.length; row++) {
      String[] cells = lines.get(row).split(",", -1);
      for (int j = 0; j < FEATURES; j++) {
        features[row * FEATURES + j] = Float.parseFloat(cells[j]);
      }
      targets[row] = Float.parseFloat(cells[FEATURES]);
    }
    return new Examples(FEATURES, 0, 1, features, targets, null);
  }

  /** The list of numbers under {@code key}: enough JSON for this one file. */
  private static double[] numbers(String json, String key) {
    int start = json.indexOf('[', json.indexOf('"' + key + '"')) + 1;
    String[] cells = json.substring(start, json.indexOf(']', start)).split(",", -1);
    double[] numbers = new double[cells.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Double.parseDouble(cells[i].strip());
    }
    return numbers;
  }

  @Test
  void batchNormAndAdamFollowPyTorch() throws IOException {
    Network network =
        new Network(
            List.of(
                Samples.dense(7),
                new LayerSpec.BatchNorm(),
                new LayerSpec.Relu(),
                Samples.dense(5),
                new LayerSpec.BatchNorm(),
                new LayerSpec.Relu(),
                Samples.dense(CLASSES)),
            Shape.vector(FEATURES));
    ParameterVector parameters = new ParameterVector(new float[network.layout().length()]);
    long[] batches =
        ModelTensors.load(
            tensors("initial.safetensors"), network.layout(), parameters, "initial.safetensors");
    RunningStatistics statistics = new RunningStatistics(network.layout(), batches);
    Optimizer adam = new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8);
    UpdateStep update =
        new UpdateStep(network.layout(), Regularization.NONE, Double.POSITIVE_INFINITY, adam);
    UpdateWorkspace workspace = new UpdateWorkspace(network.layout(), ThreadTeam.ofCaller());
    OptimizerState state = adam.newState(network.layout().trainableLength());
    Replica replica = new Replica(network, new LossSpec.SoftmaxCrossEntropy().bind(CLASSES), 1);
    Contribution total = replica.newContribution();
    Examples examples = examples();
    int[] order = Samples.inOrder(examples.count());
    String expected = new String(resource("expected.json"), StandardCharsets.UTF_8);
    double[] losses = numbers(expected, "losses");
    double[] norms = numbers(expected, "gradientNorms");
    int step = 0;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      for (int start = 0; start < order.length; start += BATCH) {
        step++;
        replica.compute(
            parameters,
            examples,
            order,
            start,
            Math.min(start + BATCH, order.length),
            step,
            1,
            total);
        Report report = update.prepare(total, parameters, workspace);
        assertThat(report.loss())
            .as("loss of step " + step)
            .isCloseTo(losses[step - 1], within(1e-5 + 1e-4 * losses[step - 1]));
        assertThat(report.gradientNorm())
            .as("norm of step " + step)
            .isCloseTo(norms[step - 1], within(1e-5 + 1e-4 * norms[step - 1]));
        update.apply(total, report, parameters, state, 0.01, step, workspace);
        statistics.move(total.moments(), parameters);
      }
    }
    assertThat(step).isEqualTo(losses.length);
    ParameterVector last = new ParameterVector(new float[network.layout().length()]);
    long[] lastBatches =
        ModelTensors.load(
            tensors("expected.safetensors"), network.layout(), last, "expected.safetensors");
    assertThat(statistics.batchesTracked()).isEqualTo(lastBatches);
    for (int i = 0; i < last.length(); i++) {
      float value = last.values()[i];
      assertThat(parameters.values()[i])
          .as("parameter " + i)
          .isCloseTo(value, within(1e-5f + 1e-4f * Math.abs(value)));
    }
  }
}
