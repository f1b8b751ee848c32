package dev.lockstep.trainer.model;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Between the flat parameter vector and the tensors of a file, in PyTorch's names and layouts.
 * Stateless; safe on any thread.
 */
public final class ModelTensors {
  private static final String BATCHES = "num_batches_tracked";

  private ModelTensors() {}

  /**
   * All parameters as tensors in file order; they look into {@code parameters} and copy nothing.
   *
   * @param batchesTracked steps that moved the running statistics, per batch-norm layer
   */
  public static List<Tensor> of(
      ParameterLayout layout, ParameterVector parameters, long[] batchesTracked) {
    List<Tensor> tensors = new ArrayList<>();
    int batchNorm = 0;
    for (ParameterWindow window : layout.windows()) {
      tensors.add(Tensor.ofWindow(window.name(), window, parameters.values()));
      if (window.role() == Role.RUNNING_VARIANCE) {
        tensors.add(
            Tensor.ofLongs(
                batchesName(window), List.of(), new long[] {batchesTracked[batchNorm++]}));
      }
    }
    return tensors;
  }

  /** Name of the count that stands beside a running variance. */
  static String batchesName(ParameterWindow window) {
    return window.name().substring(0, window.name().lastIndexOf('.') + 1) + BATCHES;
  }

  /**
   * SHA-256 of the float32 tensors' little-endian bytes in file order, running statistics included:
   * two runs agree in it exactly when they agree in every bit of every parameter.
   */
  public static String sha256(ParameterLayout layout, ParameterVector parameters) {
    try (DigestOutputStream digest =
        new DigestOutputStream(
            OutputStream.nullOutputStream(), MessageDigest.getInstance("SHA-256"))) {
      for (ParameterWindow window : layout.windows()) {
        SafeTensors.writeElements(
            Tensor.ofWindow(window.name(), window, parameters.values()), digest);
      }
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException | IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Puts the tensors of a file into a parameter vector.
   *
   * @param tensors all tensors of the file
   * @param parameters overwritten
   * @param source the file's name, for error messages
   * @return steps that had moved the running statistics, per batch-norm layer; 0 where the file
   *     does not say
   * @throws LockstepException of kind data where tensors are missing, left over or of another shape
   */
  public static long[] load(
      List<Tensor> tensors, ParameterLayout layout, ParameterVector parameters, String source) {
    TensorLoader loader = new TensorLoader(source);
    loader.expectModel(layout, parameters);
    tensors.forEach(loader);
    loader.finish();
    return loader.batchesTracked();
  }
}
