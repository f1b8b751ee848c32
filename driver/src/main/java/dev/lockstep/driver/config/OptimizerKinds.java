package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;

import dev.lockstep.trainer.optimizer.Optimizer;
import java.util.List;

/** The kinds of optimizers. */
final class OptimizerKinds {
  /**
   * α₀ of rules that scale every parameter's step by a moving average of its own gradients, where
   * the configuration names none.
   */
  static final double DEFAULT_ADAPTIVE_LEARNING_RATE = 0.001;

  /**
   * α₀ of the other rules, where the configuration names none; of adagrad too, whose steps shrink
   * with every step taken.
   */
  static final double DEFAULT_LEARNING_RATE = 0.01;

  /**
   * α₀ of {@code lars} where the configuration names none: larger, because the trust coefficient
   * scales the steps of weights down.
   */
  static final double DEFAULT_LARS_LEARNING_RATE = 0.1;

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
                      .put("epsilon", adam.epsilon())),
          kind(
              "adamW",
              Optimizer.AdamW.class,
              block ->
                  new Optimizer.AdamW(
                      adaptiveRate(block),
                      beta(block, "beta1", Optimizer.Adam.DEFAULT_BETA1),
                      beta(block, "beta2", Optimizer.Adam.DEFAULT_BETA2),
                      epsilon(block, Optimizer.Adam.DEFAULT_EPSILON),
                      weightDecay(block, Optimizer.AdamW.DEFAULT_WEIGHT_DECAY)),
              (adamW, target) ->
                  target
                      .put("learningRate", adamW.learningRate())
                      .put("beta1", adamW.beta1())
                      .put("beta2", adamW.beta2())
                      .put("epsilon", adamW.epsilon())
                      .put("weightDecay", adamW.weightDecay())),
          kind(
              "adagrad",
              Optimizer.Adagrad.class,
              block ->
                  new Optimizer.Adagrad(
                      rate(block), epsilon(block, Optimizer.Adagrad.DEFAULT_EPSILON)),
              (adagrad, target) ->
                  target
                      .put("learningRate", adagrad.learningRate())
                      .put("epsilon", adagrad.epsilon())),
          kind(
              "lars",
              Optimizer.Lars.class,
              block ->
                  new Optimizer.Lars(
                      block.number(
                          "learningRate", NumberRange.POSITIVE, DEFAULT_LARS_LEARNING_RATE),
                      beta(block, "beta", Optimizer.Lars.DEFAULT_BETA),
                      weightDecay(block, Optimizer.Lars.DEFAULT_WEIGHT_DECAY),
                      block.number(
                          "trustCoefficient",
                          NumberRange.POSITIVE,
                          Optimizer.Lars.DEFAULT_TRUST_COEFFICIENT)),
              (lars, target) ->
                  target
                      .put("learningRate", lars.learningRate())
                      .put("beta", lars.beta())
                      .put("weightDecay", lars.weightDecay())
                      .put("trustCoefficient", lars.trustCoefficient())),
          kind(
              "lamb",
              Optimizer.Lamb.class,
              block ->
                  new Optimizer.Lamb(
                      adaptiveRate(block),
                      beta(block, "beta1", Optimizer.Lamb.DEFAULT_BETA1),
                      beta(block, "beta2", Optimizer.Lamb.DEFAULT_BETA2),
                      epsilon(block, Optimizer.Lamb.DEFAULT_EPSILON),
                      weightDecay(block, Optimizer.Lamb.DEFAULT_WEIGHT_DECAY)),
              (lamb, target) ->
                  target
                      .put("learningRate", lamb.learningRate())
                      .put("beta1", lamb.beta1())
                      .put("beta2", lamb.beta2())
                      .put("epsilon", lamb.epsilon())
                      .put("weightDecay", lamb.weightDecay())));

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

  private static double weightDecay(Block block, double otherwise) {
    return block.number("weightDecay", NumberRange.NOT_NEGATIVE, otherwise);
  }

  private static double epsilon(Block block, double otherwise) {
    return block.number("epsilon", NumberRange.POSITIVE, otherwise);
  }
}
