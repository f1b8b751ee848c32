package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Rows to be scored by a model, with their columns unchanged.
 *
 * @param schema the rows' columns: for csv every column as text, as it was read; for libsvm the
 *     texts {@code label} and {@code features}; otherwise the features as floats and the {@code
 *     label} as text
 * @param rows the rows, and those that cannot be read
 * @param features how to read the model's raw features out of a row
 */
public record ScoringInput(StructType schema, JavaRDD<ScoringRow> rows, RowFeatures features) {
  /**
   * Opens rows for a model.
   *
   * @param options options of the Spark reader
   * @param preprocessing the model's: names the columns that are needed
   */
  public static ScoringInput open(
      SparkSession spark,
      DataLocation location,
      Map<String, String> options,
      Preprocessing preprocessing) {
    List<String> names = preprocessing.columns();
    ColumnCoding coding = ColumnCoding.of(preprocessing);
    if (location instanceof DataLocation.LibSvm libSvm) {
      if (!coding.categorical().isEmpty()) {
        throw LockstepException.usage(
            "The model has the categorical column '"
                + coding.categorical().get(0).name()
                + "', and libsvm holds numbers only. Give the rows as csv.");
      }
      return new ScoringInput(
          LibSvmSource.TABLE,
          LibSvmSource.table(spark, libSvm, options),
          RowFeatures.ofPairs(names, 1, LibSvmSource.targets(names)));
    }
    DataSource source = DataSource.open(spark, location, options, names);
    int[] positions =
        ColumnSelection.resolve(source, names, categorical(coding), null, null)
            .featurePositions(source.columns());
    RowFeatures features = RowFeatures.ofColumns(names, coding, positions);
    if (source instanceof CsvSource csv) {
      return new ScoringInput(csv.tableSchema(), csv.table(), features);
    }
    GeneratedSource generated = (GeneratedSource) source;
    return new ScoringInput(generated.tableSchema(), generated.table(), features);
  }

  private static List<String> categorical(ColumnCoding coding) {
    List<String> names = new ArrayList<>();
    coding.categorical().forEach(column -> names.add(column.name()));
    return names;
  }
}
