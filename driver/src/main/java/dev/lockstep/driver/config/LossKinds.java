package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;
import static dev.lockstep.driver.config.KindTable.plain;

import dev.lockstep.trainer.loss.LossSpec;
import java.util.List;

/** The kinds of losses. */
final class LossKinds {
  static final KindTable<LossSpec> TABLE =
      new KindTable<>(
          List.of("softmaxCrossEntropy", "sigmoidCrossEntropy", "meanSquaredError", "huber"),
          kind(
              "softmaxCrossEntropy",
              LossSpec.SoftmaxCrossEntropy.class,
              LossKinds::readSoftmax,
              (loss, target) -> {}),
          plain(
              "sigmoidCrossEntropy",
              LossSpec.SigmoidCrossEntropy.class,
              new LossSpec.SigmoidCrossEntropy()),
          plain(
              "meanSquaredError",
              LossSpec.MeanSquaredError.class,
              new LossSpec.MeanSquaredError()));

  private LossKinds() {}

  private static LossSpec.SoftmaxCrossEntropy readSoftmax(Block block) {
    block.notYet("labelSmoothing", "classWeights");
    return new LossSpec.SoftmaxCrossEntropy();
  }
}
