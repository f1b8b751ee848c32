package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.BatchScoring;
import dev.lockstep.trainer.model.ModelArtifact;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lockstep predict}. */
@Command(
    name = "predict",
    description =
        "Scores rows on the cluster: the input's columns plus prediction and probabilities.")
final class PredictCommand implements Callable<Integer> {
  /** Formats that results can be written in, by Spark's names. */
  private enum OutputFormat {
    csv,
    json,
    parquet,
    orc
  }

  @Parameters(
      paramLabel = "MODEL",
      description = "Run folder, its model folder, a registry or a version in it.")
  private String model;

  @Option(names = "--input", required = true, paramLabel = "PATH", description = "Rows to score.")
  private String input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "Folder for the result; must not exist.")
  private String output;

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private OutputFormat outputFormat = OutputFormat.csv;

  @Mixin private InputLocation location;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    try (SparkSession session = common.startSpark("predict")) {
      ModelArtifact artifact =
          ModelLocation.read(model, session.sparkContext().hadoopConfiguration());
      BatchScoring.score(
          session,
          artifact,
          location.at(input),
          location.readerOptions(),
          output,
          outputFormat.name());
      System.out.println(output);
    }
    return ExitCode.DONE;
  }
}
