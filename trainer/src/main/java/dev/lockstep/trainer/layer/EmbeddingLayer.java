package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.layer.LayerSpec.Embedding;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.Arrays;
import java.util.List;

/**
 * Replaces the level of every categorical column by that level's learned vector, in its place among
 * the columns; numbers pass through. Source: Guo and Berkhahn, "Entity Embeddings of Categorical
 * Variables" (2016).
 *
 * <pre>
 *   input   [rows, columns]  read; a level k is the number k, any number outside 0 … levels-1 is unknown
 *   E_j     table of column j [levels, dimension]  read
 *   output  [rows, columns + tables (dimension - 1)]  overwritten; row k of E_j, zeros where unknown
 * </pre>
 *
 * Backward overwrites dE_j: row k is the sum of the output's gradients over the rows of level k.
 * The gradient of a level is 0. A table starts as N(0, 1), the scale of a normalized number.
 */
public final class EmbeddingLayer implements Layer {
  private static final Initializer INITIALIZER = new Initializer.Normal(1.0);

  private final int index;
  private final int dimension;
  private final Shape inputShape;
  private final Shape outputShape;
  private final int[] positions;
  private final int[] levels;
  private final int[] tables;

  /** Reserves the layer's tables. */
  EmbeddingLayer(Embedding spec, LayerPlace place) {
    List<Embedding.Table> described = spec.tables();
    this.index = place.index();
    this.dimension = spec.dimension();
    this.inputShape = place.inputShape();
    this.outputShape = Shape.vector(inputShape.size() + described.size() * (dimension - 1));
    this.positions = new int[described.size()];
    this.levels = new int[described.size()];
    this.tables = new int[described.size()];
    for (int j = 0; j < tables.length; j++) {
      positions[j] = described.get(j).position();
      levels[j] = described.get(j).levels();
      tables[j] =
          place
              .builder()
              .reserve(
                  place.name() + ".tables." + j + ".weight", Role.WEIGHT, levels[j], dimension);
    }
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    int element = 0;
    for (int table : tables) {
      ParameterWindow window = layout.windows().get(table);
      for (int i = window.offset(); i < window.end(); i++) {
        Initializer.Draw draw = new Initializer.Draw(seed, index, element++);
        parameters[i] = (float) INITIALIZER.weight(draw, dimension, dimension);
      }
    }
  }

  /** First element of a level's vector within its table, or -1 where the level is unknown. */
  private int vector(float value, int table) {
    int level = (int) value;
    return value >= 0 && level < levels[table] ? level * dimension : -1;
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int columns = inputShape.size();
    float[] parameters = pass.parameters();
    int out = 0;
    for (int row = 0; row < pass.rows(); row++) {
      int start = row * columns;
      int done = 0;
      for (int j = 0; j < tables.length; j++) {
        int numbers = positions[j] - done;
        System.arraycopy(input, start + done, output, out, numbers);
        out += numbers;
        int vector = vector(input[start + positions[j]], j);
        if (vector < 0) {
          Arrays.fill(output, out, out + dimension, 0f);
        } else {
          System.arraycopy(parameters, pass.offset(tables[j]) + vector, output, out, dimension);
        }
        out += dimension;
        done = positions[j] + 1;
      }
      System.arraycopy(input, start + done, output, out, columns - done);
      out += columns - done;
    }
  }

  @Override
  public void backward(
      Pass pass,
      LayerBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient) {
    int columns = inputShape.size();
    int width = outputShape.size();
    float[] gradient = pass.gradient();
    for (int j = 0; j < tables.length; j++) {
      int table = pass.offset(tables[j]);
      Arrays.fill(gradient, table, table + levels[j] * dimension, 0f);
      // Each table before this one has widened the row by dimension - 1.
      int place = positions[j] + j * (dimension - 1);
      for (int row = 0; row < pass.rows(); row++) {
        int vector = vector(input[row * columns + positions[j]], j);
        if (vector >= 0) {
          for (int i = 0; i < dimension; i++) {
            gradient[table + vector + i] += outputGradient[row * width + place + i];
          }
        }
      }
    }
    if (inputGradient != null) {
      passThrough(pass.rows(), outputGradient, inputGradient);
    }
  }

  private void passThrough(int rows, float[] outputGradient, float[] inputGradient) {
    int columns = inputShape.size();
    int out = 0;
    for (int row = 0; row < rows; row++) {
      int table = 0;
      for (int column = 0; column < columns; column++) {
        if (table < positions.length && positions[table] == column) {
          inputGradient[row * columns + column] = 0f;
          out += dimension;
          table++;
        } else {
          inputGradient[row * columns + column] = outputGradient[out++];
        }
      }
    }
  }
}
