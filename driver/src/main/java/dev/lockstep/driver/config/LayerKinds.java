package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;
import static dev.lockstep.driver.config.KindTable.plain;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Padding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The kinds of layers. */
final class LayerKinds {
  private static final List<String> PROMISED =
      List.of(
          "dense",
          "conv2d",
          "batchNorm",
          "layerNorm",
          "dropout",
          "relu",
          "leakyRelu",
          "elu",
          "gelu",
          "silu",
          "tanh",
          "sigmoid",
          "maxPool",
          "averagePool",
          "globalAveragePool",
          "flatten",
          "embedding",
          "residual");

  private static final WholeRange POSITION = new WholeRange(0, Integer.MAX_VALUE);

  static final KindTable<LayerSpec> TABLE =
      new KindTable<>(
          PROMISED,
          kind("dense", LayerSpec.Dense.class, LayerKinds::readDense, LayerKinds::writeDense),
          kind(
              "embedding",
              LayerSpec.Embedding.class,
              LayerKinds::readEmbedding,
              LayerKinds::writeEmbedding),
          kind(
              "batchNorm",
              LayerSpec.BatchNorm.class,
              LayerKinds::readBatchNorm,
              (layer, target) -> target.put("moments", layer.moments().key())),
          plain("layerNorm", LayerSpec.LayerNorm.class, new LayerSpec.LayerNorm()),
          kind(
              "dropout",
              LayerSpec.Dropout.class,
              block ->
                  new LayerSpec.Dropout(
                      block.requiredNumber("keep", NumberRange.ABOVE_ZERO_TO_ONE, 1.0)),
              (layer, target) -> target.put("keep", layer.keep())),
          plain("relu", LayerSpec.Relu.class, new LayerSpec.Relu()),
          plain("leakyRelu", LayerSpec.LeakyRelu.class, new LayerSpec.LeakyRelu()),
          plain("elu", LayerSpec.Elu.class, new LayerSpec.Elu()),
          plain("gelu", LayerSpec.Gelu.class, new LayerSpec.Gelu()),
          plain("silu", LayerSpec.Silu.class, new LayerSpec.Silu()),
          plain("tanh", LayerSpec.Tanh.class, new LayerSpec.Tanh()),
          plain("sigmoid", LayerSpec.Sigmoid.class, new LayerSpec.Sigmoid()),
          kind("conv2d", LayerSpec.Conv2d.class, LayerKinds::readConv2d, LayerKinds::writeConv2d),
          kind(
              "maxPool",
              LayerSpec.MaxPool.class,
              block -> new LayerSpec.MaxPool(block.requiredCount("size")),
              (layer, target) -> target.put("size", layer.size())),
          kind(
              "averagePool",
              LayerSpec.AveragePool.class,
              block -> new LayerSpec.AveragePool(block.requiredCount("size")),
              (layer, target) -> target.put("size", layer.size())),
          plain(
              "globalAveragePool",
              LayerSpec.GlobalAveragePool.class,
              new LayerSpec.GlobalAveragePool()),
          plain("flatten", LayerSpec.Flatten.class, new LayerSpec.Flatten()),
          kind(
              "residual",
              LayerSpec.Residual.class,
              LayerKinds::readResidual,
              LayerKinds::writeResidual));

  private static final Names PADDINGS =
      Names.of("padding", Arrays.stream(Padding.values()).map(Padding::key).toList(), List.of());

  private static final Names MOMENTS =
      Names.of(
          "moments",
          Arrays.stream(BatchMoments.values()).map(BatchMoments::key).toList(),
          List.of());

  private LayerKinds() {}

  private static LayerSpec.Dense readDense(Block block) {
    return new LayerSpec.Dense(
        block.requiredCount("units"),
        InitializerKinds.TABLE.read(block, "initializer", LayerSpec.Dense.DEFAULT_INITIALIZER),
        block.optionalFlag("bias"));
  }

  private static void writeDense(LayerSpec.Dense layer, ObjectNode target) {
    target.put("units", layer.units());
    target.set("initializer", InitializerKinds.TABLE.write(layer.initializer()));
    target.put("bias", layer.bias());
  }

  /** The tables are what a saved model knows; a run finds them in its data. */
  private static LayerSpec.Embedding readEmbedding(Block block) {
    int dimension = block.requiredCount("dimension");
    List<LayerSpec.Embedding.Table> tables = new ArrayList<>();
    Value value = block.find("tables");
    if (value != null) {
      Reading reading = block.reading();
      String path = block.pathOf("tables");
      List<Value> items = reading.items(path, value, "a list of tables");
      for (int j = 0; j < items.size(); j++) {
        Block table = Block.of(reading, path + "[" + j + "]", items.get(j));
        int position = (int) table.whole("position", POSITION, 0);
        tables.add(new LayerSpec.Embedding.Table(position, table.requiredCount("levels")));
        table.finish();
      }
    }
    return new LayerSpec.Embedding(dimension, tables);
  }

  private static void writeEmbedding(LayerSpec.Embedding layer, ObjectNode target) {
    target.put("dimension", layer.dimension());
    ArrayNode tables = target.putArray("tables");
    for (LayerSpec.Embedding.Table table : layer.tables()) {
      tables.addObject().put("position", table.position()).put("levels", table.levels());
    }
  }

  private static LayerSpec.BatchNorm readBatchNorm(Block block) {
    String moments = block.name("moments", MOMENTS);
    return new LayerSpec.BatchNorm(
        Arrays.stream(BatchMoments.values())
            .filter(value -> value.key().equals(moments))
            .findFirst()
            .orElse(LayerSpec.BatchNorm.DEFAULT_MOMENTS));
  }

  private static LayerSpec.Conv2d readConv2d(Block block) {
    String padding = block.name("padding", PADDINGS);
    return new LayerSpec.Conv2d(
        block.requiredCount("filters"),
        block.requiredCount("kernel"),
        block.count("stride", LayerSpec.Conv2d.DEFAULT_STRIDE),
        Arrays.stream(Padding.values())
            .filter(value -> value.key().equals(padding))
            .findFirst()
            .orElse(LayerSpec.Conv2d.DEFAULT_PADDING),
        InitializerKinds.TABLE.read(block, "initializer", LayerSpec.Dense.DEFAULT_INITIALIZER),
        block.optionalFlag("bias"));
  }

  private static void writeConv2d(LayerSpec.Conv2d layer, ObjectNode target) {
    target.put("filters", layer.filters());
    target.put("kernel", layer.kernel());
    target.put("stride", layer.stride());
    target.put("padding", layer.padding().key());
    target.set("initializer", InitializerKinds.TABLE.write(layer.initializer()));
    target.put("bias", layer.bias());
  }

  private static LayerSpec.Residual readResidual(Block block) {
    return new LayerSpec.Residual(NetworkBlock.layers(block), block.flag("projection", false));
  }

  private static void writeResidual(LayerSpec.Residual layer, ObjectNode target) {
    NetworkBlock.writeLayers(layer.layers(), target);
    target.put("projection", layer.projection());
  }
}
