package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import java.util.ArrayList;
import java.util.List;

/** The {@code network} block: reads it and writes it. */
final class NetworkBlock {
  private static final String LAYERS = "a list of at least one layer";

  private NetworkBlock() {}

  static NetworkSettings read(Block block) {
    List<LayerSpec> layers = layers(block);
    String initialWeights = block.optionalPath("initialWeights", "a safetensors file");
    block.finish();
    return new NetworkSettings(layers, initialWeights);
  }

  /** The list under {@code layers}: of the network, or of a block inside it. */
  static List<LayerSpec> layers(Block block) {
    Reading reading = block.reading();
    String path = block.pathOf("layers");
    Value value = block.find("layers");
    List<LayerSpec> layers = new ArrayList<>();
    if (value == null) {
      block.missing("layers", LAYERS);
      return layers;
    }
    List<Value> items = reading.items(path, value, LAYERS);
    if (items.isEmpty() && value instanceof Value.Sequence) {
      reading.problems().add(path, value, "must be " + LAYERS + ", found an empty list");
    }
    for (int i = 0; i < items.size(); i++) {
      String itemPath = path + "[" + i + "]";
      LayerSpec layer =
          LayerKinds.TABLE.read(reading, itemPath, reading.resolve(itemPath, items.get(i)), null);
      if (layer != null) {
        layers.add(layer);
      }
    }
    return layers;
  }

  /** Refuses moments of the whole mini-batch where shards cannot meet in the middle of a step. */
  static void requireMeeting(
      NetworkSettings network, Synchronizer synchronizer, Problems problems) {
    if (synchronizer == Synchronizer.TREE) {
      refuseSynchronized(network.layers(), "network.layers", synchronizer, problems);
    }
  }

  private static void refuseSynchronized(
      List<LayerSpec> layers, String path, Synchronizer synchronizer, Problems problems) {
    for (int i = 0; i < layers.size(); i++) {
      String place = path + "[" + i + "]";
      if (layers.get(i) instanceof LayerSpec.Residual block) {
        refuseSynchronized(block.layers(), place + ".layers", synchronizer, problems);
      } else if (layers.get(i) instanceof LayerSpec.BatchNorm batchNorm
          && batchNorm.moments() == BatchMoments.SYNCHRONIZED) {
        problems.add(
            place + ".moments",
            null,
            batchNorm.moments().key()
                + " needs training.synchronizer: barrier or local, found "
                + synchronizer.key());
      }
    }
  }

  /** Puts every key, in the order of the manual. */
  static void write(NetworkSettings network, ObjectNode target) {
    writeLayers(network.layers(), target);
    target.put("initialWeights", network.initialWeights());
  }

  /** Puts the list that {@link #layers} reads. */
  static void writeLayers(List<LayerSpec> layers, ObjectNode target) {
    ArrayNode list = target.putArray("layers");
    layers.forEach(layer -> list.add(LayerKinds.TABLE.write(layer)));
  }
}
