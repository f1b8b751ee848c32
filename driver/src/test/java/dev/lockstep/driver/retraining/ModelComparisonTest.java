package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.pack.TrainingCheck;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.run.ModelEvaluation;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.replica.Examples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two models on the same rows: what each has is what {@code evaluate} says of it. */
final class ModelComparisonTest {
  private static final LossSpec CROSS_ENTROPY = new LossSpec.SoftmaxCrossEntropy();
  private static final LossSpec SQUARED = new LossSpec.MeanSquaredError();

  private static final int SHARDS = 3;

  private static JavaSparkContext spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = RetrainingFixture.spark();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @AfterEach
  void nothingStays() {
    assertThat(spark.getPersistentRDDs()).isEmpty();
  }

  /** Rows of three numbers, a city, a weight and one of so many classes, or a number. */
  private Path rows(String name, int count, int classes, Map<Integer, String> others) {
    Random random = new Random(name.hashCode());
    List<String> lines = new ArrayList<>(List.of("a,b,c,city,w,y"));
    for (int i = 0; i < count; i++) {
      int k = random.nextInt(Math.max(1, classes));
      lines.add(
          others.getOrDefault(
              i,
              (k + random.nextGaussian())
                  + ","
                  + (50 - 10 * k + 10 * random.nextGaussian())
                  + ","
                  + random.nextGaussian()
                  + ","
                  + (i % 3 == 0 ? "Oslo" : i % 3 == 1 ? "Rom" : "")
                  + ","
                  + (1 + i % 4)
                  + ","
                  + (classes == 0 ? 3 * random.nextGaussian() : "class" + k)));
    }
    return RetrainingFixture.write(folder.resolve(name), lines);
  }

  private static DataSettings settings(Path file, String... features) {
    List<String> names = List.of(features);
    return RetrainingFixture.settings(
        file,
        names,
        names.contains("city") ? List.of("city") : List.of(),
        "w",
        Normalization.STANDARD,
        0.3);
  }

  /** A model for the data as their preparation describes them, with weights of its own. */
  private static ModelArtifact model(DataSettings settings, LossSpec loss, long seed) {
    Preprocessing preprocessing;
    try (PreparedData data = DataPreparation.prepare(spark, settings, 2, 2)) {
      preprocessing = data.preprocessing();
    }
    return model(preprocessing, loss, seed);
  }

  private static ModelArtifact model(Preprocessing preprocessing, LossSpec loss, long seed) {
    int outputs = Math.max(1, preprocessing.classLabels().size());
    List<LayerSpec> layers = List.of(new Dense(outputs, Dense.DEFAULT_INITIALIZER, null));
    Network network = new Network(layers, Shape.vector(preprocessing.featureCount()));
    ParameterVector parameters = network.initialParameters(seed);
    return new ModelArtifact(network, loss, parameters, new long[0], preprocessing);
  }

  private static SplitMetrics evaluate(ModelArtifact model, DataSettings settings) {
    return ModelEvaluation.evaluate(spark, model, settings, Split.TEST, note -> {});
  }

