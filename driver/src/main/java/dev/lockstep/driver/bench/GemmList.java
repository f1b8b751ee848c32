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
 * The matrix products that one training step of a network cannot do without, in the order of the
 * forward and the backward pass. A dense layer and a convolution (whose rows are the windows of its
 * output's pixels) need three of them each; the first needs no gradient of its input, since nobody
 * asks for the gradient of the examples.
 *
 * @param products in order
 */
public record GemmList(List<Gemm> products) {
  /** Takes an immutable copy. */
  public GemmList {
    products = List.copyOf(products);
  }

  /** The sizes of a layer's forward product: C [rows, out] from {@code in} terms. */
  private record Affine(int rows, int out, int in) {}

  /** The products of a step over {@code rows} examples. */
  public static GemmList of(Network network, int rows) {
    List<Affine> maps = new ArrayList<>();
    collect(network.layers(), rows, maps);
    List<Gemm> products = new ArrayList<>();
    for (Affine map : maps) {
      products.add(new Gemm(Gemm.Kind.BY_TRANSPOSED, map.rows(), map.out(), map.in()));
    }
    for (int i = maps.size() - 1; i >= 0; i--) {
      Affine map = maps.get(i);
      products.add(new Gemm(Gemm.Kind.TRANSPOSED, map.out(), map.in(), map.rows()));
      if (i > 0) {
        products.add(new Gemm(Gemm.Kind.PLAIN, map.rows(), map.in(), map.out()));
      }
    }
    return new GemmList(products);
  }

  private static void collect(List<Layer> layers, int rows, List<Affine> maps) {
    for (Layer layer : layers) {
      if (layer instanceof DenseLayer) {
        maps.add(new Affine(rows, layer.outputShape().size(), layer.inputShape().size()));
      } else if (layer instanceof Conv2dLayer convolution) {
        Shape output = layer.outputShape();
        int patch = convolution.kernel() * convolution.kernel() * layer.inputShape().channels();
        int pixels = Math.multiplyExact(rows, output.height() * output.width());
        maps.add(new Affine(pixels, output.channels(), patch));
      }
      for (LayerChain inner : layer.scratch().chains()) {
        collect(inner.layers(), rows, maps);
      }
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
