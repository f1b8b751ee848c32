package dev.lockstep.trainer.parameter;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Where each tensor of a network lies in one flat float32 vector. Values, gradients, optimizer
 * slots, checkpoints and files all share it.
 *
 * <pre>
 *   [ trainable tensors, in layer order | running statistics, in layer order ]
 *     0 .. trainableLength                .. length
 * </pre>
 *
 * Gradients and optimizer slots cover the trainable part only. Immutable.
 */
public final class ParameterLayout {
  private final List<ParameterWindow> windows;
  private final int trainableLength;
  private final int length;

  private ParameterLayout(List<ParameterWindow> windows, int trainableLength, int length) {
    this.windows = List.copyOf(windows);
    this.trainableLength = trainableLength;
    this.length = length;
  }

  /**
   * All tensors in the order in which files list them: by layer, and as PyTorch does inside a
   * layer.
   */
  public List<ParameterWindow> windows() {
    return windows;
  }

  /** Elements that an optimizer changes. */
  public int trainableLength() {
    return trainableLength;
  }

  /** Elements altogether, running statistics included. */
  public int length() {
    return length;
  }

  /** Collects the tensors of a network, layer by layer. */
  public static final class Builder {
    private record Pending(String name, List<Integer> shape, Role role) {
      private static final long TOO_MANY = 1L << 32;

      /** Number of elements, or as many as no array holds by far where there are even more. */
      long elements() {
        long elements = 1;
        for (int size : shape) {
          // Sizes are below 2^31, so the product fits.
          elements = Math.min(elements * size, TOO_MANY);
        }
        return elements;
      }
    }

    private final List<Pending> pending = new ArrayList<>();
    private final Map<Role, Integer> reserved = new EnumMap<>(Role.class);

    /**
     * Reserves a tensor and returns its place in {@link ParameterLayout#windows()}.
     *
     * @param name PyTorch's name
     * @param role what it is for
     * @param shape sizes, slowest first
     */
    public int reserve(String name, Role role, Integer... shape) {
      pending.add(new Pending(name, List.of(shape), role));
      reserved.merge(role, 1, Integer::sum);
      return pending.size() - 1;
    }

    /** Number of tensors with this role that have been reserved so far. */
    public int reserved(Role role) {
      return reserved.getOrDefault(role, 0);
    }

    /** Places all reserved tensors. */
    public ParameterLayout build() {
      long trainable =
          pending.stream().filter(p -> p.role().isTrainable()).mapToLong(Pending::elements).sum();
      long total = pending.stream().mapToLong(Pending::elements).sum();
      if (total > Integer.MAX_VALUE - 8) {
        throw LockstepException.usage(
            "network: "
                + total
                + " parameters do not fit one array; at most "
                + (Integer.MAX_VALUE - 8)
                + " are possible. Make the layers narrower.");
      }
      int nextTrainable = 0;
      int nextStatistic = (int) trainable;
      List<ParameterWindow> windows = new ArrayList<>();
      for (Pending p : pending) {
        if (p.role().isTrainable()) {
          windows.add(new ParameterWindow(p.name(), p.shape(), nextTrainable, p.role()));
          nextTrainable += (int) p.elements();
        } else {
          windows.add(new ParameterWindow(p.name(), p.shape(), nextStatistic, p.role()));
          nextStatistic += (int) p.elements();
        }
      }
      return new ParameterLayout(windows, (int) trainable, (int) total);
    }
  }
}
