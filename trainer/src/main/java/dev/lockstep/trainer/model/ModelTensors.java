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
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Between the flat parameter vector and the tensors of a file, in PyTorch's names and layouts.
 * Stateless; safe on any thread.
 */
public final class ModelTensors {
  private static final String BATCHES = "num_batches_tracked";

  private ModelTensors() {}

  /**
   * All parameters as tensors in file order.
   *
   * @param batchesTracked steps that moved the running statistics, per batch-norm layer
   */
  public static List<Tensor> of(
      ParameterLayout layout, ParameterVector parameters, long[] batchesTracked) {
    List<Tensor> tensors = new ArrayList<>();
    int batchNorm = 0;
    for (ParameterWindow window : layout.windows()) {
      tensors.add(
          Tensor.ofFloats(
              window.name(),
              window.shape(),
              Arrays.copyOfRange(parameters.values(), window.offset(), window.end())));
      if (window.role() == Role.RUNNING_VARIANCE) {
        tensors.add(
            Tensor.ofLongs(
                batchesName(window), List.of(), new long[] {batchesTracked[batchNorm++]}));
      }
    }
    return tensors;
  }

  private static String batchesName(ParameterWindow window) {
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
        float[] elements = Arrays.copyOfRange(parameters.values(), window.offset(), window.end());
        SafeTensors.writeElements(Tensor.ofFloats(window.name(), window.shape(), elements), digest);
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
    Map<String, Tensor> byName = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      byName.put(tensor.name(), tensor);
    }
    List<Long> batches = new ArrayList<>();
    Set<String> missing = new TreeSet<>();
    for (ParameterWindow window : layout.windows()) {
      Tensor tensor = byName.remove(window.name());
      if (tensor == null) {
        missing.add(window.name());
        continue;
      }
      if (!tensor.shape().equals(window.shape()) || tensor.floats() == null) {
        throw LockstepException.data(
            source
                + ": tensor '"
                + window.name()
                + "' is "
                + tensor.type()
                + " "
                + tensor.shape()
                + ", the network needs F32 "
                + window.shape()
                + ".");
      }
      System.arraycopy(tensor.floats(), 0, parameters.values(), window.offset(), window.length());
      if (window.role() == Role.RUNNING_VARIANCE) {
        batches.add(batches(byName.remove(batchesName(window)), source));
      }
    }
    if (!missing.isEmpty() || !byName.isEmpty()) {
      throw LockstepException.data(
          source
              + " does not fit the network:"
              + (missing.isEmpty() ? "" : " missing " + missing + ";")
              + (byName.isEmpty() ? "" : " not in the network " + byName.keySet() + ";")
              + " layer i of network.layers gives tensors i.weight, i.bias and so on.");
    }
    return batches.stream().mapToLong(Long::longValue).toArray();
  }

  private static long batches(Tensor count, String source) {
    if (count == null) {
      return 0;
    }
    if (count.longs() == null || count.longs().length != 1) {
      throw LockstepException.data(
          source
              + ": tensor '"
              + count.name()
              + "' is "
              + count.type()
              + " "
              + count.shape()
              + ", the network needs one I64 number.");
    }
    return count.longs()[0];
  }
}
