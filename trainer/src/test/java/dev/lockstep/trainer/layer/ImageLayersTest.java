package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.network.NetworkBuffers;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.parameter.ParameterWindow;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Shapes, tensors, numbers and refusals of the layers on images and of residual blocks. */
class ImageLayersTest {
  private static Network network(Shape shape, LayerSpec... specs) {
    return new Network(List.of(specs), shape);
  }

  private static Shape output(Shape shape, LayerSpec spec) {
    return network(shape, spec).layers().get(0).outputShape();
  }

  private static LayerSpec.Residual block(boolean projection, LayerSpec... layers) {
    return new LayerSpec.Residual(List.of(layers), projection);
  }

  private static List<String> tensors(Network network) {
    return network.layout().windows().stream()
        .map(window -> window.name() + " " + window.shape())
        .toList();
  }

  private static String refusal(Shape shape, LayerSpec... specs) {
    LockstepException refused =
        catchThrowableOfType(LockstepException.class, () -> network(shape, specs));
    assertThat(refused.kind()).isEqualTo(ErrorKind.USAGE);
    return refused.getMessage();
  }

  @Test
  void shapesFollowKernelStrideAndPadding() {
    Shape image = new Shape(28, 27, 3);
    assertThat(output(image, Samples.conv(8, 3, 1, Padding.SAME))).hasToString("28x27x8");
    assertThat(output(image, Samples.conv(8, 3, 2, Padding.SAME))).hasToString("14x14x8");
    assertThat(output(image, Samples.conv(8, 5, 1, Padding.VALID))).hasToString("24x23x8");
    assertThat(output(image, Samples.conv(8, 4, 3, Padding.VALID))).hasToString("9x8x8");
    assertThat(output(image, new LayerSpec.MaxPool(2))).hasToString("14x13x3");
    assertThat(output(image, new LayerSpec.AveragePool(5))).hasToString("5x5x3");
    assertThat(output(image, new LayerSpec.GlobalAveragePool())).isEqualTo(Shape.vector(3));
    assertThat(output(image, new LayerSpec.Flatten())).isEqualTo(Shape.vector(28 * 27 * 3));
  }

  @Test
  void strideBeyondTheImageLeavesOneWindow() {
    Shape image = new Shape(4, 4, 2);
    float[] outputs = new float[2 * 3];
    int[] strides = {4, Integer.MAX_VALUE};
    for (int i = 0; i < strides.length; i++) {
      Network network = network(image, Samples.conv(3, 5, strides[i], Padding.SAME));
      NetworkBuffers buffers = new NetworkBuffers(network, 1, false);
      for (int j = 0; j < image.size(); j++) {
        buffers.input()[j] = j;
      }
      Pass pass = new Pass(network.layout());
      pass.evaluate(network.initialParameters(1).values(), 1);
      network.forward(pass, buffers);
      System.arraycopy(buffers.output(), 0, outputs, i * 3, 3);
    }
    assertThat(outputs[0]).isNotZero();
    assertThat(Arrays.copyOfRange(outputs, 3, 6)).isEqualTo(Arrays.copyOf(outputs, 3));
  }

  @Test
  void tensorsHavePyTorchsNamesAndLayouts() {
    assertThat(
            tensors(
                network(
                    new Shape(8, 8, 2),
                    Samples.conv(4, 3, 1, Padding.VALID),
                    new LayerSpec.Relu(),
                    Samples.conv(5),
                    new LayerSpec.BatchNorm())))
        .containsExactly(
            "0.weight [4, 2, 3, 3]",
            "0.bias [4]",
            "2.weight [5, 4, 3, 3]",
            "3.weight [5]",
            "3.bias [5]",
            "3.running_mean [5]",
            "3.running_var [5]");
  }

  @Test
  void tensorsInsideBlocksCarryTheBlocksName() {
    assertThat(
            tensors(
                network(
                    new Shape(8, 8, 2),
                    new LayerSpec.Relu(),
                    block(
                        true,
                        Samples.conv(4, 3, 2, Padding.SAME),
                        block(false, Samples.conv(4), new LayerSpec.BatchNorm())),
                    new LayerSpec.Flatten(),
                    block(true, Samples.dense(3)))))
        .containsExactly(
            "1.layers.0.weight [4, 2, 3, 3]",
            "1.layers.0.bias [4]",
            "1.layers.1.layers.0.weight [4, 4, 3, 3]",
            "1.layers.1.layers.1.weight [4]",
            "1.layers.1.layers.1.bias [4]",
            "1.layers.1.layers.1.running_mean [4]",
            "1.layers.1.layers.1.running_var [4]",
            "1.projection.weight [4, 2, 1, 1]",
            "3.layers.0.weight [3, 64]",
            "3.layers.0.bias [3]",
            "3.projection.weight [3, 64]");
  }

