package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.kernel.Blas;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Matrix products of the sizes that training has, [m, k] by [k, n] in one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ProductBenchmark {
  /** The size that others are compared with. */
  static final String BASE = "512x512x512";

  /**
   * m x n x k: dense layers on half of a mini-batch of 128, 1024, 256 and 512, and blocks of two
   * convolutions.
   */
  @Param({
    BASE,
    "64x256x784",
    "64x128x256",
    "512x256x784",
    "128x1024x784",
    "128x1024x1024",
    "182x64x288",
    "1596x32x9",
    "256x3000x1000",
    "256x2000x3000"
  })
  private String size;

  private int m;
  private int n;
  private int k;
  private float[] a;
  private float[] b;
  private float[] c;

  /** m, n and k of a size. */
  static int[] parse(String size) {
    String[] parts = size.split("x", -1);
    return new int[] {
      Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2])
    };
  }

  /** Floating-point operations of a size. */
  static double operations(String size) {
    int[] sizes = parse(size);
    return 2.0 * sizes[0] * sizes[1] * sizes[2];
  }

  /** Checks some rows against plain loops. */
  @Setup
  public void setUp() {
    int[] sizes = parse(size);
    m = sizes[0];
    n = sizes[1];
    k = sizes[2];
    a = Checks.normal(m * k, 1);
    b = Checks.normal(k * n, 2);
    c = new float[m * n];
    product();
    for (int i = 0; i < m; i += 31) {
      for (int j = 0; j < n; j++) {
        double sum = 0.0;
        for (int l = 0; l < k; l++) {
          sum += (double) a[i * k + l] * b[l * n + j];
        }
        Checks.near("a product", c[i * n + j], sum, 1e-3);
      }
    }
  }

  /** C = A B. */
  @Benchmark
  public float[] product() {
    Blas.multiply(m, n, k, a, 0, b, 0, c, 0);
    return c;
  }
}
