package dev.lockstep.trainer.model;

import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.network.NetworkBuffers;

/**
 * Scores raw rows with a trained model: normalization, forward pass without dropout and with
 * running statistics, and softmax or sigmoid. Needs no Spark. Its memory is reused from call to
 * call, so it belongs to one thread at a time.
 */
public final class Predictor {
  private final ModelArtifact model;
  private final Loss loss;
  private final Pass pass;
  private final int maxRows;
  private final NetworkBuffers buffers;

  /** A predictor for {@code model}. */
  public Predictor(ModelArtifact model) {
    this.model = model;
    this.loss = model.boundLoss();
    this.pass = new Pass(model.network().layout());
    this.maxRows = model.network().evaluationRows();
    this.buffers = new NetworkBuffers(model.network(), maxRows, false);
  }

  /** Rows that go through the network at once. */
  public int maxRows() {
    return maxRows;
  }

  /**
   * Numbers per row that {@link #predict} gives: one probability per class, or the predicted value.
   */
  public int answers() {
    return loss.answers();
  }

  /**
   * Scores up to {@link #maxRows} rows.
   *
   * @param features [rows, features], raw values in the order of the model's feature names, read
   * @param rows number of rows
   * @param answerValues [rows, answers], overwritten with probabilities by class index, or values
   */
  public void predict(float[] features, int rows, float[] answerValues) {
    System.arraycopy(features, 0, buffers.input(), 0, rows * model.preprocessing().featureCount());
    model.preprocessing().normalize(buffers.input(), rows);
    pass.evaluate(model.parameters().values(), rows);
    model.network().forward(pass, buffers);
    loss.predict(buffers.output(), rows, answerValues);
  }
}