  private static void assertDrawnAs(Network network, String name, int number, int in, int out) {
    ParameterWindow window =
        network.layout().windows().stream()
            .filter(any -> any.name().equals(name))
            .findFirst()
            .orElseThrow();
    float[] expected = new float[window.length()];
    for (int element = 0; element < expected.length; element++) {
      expected[element] =
          (float) new Initializer.He().weight(new Initializer.Draw(3, number, element), in, out);
    }
    float[] values = network.initialParameters(3).values();
    assertThat(Arrays.copyOfRange(values, window.offset(), window.end())).isEqualTo(expected);
  }

  /** Layers of the network keep their places as numbers; those inside blocks follow. */
  @Test
  void everyLayerDrawsFromItsOwnNumber() {
    Network network =
        network(
            new Shape(4, 4, 2),
            block(true, Samples.conv(3), block(false, Samples.conv(3)), Samples.conv(5)),
            new LayerSpec.Flatten(),
            block(false, Samples.dense(80)),
            Samples.dense(2));
    assertDrawnAs(network, "0.projection.weight", 0, 2, 5);
    assertDrawnAs(network, "3.weight", 3, 80, 2);
    assertDrawnAs(network, "0.layers.0.weight", 4, 18, 27);
    assertDrawnAs(network, "0.layers.1.layers.0.weight", 6, 27, 27);
    assertDrawnAs(network, "0.layers.2.weight", 7, 27, 45);
    assertDrawnAs(network, "2.layers.0.weight", 8, 80, 80);
  }

