package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.reduce.Mergeable;
import java.nio.ByteBuffer;

/**
 * How one kind of sum travels: a head of at most {@link #headBytes} bytes, and a block of floats
 * that may be cut anywhere. Everything is little-endian, and every size is checked against what the
 * run has before anything is read.
 *
 * @param <T> what is summed
 */
interface PieceFormat<T extends Mergeable<T>> {
  /** Upper bound of the head's length. */
  int headBytes();

  /** Writes all but the block. */
  void writeHead(T piece, ByteBuffer out);

  /** The piece's floats: its own array. */
  float[] block(T piece);

  /** Number of floats of a piece that is not empty. */
  int blockLength();

  /** Something to read a piece into, whose block is as long as {@link #blockLength}. */
  T room();

  /**
   * Reads all but the block.
   *
   * @return the piece, with the block of {@code room}, which belongs to it from now on
   * @throws IllegalArgumentException where the bytes do not fit the run
   */
  T readHead(ByteBuffer in, T room);
}
