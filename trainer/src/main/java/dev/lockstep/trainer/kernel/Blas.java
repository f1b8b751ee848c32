package dev.lockstep.trainer.kernel;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import dev.ludovic.netlib.blas.NativeBLAS;
import java.io.File;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;

/**
 * Products of row-major float32 matrices, by OpenBLAS where a native build fits this machine and by
 * the JVM's own vector or plain backend elsewhere. Every call runs on the calling thread alone:
 * parallelism lies above, one stream of calls per core, which is both faster at these sizes and the
 * same bits on any number of cores.
 *
 * <p>OpenBLAS comes out of a jar on the class path. It is loaded before netlib is touched, told to
 * use one thread, and named to netlib, so that an OpenBLAS installed on the machine is not picked
 * up instead: another build may round differently.
 *
 * <p>Matrices are arrays with an offset. Row-major [m, n] is column-major [n, m], so each product
 * is handed to BLAS transposed. Stateless; safe on any thread.
 */
public final class Blas {
  private static final String NETLIB_LIBRARY_PATH = "dev.ludovic.netlib.blas.nativeLibPath";
  // The jar holds OpenBLAS with and without LAPACK; this is the one that the bindings below link
  // to, so the thread count set through them holds.
  private static final String OPENBLAS_LIBRARY = "libopenblas_nolapack.so.0";

  // On its way to the native backend netlib warns of a Java backend that it does not find. A field,
  // since loggers that nobody holds are forgotten with their levels.
  private static final Logger NETLIB_LOGGER = Logger.getLogger("dev.ludovic.netlib");

  private static final BLAS BACKEND;
  private static final String BACKEND_NAME;
  private static final String FALLBACK_REASON;

  static {
    NETLIB_LOGGER.setLevel(Level.SEVERE);
    BLAS backend;
    String name;
    String reason = null;
    try {
      boolean chosenByUser = System.getProperty(NETLIB_LIBRARY_PATH) != null;
      backend = loadNative();
      String library =
          chosenByUser
              ? System.getProperty(NETLIB_LIBRARY_PATH)
              : org.bytedeco.openblas.global.openblas_nolapack.OPENBLAS_VERSION.strip();
      name = library + " through " + backend.getClass().getSimpleName() + ", 1 thread a call";
    } catch (Throwable unavailable) {
      backend = JavaBLAS.getInstance();
      name = "Java (" + backend.getClass().getSimpleName() + ")";
      reason = unavailable.toString();
    }
    BACKEND = backend;
    BACKEND_NAME = name;
    FALLBACK_REASON = reason;
  }

  private Blas() {}

  private static BLAS loadNative() {
    File bindings = new File(Loader.load(org.bytedeco.openblas.global.openblas_nolapack.class));
    openblas_nolapack.blas_set_num_threads(1);
    if (System.getProperty(NETLIB_LIBRARY_PATH) == null) {
      System.setProperty(
          NETLIB_LIBRARY_PATH, new File(bindings.getParentFile(), OPENBLAS_LIBRARY).getPath());
    }
    return NativeBLAS.getInstance();
  }

  /** Which backend computes, for people and for {@code summary.json}. */
  public static String backendName() {
    return BACKEND_NAME;
  }

  /** Why the native backend is not in use, or null where it is. */
  public static String fallbackReason() {
    return FALLBACK_REASON;
  }

  /**
   * C = A Bᵀ.
   *
   * <pre>
   *   A  [m, k]  read
   *   B  [n, k]  read
   *   C  [m, n]  overwritten
   * </pre>
   */
  public static void multiplyByTransposed(
      int m, int n, int k, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
    BACKEND.sgemm("T", "N", n, m, k, 1f, b, bOffset, k, a, aOffset, k, 0f, c, cOffset, n);
  }

  /**
   * C = A B.
   *
   * <pre>
   *   A  [m, k]  read
   *   B  [k, n]  read
   *   C  [m, n]  overwritten
   * </pre>
   */
  public static void multiply(
      int m, int n, int k, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
    BACKEND.sgemm("N", "N", n, m, k, 1f, b, bOffset, n, a, aOffset, k, 0f, c, cOffset, n);
  }

  /**
   * C = Aᵀ B.
   *
   * <pre>
   *   A  [k, m]  read
   *   B  [k, n]  read
   *   C  [m, n]  overwritten
   * </pre>
   */
  public static void transposedMultiply(
      int m, int n, int k, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
    BACKEND.sgemm("N", "T", n, m, k, 1f, b, bOffset, n, a, aOffset, m, 0f, c, cOffset, n);
  }

  /**
   * C += A B.
   *
   * <pre>
   *   A  [m, k]  read
   *   B  [k, n]  read
   *   C  [m, n]  added to
   * </pre>
   */
  public static void addMultiply(
      int m, int n, int k, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
    BACKEND.sgemm("N", "N", n, m, k, 1f, b, bOffset, n, a, aOffset, k, 1f, c, cOffset, n);
  }

  /**
   * C += Aᵀ B.
   *
   * <pre>
   *   A  [k, m]  read
   *   B  [k, n]  read
   *   C  [m, n]  added to
   * </pre>
   */
  public static void addTransposedMultiply(
      int m, int n, int k, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
    BACKEND.sgemm("N", "T", n, m, k, 1f, b, bOffset, n, a, aOffset, m, 1f, c, cOffset, n);
  }
}
