package dev.lockstep.trainer.check;

import java.util.List;

/**
 * What the gradient check found out about a network.
 *
 * @param tensors every trainable tensor, in the order of the parameters
 * @param difference the formula of {@link TensorCheck#difference} over the compared elements of all
 *     tensors
 */
public record GradientReport(List<TensorCheck> tensors, double difference) {
  /** Takes an immutable copy. */
  public GradientReport {
    tensors = List.copyOf(tensors);
  }

  /** Whether no difference, of a tensor or of the whole, is above the threshold. */
  public boolean agrees() {
    return difference <= GradientCheck.THRESHOLD
        && tensors.stream().noneMatch(tensor -> tensor.verdict() == TensorCheck.Verdict.DIFFERS);
  }

  /** Elements that were compared. */
  public int checked() {
    return tensors.stream().mapToInt(TensorCheck::checked).sum();
  }

  /** Elements that were looked at and left out. */
  public int atKink() {
    return tensors.stream().mapToInt(TensorCheck::atKink).sum();
  }
}
