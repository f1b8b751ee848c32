package dev.lockstep.driver.export;

import static dev.lockstep.driver.export.OnnxGraph.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.lockstep.driver.export.Flow.Order;
import dev.lockstep.trainer.layer.BatchNormLayer;
import dev.lockstep.trainer.layer.LayerNormLayer;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.AveragePool;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Elu;
import dev.lockstep.trainer.layer.LayerSpec.Embedding;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.Gelu;
import dev.lockstep.trainer.layer.LayerSpec.GlobalAveragePool;
import dev.lockstep.trainer.layer.LayerSpec.LayerNorm;
import dev.lockstep.trainer.layer.LayerSpec.LeakyRelu;
import dev.lockstep.trainer.layer.LayerSpec.MaxPool;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.LayerSpec.Sigmoid;
import dev.lockstep.trainer.layer.LayerSpec.Silu;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every kind of layer as ONNX operators, the way it is used after training: no dropout, running
 * statistics. A new kind is one more entry.
 *
 * <p>Nodes are named after the layer, {@code 0.dense}; tensors as in {@code model.safetensors},
 * {@code 0.weight}. Immutable; safe on any thread.
 */
final class LayerNodes {
  private static final AttributeProto LEAK = attribute("alpha", 0.01f);
  private static final AttributeProto ELU_SCALE = attribute("alpha", 1f);
  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  private static final Map<Class<? extends LayerSpec>, Entry<?>> ENTRIES = new LinkedHashMap<>();

  static {
    enter(Dense.class, LayerNodes::dense);
    enter(Embedding.class, LayerNodes::embedding);
    enter(BatchNorm.class, LayerNodes::batchNorm);
    enter(LayerNorm.class, LayerNodes::layerNorm);
    enter(Dropout.class, (spec, place) -> place.input());
    enter(Relu.class, (spec, place) -> place.elementwise("Relu"));
    enter(LeakyRelu.class, (spec, place) -> place.elementwise("LeakyRelu", LEAK));
    enter(Elu.class, (spec, place) -> place.elementwise("Elu", ELU_SCALE));
    enter(Gelu.class, LayerNodes::gelu);
    enter(Silu.class, LayerNodes::silu);
    enter(Tanh.class, (spec, place) -> place.elementwise("Tanh"));
    enter(Sigmoid.class, (spec, place) -> place.elementwise("Sigmoid"));
    enter(Conv2d.class, LayerNodes::conv2d);
    enter(MaxPool.class, (spec, place) -> pool("MaxPool", spec.size(), place));
    enter(AveragePool.class, (spec, place) -> pool("AveragePool", spec.size(), place));
    enter(GlobalAveragePool.class, LayerNodes::globalAveragePool);
    enter(Flatten.class, LayerNodes::flatten);
    enter(Residual.class, LayerNodes::residual);
  }

  private LayerNodes() {}

  /** Adds a layer's nodes to the graph and returns what comes out of the last one. */
  private interface Export<K extends LayerSpec> {
    Flow add(K spec, Place place);
  }

  private record Entry<K extends LayerSpec>(Class<K> type, Export<K> export) {
    Flow add(LayerSpec spec, Place place) {
      return export.add(type.cast(spec), place);
    }
  }

  private static <K extends LayerSpec> void enter(Class<K> type, Export<K> export) {
    ENTRIES.put(type, new Entry<>(type, export));
  }

  /** The kinds that have an entry. */
  static Set<Class<? extends LayerSpec>> kinds() {
    return Set.copyOf(ENTRIES.keySet());
  }

  /**
   * Adds one layer.
   *
   * @param name prefix of its tensors' names
   * @param input what flows into it
   * @return what flows out of it
   */
  static Flow add(OnnxGraph graph, String name, LayerSpec spec, Flow input) {
    return ENTRIES.get(spec.getClass()).add(spec, new Place(graph, name, spec.kind(), input));
  }

  /** A value as the network's own rows, [batch, height · width · channels]. */
  static Flow asRows(OnnxGraph graph, String name, Flow flow) {
    if (flow.order() == Order.ROWS) {
      return flow;
    }
    Shape shape = flow.shape();
    String value = flow.value();
    if (shape.isImage() && shape.channels() > 1) {
      value =
          graph.node(
              name + ".channelsLast",
              "Transpose",
              List.of(value),
              attribute("perm", new long[] {0, 2, 3, 1}));
    }
    String rows = graph.node(name + ".rows", "Flatten", List.of(value), attribute("axis", 1));
    return new Flow(rows, shape, Order.ROWS);
  }

  /** A value as an image, [batch, channels, height, width]. */
  private static Flow asImage(OnnxGraph graph, String name, Flow flow) {
    if (flow.order() == Order.IMAGE) {
      return flow;
    }
    Shape shape = flow.shape();
    boolean channelsMove = shape.isImage() && shape.channels() > 1;
    String sizes =
        channelsMove
            ? graph.longs(name + ".sizes", -1, shape.height(), shape.width(), shape.channels())
            : graph.longs(name + ".sizes", -1, shape.channels(), shape.height(), shape.width());
    String image = graph.node(name + ".image", "Reshape", List.of(flow.value(), sizes));
    if (channelsMove) {
      image =
          graph.node(
              name + ".channelsFirst",
              "Transpose",
              List.of(image),
              attribute("perm", new long[] {0, 3, 1, 2}));
    }
    return new Flow(image, shape, Order.IMAGE);
  }

