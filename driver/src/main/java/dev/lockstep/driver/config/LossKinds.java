package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;
import static dev.lockstep.driver.config.KindTable.plain;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
              LossKinds::writeSoftmax),
          plain(
              "sigmoidCrossEntropy",
              LossSpec.SigmoidCrossEntropy.class,
              new LossSpec.SigmoidCrossEntropy()),
          plain(
              "meanSquaredError", LossSpec.MeanSquaredError.class, new LossSpec.MeanSquaredError()),
          kind(
              "huber",
              LossSpec.Huber.class,
              block ->
                  new LossSpec.Huber(
                      block.number("delta", NumberRange.POSITIVE, LossSpec.Huber.DEFAULT_DELTA)),
              (loss, target) -> target.put("delta", loss.delta())));

  private LossKinds() {}

  private static LossSpec.SoftmaxCrossEntropy readSoftmax(Block block) {
    return new LossSpec.SoftmaxCrossEntropy(
        block.number(
            "labelSmoothing",
            NumberRange.BELOW_ONE,
            LossSpec.SoftmaxCrossEntropy.DEFAULT_LABEL_SMOOTHING),
        block.numbers("classWeights", NumberRange.POSITIVE));
  }

  private static void writeSoftmax(LossSpec.SoftmaxCrossEntropy loss, ObjectNode target) {
    target.put("labelSmoothing", loss.labelSmoothing());
    ArrayNode weights = target.putArray("classWeights");
    loss.classWeights().forEach(weights::add);
  }
}
