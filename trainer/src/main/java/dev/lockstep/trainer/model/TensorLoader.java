package dev.lockstep.trainer.model;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Puts the tensors of a file where they belong, one after another as they are read. First say what
 * is expected, then hand over the tensors, then {@link #finish}. Mutable; meant for one thread.
 */
public final class TensorLoader implements Consumer<Tensor> {
  /** Where the elements of a tensor go. */
  private static final class Place {
    private final ParameterWindow window;
    private final float[] vector;

    Place(ParameterWindow window, float[] vector) {
      this.window = window;
      this.vector = vector;
    }
  }

  private final String source;
  private final Map<String, Place> places = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final List<Long> batchesTracked = new ArrayList<>();
  private final Set<String> leftOver = new TreeSet<>();

  /**
   * A loader that expects nothing yet.
   *
   * @param source the file's name, for error messages
   */
  public TensorLoader(String source) {
    this.source = source;
  }

  /**
   * Expects all tensors of a network and, for each batch-norm layer, the count of the steps that
   * moved its statistics; the counts may be missing.
   *
   * @param parameters overwritten
   */
  public void expectModel(ParameterLayout layout, ParameterVector parameters) {
    for (ParameterWindow window : layout.windows()) {
      expect(window.name(), window, parameters.values());
      if (window.role() == Role.RUNNING_VARIANCE) {
        counts.put(ModelTensors.batchesName(window), batchesTracked.size());
        batchesTracked.add(0L);
      }
    }
  }

  /**
   * Expects a float32 tensor of this name and of the window's shape.
   *
   * @param vector overwritten where the window is
   */
  public void expect(String name, ParameterWindow window, float[] vector) {
    places.put(name, new Place(window, vector));
  }

  /**
   * Takes a tensor.
   *
   * @throws LockstepException of kind data where it has another shape or type than expected
   */
  @Override
  public void accept(Tensor tensor) {
    Place place = places.remove(tensor.name());
    if (place != null) {
      put(tensor, place);
      return;
    }
    Integer layer = counts.remove(tensor.name());
    if (layer != null) {
      batchesTracked.set(layer, count(tensor));
      return;
    }
    leftOver.add(tensor.name());
  }

  private void put(Tensor tensor, Place place) {
    ParameterWindow window = place.window;
    if (!tensor.isFloat() || !tensor.shape().equals(window.shape())) {
      throw LockstepException.data(
          source
              + ": tensor '"
              + tensor.name()
              + "' is "
              + tensor.type()
              + " "
              + tensor.shape()
              + ", the network needs F32 "
              + window.shape()
              + ".");
    }
    System.arraycopy(
        tensor.vector(), tensor.offset(), place.vector, window.offset(), window.length());
  }

  private long count(Tensor tensor) {
    if (tensor.isFloat() || tensor.length() != 1) {
      throw LockstepException.data(
          source
              + ": tensor '"
              + tensor.name()
              + "' is "
              + tensor.type()
              + " "
              + tensor.shape()
              + ", the network needs one I64 number.");
    }
    return tensor.longs()[0];
  }

  /**
   * Ends the loading.
   *
   * @throws LockstepException of kind data where tensors are missing or left over
   */
  public void finish() {
    if (!places.isEmpty() || !leftOver.isEmpty()) {
      throw LockstepException.data(
          source
              + " does not fit the network:"
              + (places.isEmpty() ? "" : " missing " + new TreeSet<>(places.keySet()) + ";")
              + (leftOver.isEmpty() ? "" : " not in the network " + leftOver + ";")
              + " layer i of network.layers gives tensors i.weight, i.bias and so on.");
    }
  }

  /**
   * Steps that had moved the running statistics, per batch-norm layer; 0 where the file does not
   * say.
   */
  public long[] batchesTracked() {
    long[] batches = new long[batchesTracked.size()];
    for (int layer = 0; layer < batches.length; layer++) {
      batches[layer] = batchesTracked.get(layer);
    }
    return batches;
  }
}
