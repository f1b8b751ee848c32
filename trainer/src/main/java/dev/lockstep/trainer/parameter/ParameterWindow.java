package dev.lockstep.trainer.parameter;

import java.util.List;

/**
 * A named tensor inside the flat parameter vector.
 *
 * @param name PyTorch's name of the tensor in the same {@code nn.Sequential}, such as {@code
 *     0.weight}
 * @param shape sizes, slowest dimension first
 * @param offset first element in the flat vector
 * @param role what the tensor is for
 */
public record ParameterWindow(String name, List<Integer> shape, int offset, Role role) {
  /** What a tensor is for; decides about penalties and about who changes it. */
  public enum Role {
    /** Weight matrix or kernel: two dimensions or more, regularized. */
    WEIGHT(true),
    /** Bias, or the β of batch norm and layer norm. */
    SHIFT(true),
    /** The γ of batch norm and layer norm. */
    SCALE(true),
    /** Batch norm's running mean: moved by the driver, never by an optimizer. */
    RUNNING_MEAN(false),
    /** Batch norm's running (unbiased) variance: moved by the driver, never by an optimizer. */
    RUNNING_VARIANCE(false);

    private final boolean trainable;

    Role(boolean trainable) {
      this.trainable = trainable;
    }

    /** Whether an optimizer changes the tensor. */
    public boolean isTrainable() {
      return trainable;
    }
  }

  /** Takes an immutable copy of the shape. */
  public ParameterWindow {
    shape = List.copyOf(shape);
  }

  /** Number of elements. */
  public int length() {
    int length = 1;
    for (int size : shape) {
      length *= size;
    }
    return length;
  }

  /** One past the last element in the flat vector. */
  public int end() {
    return offset + length();
  }
}