  private static Flow dense(Dense spec, Place place) {
    List<String> inputs = new ArrayList<>();
    inputs.add(place.inputAsRows().value());
    inputs.add(place.parameter("weight"));
    if (place.hasParameter("bias")) {
      inputs.add(place.parameter("bias"));
    }
    String result = place.node("", "Gemm", inputs, attribute("transB", 1));
    return new Flow(result, Shape.vector(spec.units()), Order.ROWS);
  }

  /** Columns of levels give rows of their tables, the columns between them pass through. */
  private static Flow embedding(Embedding spec, Place place) {
    List<String> parts = new ArrayList<>();
    int columns = place.input().shape().size();
    int next = 0;
    for (int j = 0; j < spec.tables().size(); j++) {
      Embedding.Table table = spec.tables().get(j);
      if (table.position() > next) {
        parts.add(columns(place, next, table.position()));
      }
      parts.add(vectors(spec.dimension(), table, j, place));
      next = table.position() + 1;
    }
    if (next < columns) {
      parts.add(columns(place, next, columns));
    }
    int width = columns + spec.tables().size() * (spec.dimension() - 1);
    return new Flow(
        place.node("", "Concat", parts, attribute("axis", 1)), Shape.vector(width), Order.ROWS);
  }

  /** The columns from … to - 1. */
  private static String columns(Place place, int from, int to) {
    OnnxGraph graph = place.graph();
    String part = ".columns" + from;
    String start = graph.longs(place.nodes() + part + ".from", from);
    String end = graph.longs(place.nodes() + part + ".to", to);
    String axis = graph.longs(place.nodes() + part + ".axis", 1);
    return place.node(part, "Slice", List.of(place.inputAsRows().value(), start, end, axis));
  }

  /** The learned vectors of one column. Its table gains a row of zeros, where the unknown lead. */
  private static String vectors(int dimension, Embedding.Table table, int number, Place place) {
    OnnxGraph graph = place.graph();
    String part = ".tables." + number;
    String rows =
        place.node(
            part + ".rows",
            "Concat",
            List.of(
                place.parameter("tables." + number + ".weight"),
                graph.zeros(place.nodes() + part + ".unknown", 1, dimension)),
            attribute("axis", 0));
    String column = columns(place, table.position(), table.position() + 1);
    String level = place.node(part + ".level", "Flatten", List.of(column), attribute("axis", 0));
    String zero = graph.number(place.nodes() + part + ".zero", 0f);
    String levels = graph.number(place.nodes() + part + ".levels", table.levels());
    String known =
        place.node(
            part + ".known",
            "And",
            List.of(
                place.node(part + ".notNegative", "GreaterOrEqual", List.of(level, zero)),
                place.node(part + ".notTooLarge", "Less", List.of(level, levels))));
    String row = place.node(part + ".row", "Where", List.of(known, level, levels));
    String index =
        place.node(
            part + ".index", "Cast", List.of(row), attribute("to", DataType.INT64.getNumber()));
    String gathered = place.node(part + ".gathered", "Gather", List.of(rows, index));
    String sizes = graph.longs(place.nodes() + part + ".sizes", -1, dimension);
    return place.node(part, "Reshape", List.of(gathered, sizes));
  }

  private static Flow batchNorm(BatchNorm spec, Place place) {
    Flow input = place.input().shape().isImage() ? place.inputAsImage() : place.input();
    List<String> inputs =
        List.of(
            input.value(),
            place.parameter("weight"),
            place.parameter("bias"),
            place.parameter("running_mean"),
            place.parameter("running_var"));
    return input.to(
        place.node(
            "",
            "BatchNormalization",
            inputs,
            attribute("epsilon", (float) BatchNormLayer.EPSILON)));
  }

  /** Its row is the vector of features, so axis -1 is all of it. */
  private static Flow layerNorm(LayerNorm spec, Place place) {
    Flow input = place.inputAsRows();
    List<String> inputs =
        List.of(input.value(), place.parameter("weight"), place.parameter("bias"));
    return input.to(
        place.node(
            "",
            "LayerNormalization",
            inputs,
            attribute("axis", -1),
            attribute("epsilon", (float) LayerNormLayer.EPSILON)));
  }

  /** 0.5 z (1 + erf(z/√2)): the operator Gelu came with a later operator set. */
  private static Flow gelu(Gelu spec, Place place) {
    OnnxGraph graph = place.graph();
    String z = place.input().value();
    String half = graph.number(place.nodes() + ".half", 0.5f);
    String one = graph.number(place.nodes() + ".one", 1f);
    String sqrtHalf = graph.number(place.nodes() + ".sqrtHalf", SQRT_HALF);
    String scaled = place.node(".scaled", "Mul", List.of(z, sqrtHalf));
    String erf = place.node(".erf", "Erf", List.of(scaled));
    String twiceDistribution = place.node(".twiceDistribution", "Add", List.of(erf, one));
    String twice = place.node(".twice", "Mul", List.of(z, twiceDistribution));
    return place.input().to(place.node("", "Mul", List.of(twice, half)));
  }

