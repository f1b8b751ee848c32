package dev.lockstep.driver.run;

import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.ScoringInput;
import dev.lockstep.driver.config.ModelDescription;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;

/** Scores a data set with a saved model, on the cluster. */
public final class BatchScoring {
  private static final String PREDICTION = "prediction";
  private static final String PROBABILITY = "probability_";

  /** Options of Spark's CSV reader that its writer has too, and with the same meaning. */
  private static final Set<String> DIALECT =
      ignoringCase(
          "sep",
          "delimiter",
          "quote",
          "escape",
          "charToEscapeQuoteEscaping",
          "encoding",
          "charset",
          "nullValue");

  private BatchScoring() {}

  /**
   * Writes the rows of {@code input} with their columns unchanged plus {@code prediction} and, for
   * classification, {@code probability_<label>} columns. They are written aside and get their name
   * when all are there; where it fails, nothing is left.
   *
   * @param options options of the Spark reader
   * @param output folder that must not exist yet
   * @param format Spark's name of the output format
   */
  public static void score(
      SparkSession session,
      ModelArtifact model,
      DataLocation input,
      Map<String, String> options,
      String output,
      String format) {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    Preprocessing preprocessing = model.preprocessing();
    ScoringInput source = ScoringInput.open(session, input, options, preprocessing);
    StructType schema = schema(source.schema(), preprocessing);
    Path target = new Path(output);
    FileSystem files = fileSystem(target, spark);
    Path unfinished = aside(files.makeQualified(target));
    String description =
        new ModelDescription(model.network().inputShape(), model.network().specs(), model.loss())
            .toJson(Version.LOCKSTEP);
    Broadcast<ParameterVector> parameters = spark.broadcast(model.parameters());
    CollectionAccumulator<ScoredPiece> pieces = spark.sc().collectionAccumulator("scored rows");
    try {
      remove(files, unfinished);
      ScoreTask task =
          new ScoreTask(
              description,
              PreprocessingJson.write(preprocessing),
              parameters,
              source.features(),
              pieces);
      Dataset<Row> scored = session.createDataFrame(source.rows().mapPartitions(task), schema);
      scored
          .write()
          .options(writerOptions(input, options))
          .format(format)
          .save(unfinished.toString());
      ScoredPiece.firstProblem(pieces.value())
          .ifPresent(
              problem -> {
                throw LockstepException.data(problem);
              });
      rename(files, unfinished, target);
    } finally {
      parameters.destroy();
      remove(files, unfinished);
    }
  }

  /** Where the result is until it is complete: beside its place, under a name that readers skip. */
  private static Path aside(Path target) {
    return new Path(target.getParent(), "." + target.getName() + ".partial");
  }

  private static Set<String> ignoringCase(String... names) {
    Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    set.addAll(List.of(names));
    return Collections.unmodifiableSet(set);
  }

  /**
   * A CSV result is written as its CSV input was: the same separator and quotes, and no cell
   * trimmed.
   */
  private static Map<String, String> writerOptions(DataLocation input, Map<String, String> reader) {
    Map<String, String> writer = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    if (input instanceof DataLocation.Csv) {
      writer.putAll(reader);
      writer.keySet().retainAll(DIALECT);
    }
    writer.putIfAbsent("escape", writer.getOrDefault("quote", "\""));
    writer.put("header", "true");
    writer.put("ignoreLeadingWhiteSpace", "false");
    writer.put("ignoreTrailingWhiteSpace", "false");
    return writer;
  }

  private static StructType schema(StructType columns, Preprocessing preprocessing) {
    StructType schema = add(columns, PREDICTION, preprocessing.isClassification());
    for (String label : preprocessing.classLabels()) {
      schema = add(schema, PROBABILITY + label, false);
    }
    return schema;
  }

  private static StructType add(StructType schema, String column, boolean text) {
    for (String existing : schema.fieldNames()) {
      if (existing.equalsIgnoreCase(column)) {
        throw LockstepException.data(
            "The input has a column '"
                + existing
                + "' already, which is what the result is to be called. Rename it or leave it out.");
      }
    }
    return schema.add(column, text ? DataTypes.StringType : DataTypes.DoubleType, false);
  }

  /** The file system of a folder that must not exist yet. */
  private static FileSystem fileSystem(Path target, JavaSparkContext spark) {
    try {
      FileSystem files = target.getFileSystem(spark.hadoopConfiguration());
      if (files.exists(target)) {
        throw LockstepException.usage(
            "--output: " + target + " exists already. Choose another folder or remove this one.");
      }
      return files;
    } catch (IOException failure) {
      throw LockstepException.usage(
          "--output: " + target + " cannot be used: " + failure.getMessage());
    }
  }

  private static void rename(FileSystem files, Path unfinished, Path target) {
    try {
      if (files.exists(target) || !files.rename(unfinished, target)) {
        throw new IOException("the file system would not give the result its name");
      }
    } catch (IOException failure) {
      throw new LockstepException(
          ErrorKind.RESOURCE,
          "--output: " + target + " could not be written: " + failure.getMessage() + ".",
          failure);
    }
  }

  private static void remove(FileSystem files, Path unfinished) {
    try {
      files.delete(unfinished, true);
    } catch (IOException left) {
      System.err.println(
          "lockstep: "
              + unfinished
              + " is incomplete and could not be removed: "
              + left.getMessage());
    }
  }
}
