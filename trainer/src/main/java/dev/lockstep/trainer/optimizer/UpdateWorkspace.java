package dev.lockstep.trainer.optimizer;

import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;

/**
 * What an {@link UpdateStep} works with and need not remember: threads, the blocks into which the
 * flat vector is cut for them, and one sum per block. The blocks depend on the layout alone, so
 * every number of threads gives the same bits.
 *
 * <p>Mutable; used by the driver's thread only. The team stays the caller's.
 */
public final class UpdateWorkspace {
  /**
   * Parameters in a block: of all arrays together a block stays in a core's second cache between
   * the passes over it, and costs much more than its hand-out.
   */
  static final int BLOCK = 1 << 13;

  private final ThreadTeam team;
  private final int length;
  private final int[] tensorEnds;
  private final double[] squares;
  private final double[] penalties;

  /**
   * A workspace for parameters laid out like this.
   *
   * @param team whose caller is the driver's thread
   */
  public UpdateWorkspace(ParameterLayout layout, ThreadTeam team) {
    this.team = team;
    this.length = layout.trainableLength();
    this.tensorEnds =
        layout.windows().stream()
            .filter(window -> window.role().isTrainable())
            .mapToInt(ParameterWindow::end)
            .toArray();
    int blocks = length / BLOCK + (length % BLOCK == 0 ? 0 : 1);
    this.squares = new double[blocks];
    this.penalties = new double[blocks];
  }

  /** What is done to a range of the parameters. */
  interface RangeWork {
    /** Does [from, to), which are block or tensor number {@code place}. */
    void run(int place, int from, int to);
  }

  /** Cuts the trainable parameters into blocks of one size. */
  void forEachBlock(RangeWork work) {
    team.run(
        squares.length,
        (thread, block) -> {
          int from = block * BLOCK;
          work.run(block, from, from + Math.min(BLOCK, length - from));
        });
  }

  /** Cuts the trainable parameters into tensors. */
  void forEachTensor(RangeWork work) {
    team.run(
        tensorEnds.length,
        (thread, tensor) ->
            work.run(tensor, tensor == 0 ? 0 : tensorEnds[tensor - 1], tensorEnds[tensor]));
  }

  /** Σ g² of each block. */
  double[] squares() {
    return squares;
  }

  /** The penalty of each block. */
  double[] penalties() {
    return penalties;
  }

  /** Σ over the blocks, in their order. */
  static double sum(double[] perBlock) {
    double sum = 0.0;
    for (double part : perBlock) {
      sum += part;
    }
    return sum;
  }
}