  /** z sigmoid(z). */
  private static Flow silu(Silu spec, Place place) {
    String z = place.input().value();
    String sigmoid = place.node(".sigmoid", "Sigmoid", List.of(z));
    return place.input().to(place.node("", "Mul", List.of(z, sigmoid)));
  }

  private static Flow conv2d(Conv2d spec, Place place) {
    List<String> inputs = new ArrayList<>();
    inputs.add(place.inputAsImage().value());
    inputs.add(place.parameter("weight"));
    if (place.hasParameter("bias")) {
      inputs.add(place.parameter("bias"));
    }
    int kernel = spec.kernel();
    int stride = spec.stride();
    int zeros = spec.padding().zeros(kernel);
    String result =
        place.node(
            "",
            "Conv",
            inputs,
            attribute("kernel_shape", new long[] {kernel, kernel}),
            attribute("strides", new long[] {stride, stride}),
            attribute("pads", new long[] {zeros, zeros, zeros, zeros}));
    Shape shape = place.input().shape();
    return new Flow(
        result,
        new Shape(
            (shape.height() + 2 * zeros - kernel) / stride + 1,
            (shape.width() + 2 * zeros - kernel) / stride + 1,
            spec.filters()),
        Order.IMAGE);
  }

  private static Flow pool(String operator, int size, Place place) {
    String result =
        place.node(
            "",
            operator,
            List.of(place.inputAsImage().value()),
            attribute("kernel_shape", new long[] {size, size}),
            attribute("strides", new long[] {size, size}));
    Shape shape = place.input().shape();
    return new Flow(
        result,
        new Shape(shape.height() / size, shape.width() / size, shape.channels()),
        Order.IMAGE);
  }

  private static Flow globalAveragePool(GlobalAveragePool spec, Place place) {
    String means = place.node(".means", "GlobalAveragePool", List.of(place.inputAsImage().value()));
    String result = place.node("", "Flatten", List.of(means), attribute("axis", 1));
    return new Flow(result, Shape.vector(place.input().shape().channels()), Order.ROWS);
  }

  private static Flow flatten(Flatten spec, Place place) {
    Shape shape = place.input().shape();
    String result =
        place.node("", "Flatten", List.of(place.inputAsImage().value()), attribute("axis", 1));
    return new Flow(result, Shape.vector(shape.size()), Order.ROWS);
  }

  private static Flow residual(Residual spec, Place place) {
    OnnxGraph graph = place.graph();
    Flow branch = place.input();
    for (int j = 0; j < spec.layers().size(); j++) {
      branch = add(graph, place.name() + ".layers." + j, spec.layers().get(j), branch);
    }
    Flow skip = spec.projection() ? projection(place, branch.shape()) : place.input();
    if (skip.order() != branch.order()) {
      skip = asRows(graph, place.nodes() + ".skip", skip);
      branch = asRows(graph, place.nodes() + ".branch", branch);
    }
    return branch.to(place.node("", "Add", List.of(skip.value(), branch.value())));
  }

  /** A dense layer on vectors; on images a 1 × 1 convolution of the smallest stride that fits. */
  private static Flow projection(Place place, Shape target) {
    Shape source = place.input().shape();
    Place own = new Place(place.graph(), place.name() + ".projection", "projection", place.input());
    if (!source.isImage()) {
      return dense(new Dense(target.channels(), Dense.DEFAULT_INITIALIZER, false), own);
    }
    int stride = 1;
    while ((source.height() - 1) / stride + 1 != target.height()
        || (source.width() - 1) / stride + 1 != target.width()) {
      stride++;
    }
    return conv2d(
        new Conv2d(target.channels(), 1, stride, Padding.VALID, Dense.DEFAULT_INITIALIZER, false),
        own);
  }

  /**
   * Where in the graph a layer goes.
   *
   * @param graph all nodes so far
   * @param name prefix of the layer's tensors' names
   * @param kind the layer's name in the configuration
   * @param input what flows into the layer
   */
  private record Place(OnnxGraph graph, String name, String kind, Flow input) {
    private String nodes() {
      return name + "." + kind;
    }

    /** Adds a node whose name ends in {@code suffix}. */
    String node(String suffix, String operator, List<String> inputs, AttributeProto... attributes) {
      return graph.node(nodes() + suffix, operator, inputs, attributes);
    }

    boolean hasParameter(String tensor) {
      return graph.hasParameter(name + "." + tensor);
    }

    String parameter(String tensor) {
      return graph.parameter(name + "." + tensor);
    }

    Flow inputAsRows() {
      return asRows(graph, nodes(), input);
    }

    Flow inputAsImage() {
      return asImage(graph, nodes(), input);
    }

    /** One operator that treats every number alike. */
    Flow elementwise(String operator, AttributeProto... attributes) {
      return input.to(node("", operator, List.of(input.value()), attributes));
    }
  }
}
