package dev.lockstep.trainer.optimizer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.io.Serializable;
import java.util.List;

/**
 * An update rule: immutable settings here, all memory in an explicit {@link OptimizerState}, and
 * the step as a method that works on any range of the flat parameter vector, so that threads share
 * it out. Only the rules with a layer-wise ratio ({@link Lars}, {@link Lamb}) need every weight
 * tensor that the range touches to lie in it whole.
 *
 * <p>Weight decay and layer-wise ratios concern tensors of role {@link Role#WEIGHT} alone: no
 * biases, and no γ and β of norms.
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

  /** Whether a range must hold every weight tensor that it touches whole. */
  default boolean needsWholeTensors() {
    return false;
  }

  /** Zeroed memory for {@code length} parameters. */
  default OptimizerState newState(int length) {
    return new OptimizerState(slotNames(), length);
  }

  /**
   * Applies one update to the parameters in [from, to).
   *
   * @param layout where the tensors lie
   * @param parameters [length], updated in place
   * @param gradient [length], read
   * @param state slots of [length], updated in place
   * @param from first parameter
   * @param to one past the last parameter
   * @param rate α of this step
   * @param step t, from 1
   */
  void update(
      ParameterLayout layout,
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
        ParameterLayout layout,
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
        ParameterLayout layout,
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
        ParameterLayout layout,
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
        ParameterLayout layout,
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
        ParameterLayout layout,
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
        ParameterLayout layout,
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

  /**
   * Adam with weight decay apart from the gradient: θ -= α·weightDecay·θ for weights, then the step
   * of {@link Adam}. Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019),
   * algorithm 2, with the decay multiplied by the rate of the step.
   */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {
    /** The decay where the configuration names none. */
    public static final double DEFAULT_WEIGHT_DECAY = 0.01;

    private Adam adam() {
      return new Adam(learningRate, beta1, beta2, epsilon);
    }

    @Override
    public List<String> slotNames() {
      return adam().slotNames();
    }

    @Override
    public void update(
        ParameterLayout layout,
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float decay = (float) (rate * weightDecay);
      for (ParameterWindow window : layout.windows()) {
        if (window.role() == Role.WEIGHT) {
          int end = Math.min(to, window.end());
          for (int i = Math.max(from, window.offset()); i < end; i++) {
            parameters[i] -= decay * parameters[i];
          }
        }
      }
      adam().update(layout, parameters, gradient, state, from, to, rate, step);
    }
  }

  /**
   * Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
   * Optimization" (2011), figure 1 with diagonal matrices and ε outside the root: s += g²; θ -= α
   * g/(√s + ε).
   */
  record Adagrad(double learningRate, double epsilon) implements Optimizer {
    /** ε where the configuration names none. */
    public static final double DEFAULT_EPSILON = 1e-10;

    @Override
    public List<String> slotNames() {
      return List.of("squareSum");
    }

    @Override
    public void update(
        ParameterLayout layout,
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] squareSum = state.slot(0);
      float alpha = (float) rate;
      float floor = (float) epsilon;
      for (int i = from; i < to; i++) {
        float g = gradient[i];
        float s = squareSum[i] + g * g;
        squareSum[i] = s;
        parameters[i] -= alpha * g / ((float) Math.sqrt(s) + floor);
      }
    }
  }

  /**
   * Layer-wise adaptive rate scaling. You, Gitman, Ginsburg, "Large Batch Training of Convolutional
   * Networks" (2017), algorithm 1: per weight tensor λ = trustCoefficient·‖θ‖/(‖g‖ +
   * weightDecay·‖θ‖); v = β v + α λ (g + weightDecay·θ); θ -= v. λ is 1 where ‖θ‖ or ‖g‖ is 0.
   * Other tensors: v = β v + α g; θ -= v. Norms are computed in float64.
   */
  record Lars(double learningRate, double beta, double weightDecay, double trustCoefficient)
      implements Optimizer {
    /** β where the configuration names none. */
    public static final double DEFAULT_BETA = 0.9;

    /** The decay where the configuration names none: the paper's. */
    public static final double DEFAULT_WEIGHT_DECAY = 5e-4;

    /** The trust coefficient where the configuration names none: the paper's. */
    public static final double DEFAULT_TRUST_COEFFICIENT = 0.001;

    @Override
    public boolean needsWholeTensors() {
      return true;
    }

    @Override
    public List<String> slotNames() {
      return List.of("velocity");
    }

    @Override
    public void update(
        ParameterLayout layout,
        float[] parameters,
        float[] gradient,
        OptimizerState state,
        int from,
        int to,
        double rate,
        long step) {
      float[] velocity = state.slot(0);
      float keep = (float) beta;
      for (ParameterWindow window : layout.windows()) {
        int start = Math.max(from, window.offset());
        int end = Math.min(to, window.end());
        if (start >= end) {
          continue;
        }
        float alpha = (float) rate;
        float decay = 0f;
        if (window.role() == Role.WEIGHT) {
          requireWhole(window, from, to);
          alpha = finite(rate * ratio(norm(parameters, start, end), norm(gradient, start, end)));
          decay = (float) weightDecay;
        }
        for (int i = start; i < end; i++) {
          float v = keep * velocity[i] + alpha * (gradient[i] + decay * parameters[i]);
          velocity[i] = v;
          parameters[i] -= v;
        }
      }
    }

    private double ratio(double weightNorm, double gradientNorm) {
      return weightNorm == 0.0 || gradientNorm == 0.0
          ? 1.0
          : trustCoefficient * weightNorm / (gradientNorm + weightDecay * weightNorm);
    }
  }

  /**
   * Layer-wise ratios on top of Adam. You et al., "Large Batch Optimization for Deep Learning:
   * Training BERT in 76 minutes" (2020), algorithm 2 with φ(x) = x: v̂ and ŝ as in {@link Adam}, u
   * = v̂/(√ŝ + ε) + weightDecay·θ; θ -= α (‖θ‖/‖u‖) u per weight tensor, the ratio being 1 where
   * ‖θ‖ or ‖u‖ is 0. Other tensors: θ -= α v̂/(√ŝ + ε). Norms are computed in float64.
   */
  record Lamb(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {
    /** β1 where the configuration names none. */
    public static final double DEFAULT_BETA1 = 0.9;

    /** β2 where the configuration names none. */
    public static final double DEFAULT_BETA2 = 0.999;

    /** ε where the configuration names none. */
    public static final double DEFAULT_EPSILON = 1e-6;

    /** The decay where the configuration names none: the paper's. */
    public static final double DEFAULT_WEIGHT_DECAY = 0.01;

    @Override
    public boolean needsWholeTensors() {
      return true;
    }

    @Override
    public List<String> slotNames() {
      return List.of("firstMoment", "secondMoment");
    }

    @Override
    public void update(
        ParameterLayout layout,
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
      for (int i = from; i < to; i++) {
        float g = gradient[i];
        firstMoment[i] = keep1 * firstMoment[i] + take1 * g;
        secondMoment[i] = keep2 * secondMoment[i] + take2 * (g * g);
      }
      float floor = (float) epsilon;
      float firstCorrection = (float) (1.0 / (1.0 - StrictMath.pow(beta1, (double) step)));
      float secondCorrection = (float) (1.0 / (1.0 - StrictMath.pow(beta2, (double) step)));
      for (ParameterWindow window : layout.windows()) {
        int start = Math.max(from, window.offset());
        int end = Math.min(to, window.end());
        if (start >= end) {
          continue;
        }
        float alpha = (float) rate;
        float decay = 0f;
        if (window.role() == Role.WEIGHT) {
          requireWhole(window, from, to);
          decay = (float) weightDecay;
          double squares = 0.0;
          for (int i = start; i < end; i++) {
            float v = firstMoment[i] * firstCorrection;
            float u = adapted(v, secondMoment[i] * secondCorrection, floor) + decay * parameters[i];
            squares += (double) u * u;
          }
          double weightNorm = norm(parameters, start, end);
          boolean defined = weightNorm > 0.0 && squares > 0.0;
          alpha = defined ? finite(rate * weightNorm / Math.sqrt(squares)) : alpha;
        }
        for (int i = start; i < end; i++) {
          float v = firstMoment[i] * firstCorrection;
          float u = adapted(v, secondMoment[i] * secondCorrection, floor) + decay * parameters[i];
          parameters[i] -= alpha * u;
        }
      }
    }

    /** v̂/(√ŝ + ε). */
    private static float adapted(float v, float s, float floor) {
      return v / ((float) Math.sqrt(s) + floor);
    }
  }

  private static void requireWhole(ParameterWindow window, int from, int to) {
    if (window.offset() < from || window.end() > to) {
      throw new IllegalArgumentException(
          "a layer-wise ratio needs all of " + window.name() + ", not a part of it");
    }
  }

  /**
   * A rate in float32. Where gradients have all but vanished the ratio exceeds that range, and
   * infinity times a zero would be no number.
   */
  private static float finite(double rate) {
    return (float) Math.min(rate, Float.MAX_VALUE);
  }

  /** √(Σ x²) over [from, to), by {@link LaneSums}. */
  private static double norm(float[] values, int from, int to) {
    return Math.sqrt(LaneSums.squares(values, from, to));
  }
}
