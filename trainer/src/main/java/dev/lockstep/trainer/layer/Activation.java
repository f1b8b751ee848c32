package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.kernel.FloatMath;

/**
 * The element-wise functions y = f(z) and the step dz = dy f'(z) back through them.
 *
 * <p>Each works on a range of elements, so that the choice of the function is made once a range and
 * the loops stay free of calls that the compiler cannot see through; choices between elements are
 * made by min and max, since signs at random would make branches slow. Both directions may read z
 * and y; whichever gives the more exact or cheaper derivative is used. Some go over the range
 * several times, so one that fits a core's first cache is best. Stateless; safe on any thread.
 */
enum Activation {
  /** y = max(z, 0). Derivative 1 where the output is positive, else 0 (also at z = 0). */
  RELU {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      for (int i = from; i < to; i++) {
        y[i] = Math.max(z[i], 0f);
      }
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      for (int i = from; i < to; i++) {
        // 1 for every positive output, subnormal ones too, and 0 for 0. Adding 0 makes -0 a plain
        // 0.
        float factor = Math.min(1f, y[i] * HUGE * HUGE);
        dz[i] = dy[i] * factor + 0f;
      }
    }
  },

  /**
   * y = z where z is positive, else 0.01 z. Derivative 1 or 0.01 (also at z = 0). Source: Maas,
   * Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013), eq. 2.
   */
  LEAKY_RELU {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      for (int i = from; i < to; i++) {
        y[i] = Math.max(z[i], LEAK * z[i]);
      }
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      for (int i = from; i < to; i++) {
        dz[i] = dy[i] * Math.max(LEAK, Math.min(1f, z[i] * HUGE * HUGE));
      }
    }
  },

  /**
   * y = z where z is positive, else e^z - 1 (α = 1). Derivative 1, or e^z. Source: Clevert,
   * Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units"
   * (2016), eq. 15.
   */
  ELU {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      FloatMath.expm1(z, y, from, to);
      for (int i = from; i < to; i++) {
        y[i] = Math.max(0f, z[i]) + Math.min(0f, y[i]);
      }
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      // From the input: y + 1 would lose the digits of a small e^z.
      FloatMath.exp(z, dz, from, to);
      for (int i = from; i < to; i++) {
        dz[i] = dy[i] * Math.min(1f, dz[i]);
      }
    }
  },

  /**
   * y = z Φ(z) with the exact distribution function of the standard normal law, Φ(z) = ½
   * erfc(-z/√2). Derivative Φ(z) + z φ(z), φ(z) = e^(-z²/2)/√(2π). Source: Hendrycks and Gimpel,
   * "Gaussian Error Linear Units" (2016).
   */
  GELU {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      FloatMath.normal(z, y, from, to);
      for (int i = from; i < to; i++) {
        y[i] *= z[i];
      }
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      FloatMath.gaussian(z, dz, from, to);
      for (int i = from; i < to; i++) {
        // y/z; at 0 the small summands make it the ½ that it comes near to.
        float distribution = (Math.abs(y[i]) + 0.5f * TINY) / (Math.abs(z[i]) + TINY);
        // Beyond ±14 the second term is below 1e-36, and z must not outgrow what is left of φ.
        float near = Math.max(-14f, Math.min(14f, z[i]));
        dz[i] = dy[i] * (distribution + near * (NORMAL_DENSITY_AT_0 * dz[i]));
      }
    }
  },

  /**
   * y = z s with s = 1/(1 + e^-z). Derivative s (1 + z (1 - s)). Source: Elfwing, Uchibe, Doya,
   * "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
   * Learning" (2018), eq. 2 and 3.
   */
  SILU {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      FloatMath.sigmoid(z, y, from, to);
      for (int i = from; i < to; i++) {
        y[i] *= Math.max(z[i], -FAR);
      }
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      FloatMath.sigmoid(z, dz, from, to);
      for (int i = from; i < to; i++) {
        float s = dz[i];
        float near = Math.max(-FAR, Math.min(FAR, z[i]));
        dz[i] = dy[i] * (s * (1f + near * (1f - s)));
      }
    }
  },

  /** y = tanh z. Derivative 1 - y². */
  TANH {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      FloatMath.tanh(z, y, from, to);
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      for (int i = from; i < to; i++) {
        dz[i] = dy[i] * (1f - y[i] * y[i]);
      }
    }
  },

  /** y = 1/(1 + e^-z). Derivative y (1 - y). */
  SIGMOID {
    @Override
    void apply(float[] z, float[] y, int from, int to) {
      FloatMath.sigmoid(z, y, from, to);
    }

    @Override
    void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to) {
      for (int i = from; i < to; i++) {
        dz[i] = dy[i] * (y[i] * (1f - y[i]));
      }
    }
  };

  /** The slope of leaky ReLU below 0. */
  private static final float LEAK = 0.01f;

  /** Its square takes even the smallest positive number above 1. */
  private static final float HUGE = 0x1p126f;

  /** Nothing beside any z whose derivative differs from that at 0. */
  private static final float TINY = 1e-30f;

  /** φ(0) = 1/√(2π). */
  private static final float NORMAL_DENSITY_AT_0 = (float) 0.3989422804014327;

  /**
   * From here on sigmoid(-z) is at its floor, about 4e-39; a product of it with a still larger z
   * would grow where the true function vanishes.
   */
  private static final float FAR = 88f;

  /**
   * Overwrites y[from .. to) with f(z).
   *
   * @param z read
   * @param y overwritten; not z
   */
  abstract void apply(float[] z, float[] y, int from, int to);

  /**
   * Overwrites dz[from .. to) with dy f'(z).
   *
   * @param z read
   * @param y f(z), read
   * @param dy read
   * @param dz overwritten; none of the others
   */
  abstract void backward(float[] z, float[] y, float[] dy, float[] dz, int from, int to);
}