  private static void assertSame(SplitMetrics found, SplitMetrics expected) {
    assertThat(found.examples()).isEqualTo(expected.examples());
    assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-12 * expected.loss()));
    assertThat(found.values().keySet()).isEqualTo(expected.values().keySet());
    expected
        .values()
        .forEach(
            (name, value) ->
                assertThat(found.values().get(name))
                    .isCloseTo(value, within(1e-12 * Math.abs(value))));
  }

  private static ModelComparison compare(
      ModelArtifact champion,
      ModelArtifact challenger,
      DataSettings settings,
      String metric,
      Double confidence,
      long seed) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, SHARDS, 2)) {
      TrainedData trained = new TrainedData(data, settings, SHARDS);
      return ModelComparison.of(spark, champion, challenger, trained, metric, confidence, seed);
    }
  }

  private static LockstepException failure(
      ModelArtifact champion, ModelArtifact challenger, DataSettings settings, String metric) {
    return catchThrowableOfType(
        LockstepException.class, () -> compare(champion, challenger, settings, metric, null, 1));
  }

  /** Other columns, another normalization and other classes, with weights. */
  @ParameterizedTest
  @ValueSource(strings = {"accuracy", "macroF1", "loss"})
  void bothHaveTheMetricsThatEvaluateGives(String metric) {
    DataSettings data = settings(rows("new.csv", 400, 3, Map.of()), "a", "b", "city");
    ModelArtifact champion =
        model(settings(rows("old.csv", 300, 3, Map.of()), "c", "b"), CROSS_ENTROPY, 1);
    ModelArtifact challenger = model(data, CROSS_ENTROPY, 2);
    ModelComparison comparison = compare(champion, challenger, data, metric, null, 1);
    assertThat(comparison.metric()).isEqualTo(metric);
    assertThat(comparison.challenger().examples()).isEqualTo(120);
    assertSame(comparison.champion(), evaluate(champion, data));
    assertSame(comparison.challenger(), evaluate(challenger, data));
    double difference =
        comparison.challenger().valueOf(metric).getAsDouble()
            - comparison.champion().valueOf(metric).getAsDouble();
    assertThat(comparison.improvement())
        .isEqualTo(metric.equals("loss") ? -difference : difference);
    assertThat(comparison.interval()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rmse", "mae", "r2", "loss"})
  void numbersAreComparedToo(String metric) {
    DataSettings data = settings(rows("new.csv", 300, 0, Map.of()), "a", "b", "c");
    ModelArtifact champion = model(data, SQUARED, 1);
    ModelArtifact challenger = model(data, SQUARED, 2);
    ModelComparison comparison = compare(champion, challenger, data, metric, 0.9, 1);
    assertSame(comparison.champion(), evaluate(champion, data));
    assertSame(comparison.challenger(), evaluate(challenger, data));
    assertThat(comparison.interval().lower()).isLessThan(comparison.improvement());
    assertThat(comparison.interval().upper()).isGreaterThan(comparison.improvement());
  }

  @Test
  void theTasksFirstMetricIsTheDefault() {
    DataSettings data = settings(rows("new.csv", 100, 2, Map.of()), "a");
    ModelArtifact model = model(data, CROSS_ENTROPY, 1);
    ModelComparison comparison = compare(model, model, data, null, 0.95, 1);
    assertThat(comparison.metric()).isEqualTo("accuracy");
    assertThat(comparison.improvement()).isZero();
    assertThat(comparison.interval()).isEqualTo(new ImprovementInterval(0.95, 0.0, 0.0, 1999));
  }

  @Test
  void theResultIsTheSameWithAndWithoutAnIntervalAndEveryTime() {
    DataSettings data = settings(rows("new.csv", 300, 3, Map.of()), "a", "b");
    ModelArtifact champion = model(data, CROSS_ENTROPY, 1);
    ModelArtifact challenger = model(data, CROSS_ENTROPY, 2);
    ModelComparison first = compare(champion, challenger, data, "loss", 0.95, 3);
    assertThat(compare(champion, challenger, data, "loss", 0.95, 3)).isEqualTo(first);
    ModelComparison without = compare(champion, challenger, data, "loss", null, 3);
    assertThat(without.champion()).isEqualTo(first.champion());
    assertThat(without.challenger()).isEqualTo(first.challenger());
  }

  /** The rows of the third class are 100 % wrong for the champion, at 23 ln 2 each. */
  @Test
  void aLabelThatTheChampionDoesNotKnowCountsAsWrong() {
    Path file = rows("new.csv", 300, 3, Map.of());
    DataSettings data = settings(file, "a", "b");
    ModelArtifact challenger = model(data, CROSS_ENTROPY, 2);
    Preprocessing own = challenger.preprocessing();
    assertThat(own.classLabels()).containsExactly("class0", "class1", "class2");
    Preprocessing fewer =
        new Preprocessing(
            own.featureNames(),
            own.labelName(),
            List.of("class2", "class0"),
            own.normalization(),
            own.offset(),
            own.scale());
    ModelArtifact champion = model(fewer, CROSS_ENTROPY, 1);
    ModelComparison comparison = compare(champion, challenger, data, "accuracy", null, 1);
    assertSame(comparison.challenger(), evaluate(challenger, data));
    assertThat(comparison.champion().examples()).isEqualTo(90);

    double[] expected = expected(champion, data);
    assertThat(comparison.champion().values().get("accuracy")).isEqualTo(expected[0]);
    assertThat(comparison.champion().loss()).isCloseTo(expected[1], within(1e-6));
  }

  /** Accuracy and loss of a linear model that knows class2 and class0, worked out row by row. */
  private static double[] expected(ModelArtifact model, DataSettings settings) {
    Preprocessing preprocessing =
        ScoredModel.withLabels(model.preprocessing(), List.of("class2", "class0", "class1"));
    float[] weights = model.parameters().values();
    double[] sums = new double[4];
    try (PreparedData data =
        DataPreparation.prepareForModel(
            spark, settings, preprocessing, Task.CLASSIFICATION, 1, 1)) {
      Examples examples = data.test().orElseThrow().shards().collect().get(0).examples();
      for (int row = 0; row < examples.count(); row++) {
        double[] logits = new double[2];
        for (int k = 0; k < 2; k++) {
          for (int j = 0; j < 2; j++) {
            logits[k] += weights[2 * k + j] * (double) examples.features()[2 * row + j];
          }
        }
        int label = (int) examples.targets()[row];
        double weight = examples.weight(row);
        sums[0] += label == (logits[1] > logits[0] ? 1 : 0) ? 1 : 0;
        sums[1] +=
            weight
                * (label == 2
                    ? 23 * Math.log(2)
                    : Math.log1p(Math.exp(logits[1 - label] - logits[label])));
        sums[2] += weight;
        sums[3]++;
      }
    }
    return new double[] {sums[0] / sums[3], sums[1] / sums[2]};
  }

  @Test
  void aRowThatOnlyOneOfThemCanUseIsADataError() {
    Path file = rows("new.csv", 200, 2, Map.of(7, "1,2,?,Rom,1,class0", 9, "?,2,3,Rom,1,class1"));
    ModelArtifact champion = model(settings(file, "b", "c"), CROSS_ENTROPY, 1);
    ModelArtifact challenger = model(settings(file, "a", "b"), CROSS_ENTROPY, 2);
    LockstepException error = failure(champion, challenger, settings(file, "a", "b"), "accuracy");
    assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(error.getMessage()).contains("the same rows", "{c=1}", "{a=1}");
    ModelArtifact same = model(settings(file, "b", "a"), CROSS_ENTROPY, 1);
    ModelComparison comparison = compare(same, challenger, settings(file, "a", "b"), null, null, 1);
    assertSame(comparison.champion(), evaluate(same, settings(file, "a", "b")));
  }

  /**
   * What the challenger was trained on is not read again, so it can have changed for the champion.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a, b | 300 | new.csv holds other rows than before",
        "a, b | 299 | new.csv has 299 rows and had 300",
        "b, c | 300 | new.csv holds other rows than before",
      })
  void dataThatChangedSinceTheTrainingAreADataError(String columns, int count, String told) {
    Path file = rows("new.csv", 300, 2, Map.of());
    DataSettings settings = settings(file, "a", "b");
    ModelArtifact challenger = model(settings, CROSS_ENTROPY, 2);
    ModelArtifact champion = model(settings(file, columns.split(", ", -1)), CROSS_ENTROPY, 1);
    try (PreparedData data = DataPreparation.prepare(spark, settings, SHARDS, 2)) {
      TrainedData trained = new TrainedData(data, settings, SHARDS);
      // The label stays, and so does how many rows there are of each.
      rows("new.csv", count, 2, Map.of(0, "9,9,9,Rom,1," + labelOfFirstRow(file)));
      LockstepException error =
          catchThrowableOfType(
              LockstepException.class,
              () -> ModelComparison.of(spark, champion, challenger, trained, "accuracy", null, 1));
      assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
      assertThat(error.getMessage())
          .startsWith("The data changed between training and comparison: ")
          .contains(told);
    }
  }

  /** With other columns and with the same, and the shards of both hold the same rows. */
  @ParameterizedTest
  @ValueSource(strings = {"a, b", "c, b"})
  void ofSeparateTestDataNothingElseIsReadAgain(String columns) throws IOException {
    Path file = rows("new.csv", 200, 2, Map.of());
    Path holdOut = rows("holdout.csv", 100, 2, Map.of());
    DataSettings settings = RetrainingFixture.withTest(settings(file, "a", "b"), holdOut);
    ModelArtifact challenger = model(settings, CROSS_ENTROPY, 2);
    ModelArtifact champion = model(settings(file, columns.split(", ", -1)), CROSS_ENTROPY, 1);
    SplitMetrics expected = evaluate(champion, settings);
    try (PreparedData data = DataPreparation.prepare(spark, settings, SHARDS, 2)) {
      TrainedData trained = new TrainedData(data, settings, SHARDS);
      Files.delete(file);
      ModelComparison comparison =
          ModelComparison.of(spark, champion, challenger, trained, "accuracy", null, 1);
      assertSame(comparison.champion(), expected);
      assertThat(comparison.challenger().examples()).isEqualTo(100);

      rows("holdout.csv", 100, 2, Map.of(0, "9,9,9,Rom,1," + labelOfFirstRow(holdOut)));
      LockstepException error =
          catchThrowableOfType(
              LockstepException.class,
              () -> ModelComparison.of(spark, champion, challenger, trained, "accuracy", null, 1));
      assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
      assertThat(error).hasMessageContaining("holdout.csv holds other rows than before");
    }
  }

  private static String labelOfFirstRow(Path file) {
    try {
      String first = Files.readAllLines(file).get(1);
      return first.substring(first.lastIndexOf(',') + 1);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  @Test
  void aLabelThatOnlyTheChampionKnowsCountsAsWrongForTheChallenger() {
    Path old = rows("old.csv", 300, 3, Map.of());
    Path file = rows("new.csv", 300, 2, Map.of());
    Path holdOut = rows("holdout.csv", 100, 3, Map.of());
    DataSettings settings = RetrainingFixture.withTest(settings(file, "a", "b"), holdOut);
    ModelArtifact champion = model(settings(old, "a", "b"), CROSS_ENTROPY, 1);
    ModelArtifact challenger = model(settings(file, "a", "b"), CROSS_ENTROPY, 2);
    ModelComparison comparison = compare(champion, challenger, settings, "accuracy", null, 1);
    assertThat(comparison.champion().examples()).isEqualTo(100);
    assertThat(comparison.challenger().examples()).isEqualTo(100);
    assertSame(comparison.champion(), evaluate(champion, settings));
    SplitMetrics ofKnownLabels = evaluate(challenger, settings);
    assertThat(comparison.challenger().values().get("accuracy"))
        .isCloseTo(
            ofKnownLabels.values().get("accuracy") * ofKnownLabels.examples() / 100.0,
            within(1e-12));
  }

  /** Codes that were numbers when the champion was trained, and are texts to the challenger. */
  @Test
  void aColumnMayHaveChangedItsKind() {
    List<String> lines = new ArrayList<>(List.of("a,code,w,y"));
    for (int i = 0; i < 200; i++) {
      lines.add(i % 7 + "," + i % 3 + ",1,class" + i % 2);
    }
    Path file = RetrainingFixture.write(folder.resolve("codes.csv"), lines);
    List<String> features = List.of("a", "code");
    DataSettings asNumber =
        RetrainingFixture.settings(file, features, List.of(), "w", Normalization.STANDARD, 0.3);
    DataSettings asText =
        RetrainingFixture.settings(
            file, features, List.of("code"), "w", Normalization.STANDARD, 0.3);
    ModelArtifact champion = model(asNumber, CROSS_ENTROPY, 1);
    ModelArtifact challenger = model(asText, CROSS_ENTROPY, 2);
    ModelComparison comparison = compare(champion, challenger, asText, "accuracy", null, 1);
    assertSame(comparison.champion(), evaluate(champion, asNumber));
    assertSame(comparison.challenger(), evaluate(challenger, asText));
  }

  @Test
  void aColumnThatOnlyTheChampionKnowsIsADataError() {
    Path file = rows("new.csv", 100, 2, Map.of());
    DataSettings data = settings(file, "a");
    ModelArtifact challenger = model(data, CROSS_ENTROPY, 1);
    Preprocessing own = challenger.preprocessing();
    ModelArtifact champion =
        model(
            new Preprocessing(
                List.of("gone"), "y", own.classLabels(), "none", own.offset(), own.scale()),
            CROSS_ENTROPY,
            1);
    LockstepException error = failure(champion, challenger, data, "accuracy");
    assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(error.getMessage())
        .startsWith("The champion cannot be scored on the test data.")
        .contains("no column 'gone'");
  }

  /** What is wrong with settings or champion, found before the data are trained on. */
  private LockstepException refusal(ModelArtifact champion, Path file, String metric) {
    RunConfiguration configuration =
        ConfigurationReader.read(
            """
            data: {format: csv, path: FILE, options: {header: true}, label: y, features: [a],
                   test: {fraction: 0.3}}
            network: {layers: [{kind: dense, units: 2}]}
            training: {epochs: 1, batchSize: 8, shards: 2}
            """
                .replace("FILE", file.toString()),
            "test",
            folder.toString(),
            List.of("retraining.metric=" + metric),
            Map.of());
    try (PreparedData data =
        RunPreview.prepare(spark, configuration, Quarantine.NONE, TrainingCheck.NONE)) {
      RunPreview preview = RunPreview.of(spark, configuration, data);
      return catchThrowableOfType(
          LockstepException.class,
          () ->
              ModelComparison.requireFeasible(
                  spark, configuration.retraining(), champion, preview));
    }
  }

  @Test
  void whatCannotBeComparedIsRefusedBeforeTheTraining() {
    Path classes = rows("classes.csv", 100, 2, Map.of());
    ModelArtifact number = model(settings(rows("n.csv", 100, 0, Map.of()), "a"), SQUARED, 1);
    LockstepException task = refusal(number, classes, "accuracy");
    assertThat(task.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(task).hasMessageContaining("one sorts into classes and the other predicts a number");

    List<String> labels = new ArrayList<>();
    IntStream.range(0, 255).forEach(k -> labels.add("old" + k));
    Preprocessing own = model(settings(classes, "a"), CROSS_ENTROPY, 1).preprocessing();
    ModelArtifact many = model(ScoredModel.withLabels(own, labels), CROSS_ENTROPY, 1);
    LockstepException metric = refusal(many, classes, "macroF1");
    assertThat(metric.kind()).isEqualTo(ErrorKind.USAGE);
    assertThat(metric)
        .hasMessageContaining("there are 257 with those that only the champion knows");
    assertThat(refusal(many, classes, "accuracy")).isNull();
  }

  @Test
  void aColumnThatIsGoneIsMissedBeforeTheTraining() {
    Path file = rows("new.csv", 100, 2, Map.of());
    Preprocessing own = model(settings(file, "a"), CROSS_ENTROPY, 1).preprocessing();
    ModelArtifact champion =
        model(
            new Preprocessing(
                List.of("gone"), "y", own.classLabels(), "none", own.offset(), own.scale()),
            CROSS_ENTROPY,
            1);
    LockstepException error = refusal(champion, file, "accuracy");
    assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(error)
        .hasMessageContaining("so nothing was trained.")
        .hasMessageContaining("new.csv has no column 'gone'")
        .hasMessageContaining(
            "Bring the column back, or give data.test.path rows with the columns");
  }

  @Test
  void whatCannotBeComparedIsSaid() {
    Path classes = rows("classes.csv", 100, 2, Map.of());
    Path numbers = rows("numbers.csv", 100, 0, Map.of());
    ModelArtifact one = model(settings(classes, "a"), CROSS_ENTROPY, 1);
    ModelArtifact smooth =
        model(settings(classes, "a"), new LossSpec.SoftmaxCrossEntropy(0.1, List.of()), 1);
    ModelArtifact number = model(settings(numbers, "a"), SQUARED, 1);
    assertThat(failure(one, number, settings(numbers, "a"), "rmse"))
        .hasMessageContaining("one sorts into classes and the other predicts a number");
    assertThat(failure(one, one, settings(classes, "a"), "rmse"))
        .hasMessageContaining("retraining.metric: rmse is no metric of a classification")
        .hasMessageContaining("accuracy, macroF1, loss");
    assertThat(failure(one, smooth, settings(classes, "a"), "loss"))
        .hasMessageContaining("different losses");
    DataSettings untested =
        RetrainingFixture.settings(classes, List.of("a"), List.of(), null, Normalization.NONE, 0.0);
    assertThat(failure(one, one, untested, null)).hasMessageContaining("data.test");
  }
}
