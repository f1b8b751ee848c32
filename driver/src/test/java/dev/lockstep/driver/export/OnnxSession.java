package dev.lockstep.driver.export;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.util.Map;

/** An ONNX file as ONNX Runtime sees it: a program that shares no code with this one. */
public final class OnnxSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  /** Opens a file's bytes. */
  public OnnxSession(byte[] file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      this.session = environment.createSession(file, options);
    }
  }

  /** Answers to {@code rows} rows of {@code features}: probabilities or predictions, and labels. */
  public Answers run(float[] features, int rows) throws OrtException {
    long[] sizes = {rows, features.length / rows};
    try (OnnxTensor input =
            OnnxTensor.createTensor(environment, FloatBuffer.wrap(features), sizes);
        OrtSession.Result result = session.run(Map.of("features", input))) {
      boolean classes = session.getOutputNames().contains("label");
      String values = classes ? "probabilities" : "prediction";
      return new Answers(
          (float[][]) result.get(values).orElseThrow().getValue(),
          classes ? (long[]) result.get("label").orElseThrow().getValue() : null);
    }
  }

  /** The file's metadata. */
  public Map<String, String> metadata() throws OrtException {
    return session.getMetadata().getCustomMetadata();
  }

  /** Sizes of an input or output, -1 where they are free. */
  public long[] sizes(String name) throws OrtException {
    var info = session.getInputInfo().get(name);
    return ((TensorInfo) (info != null ? info : session.getOutputInfo().get(name)).getInfo())
        .getShape();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }

  /**
   * What a file answers.
   *
   * @param values [rows][answers]
   * @param labels [rows], null for regression
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Answers(float[][] values, long[] labels) {}
}
