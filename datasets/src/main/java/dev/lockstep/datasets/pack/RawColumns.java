package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.plan.KeyedPermutation;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.replica.Examples;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/**
 * Describes the columns of a prepared training split as they were before normalization (see {@link
 * RawValues} for how exactly that is known). Every method is one Spark job over the cached shards.
 *
 * <p>Only minima, maxima and whole numbers are added up across rows, so that the results do not
 * depend on how rows are spread over partitions and executors, nor on the order in which tasks end.
 * Examples count once each, whatever they weigh.
 */
public final class RawColumns {
  /** Steps into which the range of a column is divided for its sums. */
  private static final double STEPS = 1 << 30;

  private static final int LOW_BITS = 30;
  private static final long LOW_MASK = (1L << LOW_BITS) - 1;

  /** Key of the permutation that draws the sample: the same rows of the same data every time. */
  private static final long SAMPLE_SEED = 1;

  private final JavaRDD<Shard> shards;
  private final long rows;
  private final Part part;
  private final RawValues raw;

  private RawColumns(PreparedSplit split, Part part, RawValues raw) {
    this.shards = split.shards();
    this.rows = split.examples();
    this.part = part;
    this.raw = raw;
  }

  /** What the columns are. */
  private enum Part {
    FEATURES,
    TARGETS;

    /** The stored values, [rows, columns]. */
    float[] of(Examples examples) {
      return this == FEATURES ? examples.features() : examples.targets();
    }
  }

  /** The features of the training split; levels of categorical columns are features of 0 and 1. */
  public static RawColumns ofFeatures(PreparedData data) {
    return new RawColumns(data.train(), Part.FEATURES, RawValues.of(data.preprocessing()));
  }

  /** The one column of the training split's targets: class indices or values. */
  public static RawColumns ofTargets(PreparedData data) {
    return new RawColumns(data.train(), Part.TARGETS, RawValues.unchanged());
  }

  /** Number of columns. */
  public int columns() {
    return raw.columns();
  }

  /** Number of rows. */
  public long rows() {
    return rows;
  }

  /**
   * Smallest and largest value of each column.
   *
   * @param smallest [columns], of the rows
   * @param largest [columns], of the rows
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Range(double[] smallest, double[] largest) {}

  /** Smallest and largest value of each column. */
  public Range range() {
    RawValues values = raw;
    Part columnsOf = part;
    double[] merged =
        shards
            .mapPartitions(mine -> List.of(range(mine, columnsOf, values)).iterator())
            .treeReduce(RawColumns::widest);
    int columns = columns();
    double[] smallest = new double[columns];
    for (int j = 0; j < columns; j++) {
      smallest[j] = -merged[j];
    }
    return new Range(smallest, Arrays.copyOfRange(merged, columns, 2 * columns));
  }

  /** Largest values of the negated columns, then of the columns, [2 columns]. */
  private static double[] range(Iterator<Shard> shards, Part part, RawValues values) {
    int columns = values.columns();
    double[] largest = new double[2 * columns];
    Arrays.fill(largest, Double.NEGATIVE_INFINITY);
    while (shards.hasNext()) {
      Examples examples = shards.next().examples();
      float[] stored = part.of(examples);
      for (int row = 0, i = 0; row < examples.count(); row++) {
        for (int j = 0; j < columns; j++, i++) {
          double value = values.of(j, stored[i]);
          largest[j] = Math.max(largest[j], -value);
          largest[columns + j] = Math.max(largest[columns + j], value);
        }
      }
    }
    return largest;
  }

  private static double[] widest(double[] left, double[] right) {
    for (int i = 0; i < left.length; i++) {
      left[i] = Math.max(left[i], right[i]);
    }
    return left;
  }

  /**
   * Values of some rows, drawn without replacement by their index in the split, so that they are
   * the same rows of the same data every time.
   */
  public static final class Sample {
    private final List<float[]> pieces;
    private final RawValues raw;
    private final int rows;

    private Sample(List<float[]> pieces, RawValues raw) {
      this.pieces = pieces;
      this.raw = raw;
      int values = 0;
      for (float[] piece : pieces) {
        values += piece.length;
      }
      this.rows = values / raw.columns();
    }

    /** The values of a column in ascending order: a new array. */
    public double[] sorted(int column) {
      double[] sorted = new double[rows];
      int row = 0;
      for (float[] piece : pieces) {
        for (int i = column; i < piece.length; i += raw.columns()) {
          sorted[row++] = raw.of(column, piece[i]);
        }
      }
      Arrays.sort(sorted);
      return sorted;
    }
  }

  /**
   * Draws a sample.
   *
   * @param most rows, at least 1; all are taken where there are no more
   */
  public Sample sample(int most) {
    if (Math.min(most, rows) * columns() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(most + " rows of " + columns() + " columns are too many");
    }
    Part columnsOf = part;
    int columns = columns();
    KeyedPermutation order =
        new KeyedPermutation(rows, SAMPLE_SEED, Purpose.DATA_SAMPLE, SAMPLE_SEED);
    return new Sample(
        shards
            .mapPartitions(mine -> new SampleIterator(mine, columnsOf, columns, order, most))
            .collect(),
        raw);
  }

