package dev.lockstep.driver.retraining;

import java.util.List;

/** What is known about the values of one column in a training split. */
public sealed interface ColumnStatistics {
  /** Name of the column. */
  String name();

  /** The kind as it is called in files and messages. */
  String kind();

  /** Number of bins that {@link #counts} are of. */
  default int bins() {
    return counts().size();
  }

  /** Rows in each bin: between edges for numbers, for texts one bin a level. */
  List<Long> counts();

  /**
   * A column of numbers. Bin k holds the values above edge k-1 and up to edge k; the first and the
   * last bin are open.
   *
   * @param name name of the column
   * @param mean mean of the values
   * @param deviation √(Σ(x - mean)²/n)
   * @param smallest smallest value
   * @param largest largest value
   * @param edges ascending, one fewer than bins: about the deciles of the values
   * @param counts rows in each bin
   */
  record NumberColumn(
      String name,
      double mean,
      double deviation,
      double smallest,
      double largest,
      List<Double> edges,
      List<Long> counts)
      implements ColumnStatistics {
    /** The kind of these columns. */
    public static final String KIND = "number";

    /** Takes immutable copies. */
    public NumberColumn {
      edges = List.copyOf(edges);
      counts = List.copyOf(counts);
    }

    @Override
    public String kind() {
      return KIND;
    }
  }

  /**
   * A column of texts: a categorical feature, or the classes of a label.
   *
   * @param name name of the column
   * @param levels the distinct texts, by index
   * @param counts rows with each level
   * @param empty rows with none
   */
  record TextColumn(String name, List<String> levels, List<Long> counts, long empty)
      implements ColumnStatistics {
    /** The kind of these columns. */
    public static final String KIND = "categorical";

    /** Takes immutable copies. */
    public TextColumn {
      levels = List.copyOf(levels);
      counts = List.copyOf(counts);
    }

    @Override
    public String kind() {
      return KIND;
    }
  }
}
