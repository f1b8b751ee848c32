package dev.lockstep.trainer.parameter;

import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.io.Serializable;

/**
 * Draws the first weights of a layer. The draw of an element depends on (seed, layer index, element
 * index) alone. Biases and batch norm's β start at 0, γ at 1 whatever the initializer.
 */
public sealed interface Initializer extends Serializable {
  /**
   * The value of one weight.
   *
   * @param draw where the random number comes from
   * @param fanIn inputs of one unit (a convolution: kernel height · width · channels)
   * @param fanOut outputs fed by one input
   */
  double weight(Draw draw, int fanIn, int fanOut);

  /** The coordinates of one weight's random number. */
  record Draw(long seed, int layer, int element) {
    double gaussian() {
      return Philox.gaussian(seed, Purpose.INITIALIZATION, 0, layer, 0, element);
    }

    /** Uniform in [-1, 1). */
    double symmetricUniform() {
      return 2.0 * Philox.uniform(seed, Purpose.INITIALIZATION, 0, layer, 0, element) - 1.0;
    }
  }

  /**
   * All weights 0. Kept for teaching: hidden units stay alike for ever, symmetry is never broken.
   */
  record Zeros() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return 0.0;
    }
  }

  /** N(0, 1)·scale. */
  record Normal(double scale) implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.gaussian() * scale;
    }
  }

  /**
   * N(0, 1/n_in), for tanh. LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.6;
   * often called Xavier initialization.
   */
  record Xavier() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.gaussian() * Math.sqrt(1.0 / fanIn);
    }
  }

  /** N(0, 1/(n_in + n_out)). */
  record XavierSum() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.gaussian() * Math.sqrt(1.0 / ((double) fanIn + fanOut));
    }
  }

  /**
   * N(0, 2/(n_in + n_out)). Glorot and Bengio, "Understanding the difficulty of training deep
   * feedforward neural networks" (2010), eq. 12.
   */
  record GlorotNormal() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.gaussian() * Math.sqrt(2.0 / ((double) fanIn + fanOut));
    }
  }

  /** U(±√(6/(n_in + n_out))). Glorot and Bengio (2010), eq. 16. */
  record GlorotUniform() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.symmetricUniform() * Math.sqrt(6.0 / ((double) fanIn + fanOut));
    }
  }

  /**
   * N(0, 2/n_in), for ReLU; the default. He, Zhang, Ren, Sun, "Delving Deep into Rectifiers"
   * (2015), eq. 10.
   */
  record He() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.gaussian() * Math.sqrt(2.0 / fanIn);
    }
  }

  /** U(±√(6/n_in)), for ReLU. He et al. (2015), eq. 10, as a uniform law of the same variance. */
  record HeUniform() implements Initializer {
    @Override
    public double weight(Draw draw, int fanIn, int fanOut) {
      return draw.symmetricUniform() * Math.sqrt(6.0 / fanIn);
    }
  }
}
