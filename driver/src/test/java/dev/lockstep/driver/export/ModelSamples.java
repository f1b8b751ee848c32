package dev.lockstep.driver.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Predictor;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Models with random parameters, and what they answer here and in ONNX Runtime. */
public final class ModelSamples {
  private static final float TOLERANCE = 1e-5f;
  private static final String VERSION = "1.2.3";

  private ModelSamples() {}

  /** A model whose parameters and normalization are away from every special value. */
  static ModelArtifact model(
      Shape shape, List<LayerSpec> layers, LossSpec loss, List<String> labels) {
    Network network = new Network(layers, shape);
    ParameterVector parameters = network.initialParameters(3);
    Random random = new Random(5);
    for (ParameterWindow window : network.layout().windows()) {
      for (int i = window.offset(); i < window.end(); i++) {
        double noise = 0.2 * random.nextGaussian();
        parameters.values()[i] +=
            (float) (window.role() == Role.RUNNING_VARIANCE ? Math.abs(noise) : noise);
      }
    }
    double[] offset = random.doubles(shape.size(), -100, 100).toArray();
    double[] scale = random.doubles(shape.size(), 0.3, 3).toArray();
    return new ModelArtifact(
        network,
        loss,
        parameters,
        new long[network.batchNormColumns().length],
        new Preprocessing(names(shape.size()), "target", labels, "standard", offset, scale));
  }

  /** f0, f1, ... */
  static List<String> names(int features) {
    return IntStream.range(0, features).mapToObj(j -> "f" + j).toList();
  }

  /** Raw rows that the model's normalization brings near 0. */
  static float[] rows(ModelArtifact model, int rows) {
    Random random = new Random(8);
    double[] offset = model.preprocessing().offset();
    double[] scale = model.preprocessing().scale();
    float[] features = new float[rows * offset.length];
    for (int i = 0; i < features.length; i++) {
      int j = i % offset.length;
      features[i] = (float) (offset[j] + random.nextGaussian() / scale[j]);
    }
    return features;
  }

  /** The model's ONNX file. */
  static byte[] file(ModelArtifact model) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    OnnxModel.write(model, VERSION, file);
    return file.toByteArray();
  }

  /** Checks random rows, in one batch. */
  static void assertAgrees(ModelArtifact model, int rows) throws OrtException, IOException {
    try (OnnxSession session = new OnnxSession(file(model))) {
      assertAgrees(model, session, rows(model, rows), rows);
    }
  }

  /**
   * Checks that {@code session} answers {@code rows} rows as {@link Predictor} does, in one batch,
   * and names the likeliest class.
   *
   * @return the largest difference
   */
  public static double assertAgrees(
      ModelArtifact model, OnnxSession session, float[] features, int rows) throws OrtException {
    OnnxSession.Answers found = session.run(features, rows);
    Predictor predictor = new Predictor(model);
    int columns = model.preprocessing().featureCount();
    int answers = predictor.answers();
    float[] row = new float[columns];
    float[] expected = new float[answers];
    double largest = 0.0;
    assertThat(found.values()).hasNumberOfRows(rows);
    for (int i = 0; i < rows; i++) {
      System.arraycopy(features, i * columns, row, 0, columns);
      predictor.predict(row, 1, expected);
      assertThat(found.values()[i]).hasSize(answers);
      int best = 0;
      for (int k = 0; k < answers; k++) {
        assertThat(found.values()[i][k]).isCloseTo(expected[k], within(TOLERANCE));
        largest = Math.max(largest, Math.abs((double) found.values()[i][k] - expected[k]));
        best = found.values()[i][k] > found.values()[i][best] ? k : best;
      }
      if (found.labels() != null) {
        assertThat(found.labels()[i]).isEqualTo(best);
      }
    }
    return largest;
  }
}