  /** The chosen rows of one shard after another. */
  private record SampleIterator(
      Iterator<Shard> shards, Part part, int columns, KeyedPermutation order, int most)
      implements Iterator<float[]> {
    @Override
    public boolean hasNext() {
      return shards.hasNext();
    }

    @Override
    public float[] next() {
      Examples examples = shards.next().examples();
      float[] stored = part.of(examples);
      int[] chosen = new int[examples.count()];
      int count = 0;
      for (int row = 0; row < examples.count(); row++) {
        if (order.invert(examples.index(row)) < most) {
          chosen[count++] = row;
        }
      }
      float[] values = new float[count * columns];
      for (int k = 0; k < count; k++) {
        System.arraycopy(stored, chosen[k] * columns, values, k * columns, columns);
      }
      return values;
    }
  }

  /**
   * Counts values in bins. Column j has the bins (-∞, e_0], (e_0, e_1], …, (e_last, ∞) of its
   * edges.
   *
   * @param edges [columns][any number], ascending
   * @return the bins of the first column, then those of the second, and so on, [Σ (edges + 1)]
   */
  public long[] counts(double[][] edges) {
    Part columnsOf = part;
    RawValues values = raw;
    return shards
        .mapPartitions(mine -> List.of(counts(mine, columnsOf, values, edges)).iterator())
        .treeReduce(RawColumns::add);
  }

  private static long[] counts(
      Iterator<Shard> shards, Part part, RawValues values, double[][] edges) {
    int columns = edges.length;
    int[] firstBin = new int[columns + 1];
    for (int j = 0; j < columns; j++) {
      firstBin[j + 1] = firstBin[j] + edges[j].length + 1;
    }
    long[] counts = new long[firstBin[columns]];
    while (shards.hasNext()) {
      Examples examples = shards.next().examples();
      float[] stored = part.of(examples);
      for (int row = 0, i = 0; row < examples.count(); row++) {
        for (int j = 0; j < columns; j++, i++) {
          counts[firstBin[j] + bin(edges[j], values.of(j, stored[i]))]++;
        }
      }
    }
    return counts;
  }

  /** Number of edges below the value. */
  private static int bin(double[] edges, double value) {
    int low = 0;
    int high = edges.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (edges[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static long[] add(long[] left, long[] right) {
    for (int i = 0; i < left.length; i++) {
      left[i] += right[i];
    }
    return left;
  }

  /**
   * Mean and standard deviation of each column.
   *
   * @param mean [columns]
   * @param deviation √(Σ(x - mean)²/n), [columns]
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Spread(double[] mean, double[] deviation) {}

  /**
   * Mean and standard deviation of each column, from values that are rounded to 2^-30 of the
   * column's range: {@code t = round(2^30 (x - smallest)/(largest - smallest))}. Σt and Σt² are
   * whole numbers, so mean and deviation are to the last bit the same however they are added up,
   * and n Σt² - (Σt)² loses nothing where the two are close.
   *
   * @param range of the same columns
   */
  public Spread spread(Range range) {
    Part columnsOf = part;
    RawValues values = raw;
    int columns = columns();
    double[] smallest = range.smallest();
    double[] stepsPerUnit = new double[columns];
    for (int j = 0; j < columns; j++) {
      double width = range.largest()[j] - smallest[j];
      stepsPerUnit[j] = width > 0.0 ? STEPS / width : 0.0;
    }
    long[] sums =
        shards
            .mapPartitions(
                mine -> List.of(sums(mine, columnsOf, values, smallest, stepsPerUnit)).iterator())
            .treeReduce(RawColumns::add);
    double[] mean = new double[columns];
    double[] deviation = new double[columns];
    BigInteger n = BigInteger.valueOf(rows);
    for (int j = 0; j < columns; j++) {
      if (stepsPerUnit[j] == 0.0) {
        mean[j] = smallest[j];
        continue;
      }
      BigInteger sum = BigInteger.valueOf(sums[j]);
      BigInteger squares =
          BigInteger.valueOf(sums[2 * columns + j])
              .shiftLeft(LOW_BITS)
              .add(BigInteger.valueOf(sums[columns + j]));
      BigInteger spread = n.multiply(squares).subtract(sum.multiply(sum));
      mean[j] = smallest[j] + quotient(sum, n) / stepsPerUnit[j];
      deviation[j] = Math.sqrt(quotient(spread, n.multiply(n))) / stepsPerUnit[j];
    }
    return new Spread(mean, deviation);
  }

  private static double quotient(BigInteger dividend, BigInteger divisor) {
    return new BigDecimal(dividend)
        .divide(new BigDecimal(divisor), MathContext.DECIMAL64)
        .doubleValue();
  }

  /** Σt of each column, then the low halves of Σt², then the high halves, [3 columns]. */
  private static long[] sums(
      Iterator<Shard> shards,
      Part part,
      RawValues values,
      double[] smallest,
      double[] stepsPerUnit) {
    int columns = smallest.length;
    long[] sums = new long[3 * columns];
    while (shards.hasNext()) {
      Examples examples = shards.next().examples();
      float[] stored = part.of(examples);
      for (int row = 0, i = 0; row < examples.count(); row++) {
        for (int j = 0; j < columns; j++, i++) {
          long t = (long) Math.rint((values.of(j, stored[i]) - smallest[j]) * stepsPerUnit[j]);
          sums[j] += t;
          sums[columns + j] += (t * t) & LOW_MASK;
          sums[2 * columns + j] += (t * t) >>> LOW_BITS;
        }
      }
    }
    return sums;
  }
}
