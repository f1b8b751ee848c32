package dev.lockstep.trainer.optimizer;

import java.io.Serializable;
import java.util.List;

/**
 * An update rule: immutable settings here, all memory in an explicit {@link OptimizerState}, and
 * the step as a method that works on any range of the flat parameter vector.
 *
 * <p>Notation: θ parameter, g its gradient, α learning rate of the step, t the step counted from 1.
 * Every product and sum is rounded to float32 in the order in which the formula is written, factors
 * that depend on t are computed in float64 first, so that every range of every run gives the same
 * bits.
 */
public sealed interface Optimizer extends Serializable {
  /** α₀, before any schedule. */
  double learningRate();

  /** Names of the slots that the rule keeps, in order. */
  List<String> slotNames();

  /** Zeroed memory for {@code length} parameters. */
  default OptimizerState newState(int length) {
    return new OptimizerState(slotNames(), length);
  }

  /**
   * Applies one update to the parameters in [from, to).
   *
   * @param parameters [length], updated in place
   * @param gradient [length], read
   * @param state slots of [length], updated in place
   * @param from first parameter
   * @param to one past the last parameter
   * @param rate α of this step
   * @param step t, from 1
   */
  void update(
      float[] parameters,
      float[] gradient,
      OptimizerState state,
      int from,
      int to,
      double rate,
      long step);

  /** Gradient descent: θ -= α g. */
  record Sgd(double learningRate) implements Optimizer {
    @Override
    public List<String> slotNames() {
      return List.of();
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float alpha = (float) rate;
      for (int i = from; i < to; i++) {
        parameters[i] -= alpha * gradient[i];
      }
    }
  }

  /**
   * Momentum as an exponentially weighted average of gradients: v = β v + (1-β) g; θ -= α v. With
   * bias correction v is divided by 1-β^t in the update.
   */
  record Momentum(double learningRate, double beta, boolean biasCorrection) implements Optimizer {
    /** β where the configuration names none. */
    public static final double DEFAULT_BETA = 0.9;

    @Override
    public List<String> slotNames() {
      return List.of("velocity");
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] velocity = state.slot(0);
      float keep = (float) beta;
      float take = (float) (1.0 - beta);
      float alpha =
          (float) (biasCorrection ? rate / (1.0 - StrictMath.pow(beta, (double) step)) : rate);
      for (int i = from; i < to; i++) {
        float v = keep * velocity[i] + take * gradient[i];
        velocity[i] = v;
        parameters[i] -= alpha * v;
      }
    }
  }

  /**
   * Polyak's heavy ball: v = β v + g; θ -= α v. This is what PyTorch's SGD calls momentum. Source:
   * Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
   */
  record HeavyBall(double learningRate, double beta) implements Optimizer {
    @Override
    public List<String> slotNames() {
      return List.of("velocity");
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] velocity = state.slot(0);
      float keep = (float) beta;
      float alpha = (float) rate;
      for (int i = from; i < to; i++) {
        float v = keep * velocity[i] + gradient[i];
        velocity[i] = v;
        parameters[i] -= alpha * v;
      }
    }
  }

  /**
   * Nesterov's accelerated gradient in the form of Sutskever, Martens, Dahl, Hinton, "On the
   * importance of initialization and momentum" (2013), rewritten for the look-ahead parameters: v =
   * β v + g; θ -= α (g + β v).
   */
  record Nesterov(double learningRate, double beta) implements Optimizer {
    @Override
    public List<String> slotNames() {
      return List.of("velocity");
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] velocity = state.slot(0);
      float keep = (float) beta;
      float alpha = (float) rate;
      for (int i = from; i < to; i++) {
        float g = gradient[i];
        float v = keep * velocity[i] + g;
        velocity[i] = v;
        parameters[i] -= alpha * (g + keep * v);
      }
    }
  }

  /**
   * Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning" (2012): s = β s +
   * (1-β) g²; θ -= α g/(√s + ε).
   */
  record RmsProp(double learningRate, double beta, double epsilon) implements Optimizer {
    /** β where the configuration names none. */
    public static final double DEFAULT_BETA = 0.9;

    /** ε where the configuration names none. */
    public static final double DEFAULT_EPSILON = 1e-8;

    @Override
    public List<String> slotNames() {
      return List.of("squareAverage");
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] squareAverage = state.slot(0);
      float keep = (float) beta;
      float take = (float) (1.0 - beta);
      float alpha = (float) rate;
      float floor = (float) epsilon;
      for (int i = from; i < to; i++) {
        float g = gradient[i];
        float s = keep * squareAverage[i] + take * (g * g);
        squareAverage[i] = s;
        parameters[i] -= alpha * g / ((float) Math.sqrt(s) + floor);
      }
    }
  }

  /**
   * Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1: v = β1 v +
   * (1-β1) g; s = β2 s + (1-β2) g²; v̂ = v/(1-β1^t); ŝ = s/(1-β2^t); θ -= α v̂/(√ŝ + ε).
   */
  record Adam(double learningRate, double beta1, double beta2, double epsilon)
      implements Optimizer {
    /** β1 where the configuration names none. */
    public static final double DEFAULT_BETA1 = 0.9;

    /** β2 where the configuration names none. */
    public static final double DEFAULT_BETA2 = 0.999;

    /** ε where the configuration names none. */
    public static final double DEFAULT_EPSILON = 1e-8;

    @Override
    public List<String> slotNames() {
      return List.of("firstMoment", "secondMoment");
    }

    @Override
    public void update(
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] firstMoment = state.slot(0);
      float[] secondMoment = state.slot(1);
      float keep1 = (float) beta1;
      float take1 = (float) (1.0 - beta1);
      float keep2 = (float) beta2;
      float take2 = (float) (1.0 - beta2);
      float floor = (float) epsilon;
      float alpha = (float) (rate / (1.0 - StrictMath.pow(beta1, (double) step)));
      float secondCorrection = (float) (1.0 / (1.0 - StrictMath.pow(beta2, (double) step)));
      for (int i = from; i < to; i++) {
        float g = gradient[i];
        float v = keep1 * firstMoment[i] + take1 * g;
        float s = keep2 * secondMoment[i] + take2 * (g * g);
        firstMoment[i] = v;
        secondMoment[i] = s;
        parameters[i] -= alpha * v / ((float) Math.sqrt(s * secondCorrection) + floor);
      }
    }
  }
}
