package dev.lockstep.driver.config;

import dev.lockstep.trainer.layer.LayerSpec;
import java.io.Serializable;
import java.util.List;

/**
 * The {@code network} block of a run configuration.
 *
 * @param layers at least one layer, in the order in which an example meets them
 * @param initialWeights a safetensors file to start from, absolute path or URI, or null
 */
public record NetworkSettings(List<LayerSpec> layers, String initialWeights)
    implements Serializable {
  /** Takes an immutable copy. */
  public NetworkSettings {
    layers = List.copyOf(layers);
  }

  /** Whether categorical columns are to enter as indices of levels, for an embedding layer. */
  public boolean embedsLevels() {
    for (LayerSpec layer : layers) {
      if (layer instanceof LayerSpec.Embedding) {
        return true;
      }
    }
    return false;
  }
}
