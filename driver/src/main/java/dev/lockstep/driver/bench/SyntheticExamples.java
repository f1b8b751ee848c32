package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.random.NormalQuantile;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.replica.Examples;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Examples to measure with: features N(0, 1), classes drawn uniformly, each a function of the
 * example's index alone, so every machine makes its own shards.
 *
 * @param count n, at least 1
 * @param features values of an example
 * @param classes at least 2
 */
record SyntheticExamples(int count, int features, int classes) implements Serializable {
  private static final long SEED = 20;
  private static final double TWO_POW_MINUS_32 = 0x1.0p-32;

  /** Step of the features' draws, and of the classes'. */
  private static final int FEATURE_DRAWS = 0;

  private static final int CLASS_DRAWS = 1;

  /** All shards. */
  List<Shard> shards(int shards) {
    return shards(shards, 0, shards);
  }

  /** The shards {@code from} … {@code to} - 1 of {@code shards}. */
  List<Shard> shards(int shards, int from, int to) {
    List<Shard> made = new ArrayList<>(to - from);
    for (int number = from; number < to; number++) {
      made.add(shard(number, shards));
    }
    return made;
  }

  private Shard shard(int number, int shards) {
    int rows = (count - number + shards - 1) / shards;
    float[] values = new float[Math.multiplyExact(rows, features)];
    float[] targets = new float[rows];
    int[] words = new int[Philox.DRAWS_PER_BLOCK];
    int tag = Philox.tag(Purpose.SYNTHETIC_DATA, 0, 0);
    for (int row = 0; row < rows; row++) {
      int example = number + row * shards;
      for (int feature = 0; feature < features; feature++) {
        int draw = feature % Philox.DRAWS_PER_BLOCK;
        if (draw == 0) {
          Philox.block(
              SEED, feature / Philox.DRAWS_PER_BLOCK, example, FEATURE_DRAWS, tag, words, 0);
        }
        double uniform = ((words[draw] & 0xFFFFFFFFL) + 0.5) * TWO_POW_MINUS_32;
        values[row * features + feature] = (float) NormalQuantile.of(uniform);
      }
      Philox.block(SEED, 0, example, CLASS_DRAWS, tag, words, 0);
      targets[row] = (float) ((words[0] & 0xFFFFFFFFL) % classes);
    }
    return new Shard(number, new Examples(features, number, shards, values, targets, null));
  }
}
