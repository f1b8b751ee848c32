package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.config.TuningSettings.Search;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.Halving;
import dev.lockstep.trainer.search.ParameterRange;
import dev.lockstep.trainer.search.SearchParameter;
import dev.lockstep.trainer.search.SearchSpace;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The {@code tuning} block. */
final class TuningBlockTest {
  private static final String RATE = "optimizer.learningRate: {scale: log, from: 1e-4, to: 1}";

  /** The key paths hold dots and brackets, so they are written in block style. */
  private static String tuning(String settings, String... parameters) {
    StringBuilder text = new StringBuilder(MINIMAL).append("tuning:\n");
    settings.lines().forEach(line -> text.append("  ").append(line).append('\n'));
    text.append("  parameters:\n");
    for (String parameter : parameters) {
      text.append("    ").append(parameter).append('\n');
    }
    return text.toString();
  }

  @Test
  void withoutABlockThereIsNoSearch() {
    assertThat(read(MINIMAL).tuning()).isNull();
    assertThat(read(MINIMAL + "tuning: null").tuning()).isNull();
  }

  @Test
  void theLeastABlockSaysMeansExactlyThis() {
    assertThat(read(tuning("", RATE)).tuning())
        .isEqualTo(
            new TuningSettings(
                null,
                Search.RANDOM,
                16,
                1,
                null,
                1,
                new SearchSpace(
                    List.of(
                        new SearchParameter(
                            "optimizer.learningRate", new ParameterRange.Log(1e-4, 1, 5))))));
  }

  @Test
  void everythingCanBeSaid() {
    TuningSettings tuning =
        read(tuning(
                "metric: train.loss\nsearch: grid\ntrials: 9\nparallel: 4\nseed: -5\n"
                    + "halving: {factor: 2}",
                RATE,
                "optimizer.beta1: {scale: oneMinusLog, from: 0.9, to: 0.999, steps: 3}",
                "network.layers[0].units: {scale: integer, from: 32, to: 256}",
                "regularization.l2: {scale: linear, from: 0, to: 0.5, steps: 2}",
                "training.batchSize: {choice: [32, 6.4e1, \"x\", relu, true, null, {norm: 1}]}"))
            .tuning();
    assertThat(tuning.metric()).isEqualTo(new WatchedMetric("train", "loss"));
    assertThat(tuning.search()).isEqualTo(Search.GRID);
    assertThat(tuning.trialCount()).isEqualTo(9);
    assertThat(tuning.parallel()).isEqualTo(4);
    assertThat(tuning.halving()).isEqualTo(new Halving(2, 2));
    assertThat(tuning.seed()).isEqualTo(-5);
    assertThat(tuning.space().parameters())
        .extracting(SearchParameter::range)
        .containsExactly(
            new ParameterRange.Log(1e-4, 1, 5),
            new ParameterRange.OneMinusLog(0.9, 0.999, 3),
            new ParameterRange.Whole(32, 256, 5),
            new ParameterRange.Linear(0, 0.5, 2),
            new ParameterRange.Choice(
                List.of("32", "64.0", "\"x\"", "\"relu\"", "true", "null", "{\"norm\":1}")));
    assertThat(tuning.trial(1)).containsExactly("0.0001", "0.9", "32", "0", "32");
    assertThat(tuning.trial(8)).containsExactly("0.0001", "0.9", "32", "0.5", "32");
  }

  @Test
  void aGridWithoutACapIsTriedWhole() {
    assertThat(read(tuning("search: grid", RATE, "training.seed: {choice: [1, 2]}")).tuning())
        .extracting(TuningSettings::trialCount)
        .isEqualTo(10);
  }