  private static float[] inputGradient(Network network, float[] input, float[] outputGradient) {
    Layer layer = network.layers().get(0);
    Pass pass = new Pass(network.layout());
    LayerBuffers buffers = new LayerBuffers(layer.scratch(), 1);
    float[] output = new float[layer.outputShape().size()];
    float[] gradient = new float[input.length];
    pass.train(
        new float[network.layout().length()],
        1,
        1,
        new long[1],
        1,
        new float[network.layout().trainableLength()],
        null);
    layer.forward(pass, buffers, input, output);
    layer.backward(pass, buffers, input, output, outputGradient, gradient);
    return gradient;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0.0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /**
   * An image of several blocks of lines and one of a single block, by what holds for a map that is
   * linear in its weights and in its input: Σ dY Y = Σ dW W = Σ dX X.
   */
  @Test
  void gradientsOfAConvolutionHoldAcrossBlocks() {
    for (int side : new int[] {45, 3}) {
      for (int kernel : new int[] {1, 3, 5}) {
        for (int stride : new int[] {1, 2}) {
          LayerSpec spec =
              new LayerSpec.Conv2d(
                  16, kernel, stride, Padding.SAME, LayerSpec.Dense.DEFAULT_INITIALIZER, false);
          Network network = network(new Shape(side, side, 8), spec);
          Layer layer = network.layers().get(0);
          float[] weights = network.initialParameters(5).values();
          Random random = new Random(side);
          float[] input = random(random, 3 * layer.inputShape().size());
          float[] outputGradient = random(random, 3 * layer.outputShape().size());
          float[] output = new float[outputGradient.length];
          float[] weightGradient = new float[weights.length];
          float[] inputGradient = new float[input.length];
          Pass pass = new Pass(network.layout());
          pass.train(weights, 1, 1, new long[3], 3, weightGradient, null);
          LayerBuffers buffers = new LayerBuffers(layer.scratch(), 3);
          layer.forward(pass, buffers, input, output);
          layer.backward(pass, buffers, input, output, outputGradient, inputGradient);
          double sum = dot(outputGradient, output);
          assertThat(dot(weightGradient, weights)).isCloseTo(sum, within(1e-3));
          assertThat(dot(inputGradient, input)).isCloseTo(sum, within(1e-3));
        }
      }
    }
  }

  private static float[] random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** The second row of pixels and the last column belong to no window or come later. */
  @Test
  void theFirstOfEqualLargestValuesGetsTheGradient() {
    Network network = network(new Shape(2, 5, 1), new LayerSpec.MaxPool(2));
    float[] input = {1, 3, 0, -0f, 9, 3, 3, 0, 0, 9};
    assertThat(inputGradient(network, input, new float[] {5, -7}))
        .containsExactly(0, 5, -7, 0, 0, 0, 0, 0, 0, 0);
    float least = Float.MIN_VALUE;
    assertThat(
            inputGradient(
                network, new float[] {-9, -8, 0, 0, 0, -8, -9, least, 0, 0}, new float[] {1, 2}))
        .containsExactly(0, 1, 0, 0, 0, 0, 0, 2, 0, 0);
  }

  @Test
  void flattenGoesChannelByChannel() {
    Network network = network(new Shape(1, 3, 2), new LayerSpec.Flatten());
    float[] gradient = inputGradient(network, new float[6], new float[] {1, 2, 3, 4, 5, 6});
    assertThat(gradient).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void imagesAreNeededAndTheMessageSaysHowToGetThem() {
    assertThat(refusal(Shape.vector(64), Samples.conv(4)))
        .isEqualTo(
            "network.layers[0]: conv2d needs images, but its input is a plain vector of 64 values."
                + " Set data.shape: [height, width, channels], and put conv2d where the image still"
                + " has more than one pixel.");
    for (LayerSpec spec :
        List.of(
            new LayerSpec.MaxPool(2),
            new LayerSpec.AveragePool(2),
            new LayerSpec.GlobalAveragePool())) {
      assertThat(refusal(Shape.vector(9), Samples.dense(4), spec))
          .startsWith("network.layers[1]: " + spec.kind() + " needs images");
    }
  }

  @Test
  void windowsMustFit() {
    Shape image = new Shape(4, 9, 1);
    assertThat(refusal(image, Samples.conv(1, 5, 1, Padding.VALID)))
        .startsWith("network.layers[0]: kernel: 5 does not fit an input of 4x9x1");
    assertThat(refusal(image, new LayerSpec.MaxPool(5)))
        .startsWith("network.layers[0]: size: 5 does not fit an input of 4x9x1");
    assertThat(refusal(image, new LayerSpec.Relu(), Samples.conv(1, 4, 1, Padding.SAME)))
        .isEqualTo(
            "network.layers[1]: padding: same needs an odd kernel, found kernel: 4. Use kernel: 5"
                + " or padding: valid.");
    assertThat(refusal(image, Samples.conv(1, Integer.MAX_VALUE, 1, Padding.SAME)))
        .contains("more values than one array holds");
    assertThat(refusal(image, Samples.conv(Integer.MAX_VALUE, 1, 1, Padding.SAME)))
        .contains("more values than one array holds");
  }

  @Test
  void denseOnAnImageOfSeveralChannelsNeedsFlatten() {
    assertThat(refusal(new Shape(2, 2, 3), new LayerSpec.Relu(), Samples.dense(4)))
        .startsWith("network.layers[1]: dense on an image of 2x2x3")
        .contains("{kind: flatten} before it");
    assertThat(output(new Shape(2, 2, 1), Samples.dense(4))).isEqualTo(Shape.vector(4));
    assertThat(output(Shape.vector(12), Samples.dense(4))).isEqualTo(Shape.vector(4));
  }

  @Test
  void blocksThatChangeTheShapeNeedAProjection() {
    assertThat(
            refusal(
                new Shape(4, 4, 2),
                new LayerSpec.Relu(),
                block(false, new LayerSpec.Relu(), block(false, Samples.conv(3)))))
        .startsWith("network.layers[1].layers[1]: the layers of the block turn 4x4x2 into 4x4x3")
        .contains("Set projection: true");
    assertThat(refusal(new Shape(4, 4, 2), block(true, new LayerSpec.Flatten())))
        .contains("no projection leads from 4x4x2 to 32");
    assertThat(refusal(new Shape(9, 9, 2), block(true, Samples.conv(3, 6, 1, Padding.VALID))))
        .contains("no projection leads from 9x9x2 to 4x4x3");
    assertThat(refusal(Shape.vector(4), block(false)))
        .isEqualTo("network.layers[0].layers: a block needs at least one layer.");
  }
}
