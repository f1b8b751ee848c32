package dev.lockstep.trainer.check;

/**
 * What the gradient check found out about one tensor.
 *
 * @param name PyTorch's name of the tensor
 * @param elements elements of the tensor
 * @param checked elements that were compared
 * @param atKink elements that were looked at and left out, because the objective has a kink there
 * @param difference ‖grad - gradapprox‖₂/(‖grad‖₂ + ‖gradapprox‖₂) over the compared elements; 0
 *     where both are 0
 * @param verdict what follows from it
 */
public record TensorCheck(
    String name, int elements, int checked, int atKink, double difference, Verdict verdict) {
  /** How a tensor did. */
  public enum Verdict {
    /** The difference is at most the threshold. */
    AGREES("agrees"),
    /** Both gradients are 0 but for rounding, which a relative difference cannot judge. */
    ZERO("zero"),
    /** All its elements were left out, so nothing is known. */
    UNCHECKED("unchecked"),
    /** The difference is above the threshold. */
    DIFFERS("differs");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }

    /** The word in tables. */
    public String word() {
      return word;
    }
  }
}
