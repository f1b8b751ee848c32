package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;

import dev.lockstep.trainer.optimizer.Optimizer;
import java.util.List;

/** The kinds of optimizers. */
final class OptimizerKinds {
  /**
   * α₀ of rules that scale every parameter's step by its own gradients, where the configuration
   * names none.
   */
  static final double DEFAULT_ADAPTIVE_LEARNING_RATE = 0.001;

  /** α₀ of the other rules, where the configuration names none. */
  static final double DEFAULT_LEARNING_RATE = 0.01;

  /** β of {@code heavyBall} and {@code nesterov} where the configuration names none. */
  static final double DEFAULT_BETA = 0.9;

  /** Whether {@code momentum} corrects its bias where the configuration says nothing. */
  static final boolean DEFAULT_BIAS_CORRECTION = false;

  static final KindTable<Optimizer> TABLE =
      new KindTable<>(
          List.of(
              "sgd",
              "momentum",
              "heavyBall",
              "nesterov",
              "rmsProp",
              "adam",
              "adamW",
              "adagrad",
              "lars",
              "lamb"),
          kind(
              "sgd",
              Optimizer.Sgd.class,
              block -> new Optimizer.Sgd(rate(block)),
              (sgd, target) -> target.put("learningRate", sgd.learningRate())),
          kind(
              "momentum",
              Optimizer.Momentum.class,
              block ->
                  new Optimizer.Momentum(
                      rate(block),
                      beta(block, "beta", Optimizer.Momentum.DEFAULT_BETA),
                      block.flag("biasCorrection", DEFAULT_BIAS_CORRECTION)),
              (momentum, target) ->
                  target
                      .put("learningRate", momentum.learningRate())
                      .put("beta", momentum.beta())
                      .put("biasCorrection", momentum.biasCorrection())),
          kind(
              "heavyBall",
              Optimizer.HeavyBall.class,
              block -> new Optimizer.HeavyBall(rate(block), beta(block, "beta", DEFAULT_BETA)),
              (ball, target) ->
                  target.put("learningRate", ball.learningRate()).put("beta", ball.beta())),
          kind(
              "nesterov",
              Optimizer.Nesterov.class,
              block -> new Optimizer.Nesterov(rate(block), beta(block, "beta", DEFAULT_BETA)),
              (nesterov, target) ->
                  target.put("learningRate", nesterov.learningRate()).put("beta", nesterov.beta())),
          kind(
              "rmsProp",
              Optimizer.RmsProp.class,
              block ->
                  new Optimizer.RmsProp(
                      adaptiveRate(block),
                      beta(block, "beta", Optimizer.RmsProp.DEFAULT_BETA),
                      epsilon(block, Optimizer.RmsProp.DEFAULT_EPSILON)),
              (rmsProp, target) ->
                  target
                      .put("learningRate", rmsProp.learningRate())
                      .put("beta", rmsProp.beta())
                      .put("epsilon", rmsProp.epsilon())),
          kind(
              "adam",
              Optimizer.Adam.class,
              block ->
                  new Optimizer.Adam(
                      adaptiveRate(block),
                      beta(block, "beta1", Optimizer.Adam.DEFAULT_BETA1),
                      beta(block, "beta2", Optimizer.Adam.DEFAULT_BETA2),
                      epsilon(block, Optimizer.Adam.DEFAULT_EPSILON)),
              (adam, target) ->
                  target
                      .put("learningRate", adam.learningRate())
                      .put("beta1", adam.beta1())
                      .put("beta2", adam.beta2())
                      .put("epsilon", adam.epsilon())));

  /** Kind of an {@code optimizer} block that names none. */
  static final String DEFAULT_KIND = "adam";

  /** The optimizer of a configuration that has no {@code optimizer}. */
  static final Optimizer DEFAULT =
      new Optimizer.Adam(
          DEFAULT_ADAPTIVE_LEARNING_RATE,
          Optimizer.Adam.DEFAULT_BETA1,
          Optimizer.Adam.DEFAULT_BETA2,
          Optimizer.Adam.DEFAULT_EPSILON);

  private OptimizerKinds() {}

  private static double rate(Block block) {
    return block.number("learningRate", NumberRange.POSITIVE, DEFAULT_LEARNING_RATE);
  }

  private static double adaptiveRate(Block block) {
    return block.number("learningRate", NumberRange.POSITIVE, DEFAULT_ADAPTIVE_LEARNING_RATE);
  }

  private static double beta(Block block, String key, double otherwise) {
    return block.number(key, NumberRange.BELOW_ONE, otherwise);
  }

  private static double epsilon(Block block, double otherwise) {
    return block.number("epsilon", NumberRange.POSITIVE, otherwise);
  }
}
