package dev.lockstep.driver.cli;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.run.ModelEvaluation;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lockstep evaluate}. */
@Command(name = "evaluate", description = "Prints the metrics of a saved model as JSON.")
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description = "Run folder, its model folder, a registry or a version in it.")
  private String model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "CONFIG-or-PATH",
      description = "A run configuration (.yaml, .yml, .json), or the data themselves.")
  private String data;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description =
          "train, validation or test of a run configuration (default: test where there is one, else all rows).")
  private String split;

  @Option(
      names = "--set",
      paramLabel = "KEY.PATH=VALUE",
      description = "Overrides a value of the configuration.")
  private List<String> overrides = List.of();

  @Mixin private InputLocation location;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    Split part = split == null ? null : parse(split);
    boolean isConfiguration = data.toLowerCase(Locale.ROOT).matches(".*\\.(yaml|yml|json)");
    DataSettings configured =
        isConfiguration ? ConfigurationFile.read(data, overrides, common).data() : null;
    try (SparkSession session = common.startSpark("evaluate")) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      ModelArtifact artifact = ModelLocation.read(model, spark.hadoopConfiguration());
      DataSettings settings = configured != null ? configured : allRows(artifact);
      SplitMetrics metrics =
          ModelEvaluation.evaluate(
              spark, artifact, settings, part, note -> System.err.println("lockstep: " + note));
      System.out.println(metrics.toJson());
    }
    return ExitCode.DONE;
  }

  private static Split parse(String name) {
    for (Split candidate : Split.values()) {
      if (candidate.key().equals(name)) {
        return candidate;
      }
    }
    throw LockstepException.usage("--split: '" + name + "' is none of train, validation and test.");
  }

  private DataSettings allRows(ModelArtifact artifact) {
    return new DataSettings(
        location.at(data),
        location.readerOptions(),
        artifact.preprocessing().labelName(),
        artifact.preprocessing().columns(),
        null,
        List.of(),
        null,
        new HeldOut.Fraction(0.0),
        new HeldOut.Fraction(0.0),
        DataSettings.DEFAULT_SPLIT_SEED,
        Normalization.NONE,
        artifact.network().inputShape().isImage() ? artifact.network().inputShape() : null,
        BadRowSettings.DEFAULT,
        List.of());
  }
}
