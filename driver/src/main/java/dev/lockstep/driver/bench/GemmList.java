package dev.lockstep.driver.bench;

import dev.lockstep.trainer.layer.Conv2dLayer;
import dev.lockstep.trainer.layer.DenseLayer;
import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerChain;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * The matrix products that one training step of a network cannot do without. With X the inputs, W
 * the weights [out, in] and Y the outputs of a dense layer they are {@code Y = X Wᵀ}, {@code dW =
 * dYᵀ X} and {@code dX = dY W}. A convolution with the windows of its input as the rows of P and
 * its kernels as the columns of U needs {@code Y = P U}, {@code dU = Pᵀ dY} and {@code dP = dY Uᵀ},
 * which are fastest in blocks that stay in a core's own cache. The first of all these layers needs
 * no gradient of its input, since nobody asks for the gradient of the examples.
 *
 * @param products forward and backward, in the order of the layers
 */
public record GemmList(List<Gemm> products) {
  /** Values of windows and outputs in one block of a convolution: 256 kB. */
  private static final int BLOCK_VALUES = 1 << 16;

  /** Takes an immutable copy. */
  public GemmList {
    products = List.copyOf(products);
  }

  /** The products of a step over {@code rows} examples. */
  public static GemmList of(Network network, int rows) {
    List<Gemm> products = new ArrayList<>();
    collect(network.layers(), rows, products);
    return new GemmList(products);
  }

  private static void collect(List<Layer> layers, int rows, List<Gemm> products) {
    for (Layer layer : layers) {
      boolean first = products.isEmpty();
      if (layer instanceof DenseLayer) {
        addDense(layer, rows, first, products);
      } else if (layer instanceof Conv2dLayer convolution) {
        addConvolution(convolution, rows, first, products);
      }
      for (LayerChain inner : layer.scratch().chains()) {
        collect(inner.layers(), rows, products);
      }
    }
  }

  private static void addDense(Layer layer, int rows, boolean first, List<Gemm> products) {
    int in = layer.inputShape().size();
    int out = layer.outputShape().size();
    products.add(new Gemm(Gemm.Kind.BY_TRANSPOSED, rows, out, in, 1));
    products.add(new Gemm(Gemm.Kind.TRANSPOSED, out, in, rows, 1));
    if (!first) {
      products.add(new Gemm(Gemm.Kind.PLAIN, rows, in, out, 1));
    }
  }

  private static void addConvolution(
      Conv2dLayer layer, int rows, boolean first, List<Gemm> products) {
    Shape output = layer.outputShape();
    int patch = layer.kernel() * layer.kernel() * layer.inputShape().channels();
    int pixels = Math.multiplyExact(rows, output.height() * output.width());
    int block = Math.min(pixels, Math.max(1, BLOCK_VALUES / (patch + output.channels())));
    addConvolution(block, pixels / block, patch, output.channels(), first, products);
    if (pixels % block > 0) {
      addConvolution(pixels % block, 1, patch, output.channels(), first, products);
    }
  }

  private static void addConvolution(
      int pixels, int repeats, int patch, int filters, boolean first, List<Gemm> products) {
    products.add(new Gemm(Gemm.Kind.PLAIN, pixels, filters, patch, repeats));
    products.add(new Gemm(Gemm.Kind.TRANSPOSED, patch, filters, pixels, repeats));
    if (!first) {
      products.add(new Gemm(Gemm.Kind.BY_TRANSPOSED, pixels, patch, filters, repeats));
    }
  }

  /** Floating-point operations of all products. */
  public long flops() {
    long flops = 0;
    for (Gemm product : products) {
      flops += product.flops();
    }
    return flops;
  }
}
