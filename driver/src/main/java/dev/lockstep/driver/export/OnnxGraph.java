package dev.lockstep.driver.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ONNX graph that grows node by node, in the order of computation. A node and its only result
 * have the same name. Mutable; belongs to one thread.
 */
final class OnnxGraph {
  /** Name of the first dimension of every input and output: any number of examples. */
  private static final String BATCH = "batch";

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Set<String> names = new HashSet<>();
  private final Map<String, ParameterWindow> unused = new LinkedHashMap<>();
  private final float[] parameters;

  /**
   * An empty graph for a model.
   *
   * @param layout the model's tensors
   * @param parameters their values
   */
  OnnxGraph(ParameterLayout layout, ParameterVector parameters) {
    this.parameters = parameters.values();
    for (ParameterWindow window : layout.windows()) {
      unused.put(window.name(), window);
    }
  }

  /** Whether the model has a tensor of this name that the graph has no use for yet. */
  boolean hasParameter(String name) {
    return unused.containsKey(name);
  }

  /** Adds a tensor of the model under its own name, float32 in its own shape. */
  String parameter(String name) {
    ParameterWindow window = unused.remove(name);
    if (window == null) {
      throw new IllegalStateException("the model has no further tensor " + name);
    }
    ByteBuffer bytes = littleEndian((long) Float.BYTES * window.length());
    bytes.asFloatBuffer().put(parameters, window.offset(), window.length());
    long[] sizes = window.shape().stream().mapToLong(Integer::longValue).toArray();
    return constant(name, DataType.FLOAT, bytes, sizes);
  }

  /** Adds one float32 number without dimensions. */
  String number(String name, float value) {
    return constant(name, DataType.FLOAT, littleEndian(Float.BYTES).putFloat(0, value));
  }

  /** Adds a float32 tensor of zeros. */
  String zeros(String name, long rows, long columns) {
    return constant(
        name, DataType.FLOAT, littleEndian(Float.BYTES * rows * columns), rows, columns);
  }

  /** Adds a float64 vector. */
  String doubles(String name, double[] values) {
    ByteBuffer bytes = littleEndian((long) Double.BYTES * values.length);
    bytes.asDoubleBuffer().put(values);
    return constant(name, DataType.DOUBLE, bytes, values.length);
  }

  /** Adds an int64 vector. */
  String longs(String name, long... values) {
    ByteBuffer bytes = littleEndian((long) Long.BYTES * values.length);
    bytes.asLongBuffer().put(values);
    return constant(name, DataType.INT64, bytes, values.length);
  }

  private String constant(String name, DataType type, ByteBuffer bytes, long... sizes) {
    take(name);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(UnsafeByteOperations.unsafeWrap(bytes));
    for (long size : sizes) {
      tensor.addDims(size);
    }
    graph.addInitializer(tensor);
    return name;
  }

  private static ByteBuffer littleEndian(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Adds a node.
   *
   * @param name of the node and of its result
   * @param operator of ONNX's default domain
   * @param inputs values that exist
   * @return {@code name}
   */
  String node(String name, String operator, List<String> inputs, AttributeProto... attributes) {
    take(name);
    graph.addNode(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(name)
            .addAllAttribute(Arrays.asList(attributes)));
    return name;
  }

  /** An attribute that is a whole number. */
  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  /** An attribute that is a number. */
  static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /** An attribute that is a list of whole numbers. */
  static AttributeProto attribute(String name, long[] values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  /** Declares the graph's input, float32 [batch, {@code size}]. */
  String input(String name, int size, String description) {
    take(name);
    graph.addInput(declaration(name, DataType.FLOAT, description, size));
    return name;
  }

  /** Declares a value to be an output of the graph, [batch, {@code sizes}]. */
  void output(String name, DataType type, String description, long... sizes) {
    graph.addOutput(declaration(name, type, description, sizes));
  }

  private static ValueInfoProto declaration(
      String name, DataType type, String description, long... sizes) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam(BATCH));
    for (long size : sizes) {
      shape.addDim(Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setDocString(description)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  private void take(String name) {
    if (!names.add(name)) {
      throw new IllegalStateException("the graph has two values named " + name);
    }
  }

  /** The finished graph; every tensor of the model must have found its use. */
  GraphProto build(String name) {
    if (!unused.isEmpty()) {
      throw new IllegalStateException("the graph leaves out " + unused.keySet());
    }
    return graph.setName(name).build();
  }
}
