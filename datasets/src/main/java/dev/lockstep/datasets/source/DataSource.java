package dev.lockstep.datasets.source;

import dev.lockstep.trainer.layer.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;

/**
 * Rows of one location. Each row says which piece it belongs to (a file and a start within it); the
 * rows of a piece lie in one partition, in order. Pieces sorted by file and start therefore give
 * the rows a definite order, however Spark has spread them.
 */
public sealed interface DataSource permits CsvSource, LibSvmSource, GeneratedSource {
  /**
   * Opens a location: finds its files and learns its columns.
   *
   * @param options options of the Spark reader, for the formats that Spark reads
   * @param needed columns that will be asked for, or none where that is for the source to say; for
   *     libsvm, where columns that only hold zeros do not show
   */
  static DataSource open(
      SparkSession spark, DataLocation location, Map<String, String> options, List<String> needed) {
    if (location instanceof DataLocation.Csv csv) {
      return CsvSource.open(spark, csv, options);
    }
    if (location instanceof DataLocation.LibSvm libSvm) {
      return LibSvmSource.open(spark, libSvm, options, needed);
    }
    if (location instanceof DataLocation.Idx idx) {
      return GeneratedSource.idx(spark, idx);
    }
    if (location instanceof DataLocation.Cifar cifar) {
      return GeneratedSource.cifar(spark, cifar);
    }
    if (location instanceof DataLocation.Bundled bundled) {
      return GeneratedSource.bundled(spark, bundled);
    }
    return GeneratedSource.synthetic(spark, (DataLocation.Synthetic) location);
  }

  /** What a user would call it, for messages. */
  String name();

  /** Names of all columns, in order. */
  List<String> columns();

  /** Height, width and channels of an example, where the format knows. */
  Optional<Shape> shape();

  /** Whether a column can hold texts, and so be categorical. */
  default boolean holdsTexts() {
    return false;
  }

  /**
   * The rows, with the chosen columns decoded. Every partition hands out one and the same buffer
   * again and again, so the caller must use {@code mapPartitions} and take what it needs before it
   * asks for the next row.
   */
  JavaRDD<RowBuffer> rows(ColumnSelection columns);
}