  @Test
  void whatIsWrittenReadsBackAsTheSame() {
    RunConfiguration configuration =
        read(
            tuning(
                "metric: validation.macroF1\nhalving: {}",
                RATE,
                "network.layers[0].units: {scale: integer, from: 32, to: 256}",
                "optimizer.beta1: {scale: oneMinusLog, from: 0.9, to: 0.999}",
                "optimizer.beta2: {scale: linear, from: 0.9, to: 0.99}",
                "loss: {choice: [\"007\", 1e-3, 1E30, a b, '', \"${X}\", \"$${Y}\", ~, [1, {a: no}]]}"));
    String yaml = ConfigurationWriter.toYaml(configuration, Map.of("MY_KEY", "loss"));
    assertThat(yaml).contains("${X}", "$${Y}").doesNotContain("MY_KEY");
    RunConfiguration again =
        ConfigurationReader.read(yaml, "elsewhere.yaml", "/elsewhere", List.of(), Map.of());
    assertThat(again).isEqualTo(configuration);
    assertThat(ConfigurationWriter.toYaml(again, Map.of("MY_KEY", "loss"))).isEqualTo(yaml);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{scale: log, from: 1, to: 0.1} | .to (line 6): must be above from, which is 1, found 0.1",
        "{scale: linear, from: 1, to: 1} | .to (line 6): must be above from, which is 1, found 1",
        "{scale: integer, from: 2, to: 1} | .to (line 6): must be above from, which is 2, found 1",
        "{scale: log, from: 0, to: 1} | .from (line 6): must be a number above 0, found 0",
        "{scale: oneMinusLog, from: 0.9, to: 1} | .to (line 6): must be a number of at least 0 and"
            + " below 1, found 1",
        "{scale: integer, from: 1.5, to: 2} | .from (line 6): must be a whole number",
        "{scale: integer, from: 1} | .to: missing; must be a whole number",
        "{scale: log, from: 1} | .to: missing; must be a number above 0",
        "{scale: lgo, from: 1, to: 2} | .scale (line 6): unknown scale lgo, did you mean log?;"
            + " allowed: linear, log, oneMinusLog, integer",
        "{from: 1, to: 2} | .scale: missing; must be one of linear, log, oneMinusLog, integer, or a"
            + " choice: [...]",
        "{scale: log, from: 1, to: 2, steps: 1} | .steps (line 6): must be a whole number from 2",
        "{scale: log, from: 1, to: 2, step: 3} | .step (line 6): unknown key, did you mean steps?",
        "{choice: []} | .choice (line 6): must be a list of at least one value",
        "{choice: 3} | .choice (line 6): must be a list of at least one value, found 3",
        "{choice: [1], from: 1} | .from (line 6): either a scale with from and to, or a choice",
        "3 | (line 6): must be a block of keys, found 3"
      })
  void aWrongRangeIsShownWithWhatIsAllowed(String range, String message) {
    assertThat(errorOf(tuning("seed: 1", "optimizer.beta2: " + range)))
        .contains("tuning.parameters.optimizer.beta2")
        .contains(message)
        .contains(" 1 problem\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "metric: test.accuracy | 'test.accuracy' is no metric that can be watched",
        "metric: validation.acc | 'validation.acc' is no metric that can be watched",
        "search: bayes | tuning.search (line 4): unknown search bayes; allowed: random, grid",
        "trials: 0 | tuning.trials (line 4): must be a whole number from 1 to 10000, found 0",
        "parallel: 0 | tuning.parallel (line 4): must be a whole number of at least 1, found 0",
        "halving: {factor: 1} | tuning.halving.factor (line 4): must be a whole number of at least 2",
        "trails: 3 | tuning.trails (line 4): unknown key, did you mean trials?"
      })
  void aWrongSettingIsShownWithWhatIsAllowed(String setting, String message) {
    assertThat(errorOf(tuning(setting, RATE))).contains(message).contains(" 1 problem\n");
  }

  @Test
  void aSearchWithoutParametersIsNone() {
    assertThat(errorOf(MINIMAL + "tuning: {trials: 3}"))
        .contains("tuning.parameters: missing; must be a block of key paths");
  }

  @ParameterizedTest
  @CsvSource({"name", "tuning.seed", "tuning"})
  void theSearchItselfCannotVary(String path) {
    assertThat(errorOf(tuning("seed: 1", path + ": {choice: [1]}")))
        .contains("tuning.parameters." + path + " (line 6): cannot vary from trial to trial");
  }

  @ParameterizedTest
  @CsvSource({"optimizer", "network.layers[0]", "network.layers", "network"})
  void aBlockDoesNotReplaceWhatVariesInsideIt(String path) {
    String units = "network.layers[0].units: {choice: [3]}";
    String block = path + ": {choice: [{}]}";
    assertThat(errorOf(tuning("seed: 1", RATE, units, block)))
        .contains("tuning.parameters." + path + " (line 8): would replace the values of ")
        .contains("; put it before ");
    assertThat(read(tuning("seed: 1", block, RATE, units)).tuning().space().parameters())
        .hasSize(3);
  }

  @Test
  void halvingByATrainingMetricNeedsNoValidation() {
    String halving = tuning("metric: train.loss\nhalving: {minEpochs: 1}", RATE);
    assertThat(read(halving + "training: {validateEveryEpochs: 2}").tuning().halving())
        .isEqualTo(new Halving(3, 1));
  }

  @Test
  void halvingComparesAtTheSameEpoch() {
    String halving = tuning("halving: {minEpochs: 1}", RATE);
    assertThat(errorOf(halving, "training.steps=5")).contains("training.epochs must be given");
    assertThat(errorOf(halving, "training.validateEveryEpochs=2"))
        .contains("validateEveryEpochs of at most 1");
    assertThat(errorOf(tuning("halving: {}", "training.epochs: {choice: [1, 2]}")))
        .contains("cannot vary from trial to trial with halving");
  }

  @Test
  void aGridBeyondAllMeasureIsRefused() {
    String[] parameters = new String[6];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = "key" + i + ": {scale: linear, from: 0, to: 1}";
    }
    assertThat(errorOf(tuning("search: grid", parameters)))
        .contains("tuning.search (line 4): the grid has more than 10000 trials");
    assertThat(read(tuning("search: grid\ntrials: 20", parameters)).tuning().trialCount())
        .isEqualTo(20);
  }
}
