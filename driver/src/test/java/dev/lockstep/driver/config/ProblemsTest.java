package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people are told when something is wrong. */
final class ProblemsTest {
  @Test
  void allProblemsAreReportedTogether() {
    String text =
        """
        data:
          format: csv
          path: train.csv
          features: a
        network:
          layers:
            - {kind: dense, units: many}
            - rleu
            - {kind: dropout, keep: 1.5}
        optimizer:
          kind: adam
          learning_rate: 0.1
          beta1: -1
        training:
          epochs: 0
          batchSize: 1.5
          gradientClip: {norm: 0}
        registry: {keep: 3}
        """;
    assertThat(errorOf(text))
        .isEqualTo(
            """
            conf/run.yaml: 11 problems
              data.label: missing; must be the name of the label column
              data.features (line 4): must be a list, each entry the name of a column, found a
              network.layers[0].units (line 7): must be a whole number of at least 1, found many
              network.layers[1] (line 8): unknown kind rleu, did you mean relu?; allowed: LAYERS
              network.layers[2].keep (line 9): must be a number above 0 and at most 1, found 1.5
              optimizer.beta1 (line 13): must be a number of at least 0 and below 1, found -1
              optimizer.learning_rate (line 12): unknown key, did you mean learningRate?; allowed: kind, learningRate, beta1, beta2, epsilon
              training.epochs (line 15): must be a whole number of at least 1, found 0
              training.batchSize (line 16): must be a whole number of at least 1, found 1.5
              training.gradientClip.norm (line 17): must be a number above 0, found 0
              registry.path: missing; must be the folder of a model registry\
            """
                .replace("LAYERS", String.join(", ", LayerKinds.TABLE.names().supported())));
  }

  @Test
  void problemsAreUsageErrors() {
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> Configurations.read("nonsense: 1"))
        .extracting(LockstepException::kind)
        .isEqualTo(ErrorKind.USAGE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "optimizer.learningRate=-0.1 | optimizer.learningRate | a number above 0, found -0.1",
        "optimizer.learningRate=0 | optimizer.learningRate | a number above 0, found 0",
        "optimizer.learningRate=.inf | optimizer.learningRate | a number above 0, found .inf",
        "optimizer.learningRate=.nan | optimizer.learningRate | a number above 0, found .nan",
        "optimizer.learningRate=1e999 | optimizer.learningRate | a number above 0, found 1e999",
        "optimizer.learningRate=\"0.1\" | optimizer.learningRate | a number above 0, found \"0.1\"",
        "optimizer.learningRate=[1] | optimizer.learningRate | a number above 0, found a list",
        "optimizer.beta1=1 | optimizer.beta1 | a number of at least 0 and below 1, found 1",
        "optimizer.epsilon=0 | optimizer.epsilon | a number above 0, found 0",
        "regularization.l1=-1 | regularization.l1 | a number of at least 0, found -1",
        "regularization.l2=x | regularization.l2 | a number of at least 0, found x",
        "network.layers[0].units=0 | network.layers[0].units | a whole number of at least 1, found"
            + " 0",
        "network.layers[0].units=3000000000 | network.layers[0].units | a whole number of at most"
            + " 2147483647, found 3000000000",
        "network.layers[0].bias=maybe | network.layers[0].bias | true or false, found maybe",
        "network.layers=[] | network.layers | a list of at least one layer, found an empty list",
        "network.layers=relu | network.layers | a list of at least one layer, found relu",
        "training=3 | training | a block of keys, found 3",
        "training.steps=0 | training.steps | a whole number of at least 1, found 0",
        "training.shards=-1 | training.shards | a whole number of at least 1, found -1",
        "training.epochs=010 | training.epochs | a whole number of at least 1, found 010",
        "training.seed=99999999999999999999 | training.seed | a whole number, found"
            + " 99999999999999999999",
        "training.shuffle=1 | training.shuffle | true or false, found 1",
        "training.validateEveryEpochs=0 | training.validateEveryEpochs | a whole number of at least"
            + " 1, found 0",
        "data.validation.fraction=1 | data.validation.fraction | a number of at least 0 and below"
            + " 1, found 1",
        "data.shape=[8, 8] | data.shape | three whole numbers of at least 1: [height, width,"
            + " channels], found a list of 2",
        "data.shape=[8, 0, 1] | data.shape[1] | a whole number of at least 1, found 0",
        "name=a/b | name | a name fit for a folder, without slashes, found a/b",
        "data.label=\"\" | data.label | the name of a column, found \"\"",
        "data.features=[a, [b]] | data.features[1] | the name of a column, found a list"
      })
  void aWrongValueIsShownWithWhatIsAllowed(String setting, String path, String rest) {
    assertThat(errorOf(MINIMAL, setting))
        .isEqualTo(
            "conf/run.yaml: 1 problem\n  " + path + " (--set " + setting + "): must be " + rest);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "optmizer=adam | optmizer | unknown key, did you mean optimizer?",
        "training.batch_size=3 | training.batch_size | unknown key, did you mean batchSize?",
        "training.batch=3 | training.batch | unknown key, did you mean batchSize?",
        "training.qwertz=3 | training.qwertz | unknown key; allowed: epochs, steps",
        "training.checkpoints=3 | training.checkpoints | unknown key, did you mean checkpoint?",
        "optimizer=addam | optimizer | unknown kind addam, did you mean adam?",
        "network.layers[0].unit=3 | network.layers[0].unit | unknown key, did you mean units?",
        "network.layers[0].initializer=HE | network.layers[0].initializer | unknown kind HE, did"
            + " you mean he?",
        "data.name=digit | data.name | unknown bundled data set digit, did you mean digits?",
        "data.name=breast_cancer | data.name | unknown bundled data set breast_cancer, did you mean"
            + " breastCancer?",
        "data.normalize=minmax | data.normalize | unknown normalization minmax, did you mean"
            + " minMax?",
        "data.task=regresion | data.task | unknown task regresion, did you mean regression?",
        "data.format=CSV | data.format | unknown format CSV, did you mean csv?",
        "data.test.fractoin=0 | data.test.fractoin | unknown key, did you mean fraction?",
        "training.gradientClip={norm: 1, value: 2} | training.gradientClip.value | unknown key;"
            + " allowed: norm"
      })
  void theNearestNameIsSuggested(String setting, String path, String start) {
    assertThat(errorOf(MINIMAL, setting))
        .startsWith("conf/run.yaml: 1 problem\n  " + path + " (--set " + setting + "): " + start);
  }

  @Test
  void epochsAndStepsExcludeEachOther() {
    assertThat(errorOf(MINIMAL + "training: {epochs: 3}", "training.steps=7"))
        .endsWith(
            "training (--set training.steps=7): give either epochs or steps, not both; --set"
                + " training.epochs=null takes the epochs out");
  }

  @Test
  void fractionsMustLeaveTrainingRows() {
    assertThat(errorOf(MINIMAL, "data.test.fraction=0.9"))
        .endsWith(
            "data (--set data.test.fraction=0.9): validation.fraction 0.1 and test.fraction 0.9"
                + " leave nothing to train on; their sum must be below 1");
  }

  @Test
  void keysOfAnotherFormatAreOutOfPlace() {
    assertThat(errorOf(MINIMAL, "data.images=a.gz"))
        .endsWith(
            "data.images (--set data.images=a.gz): does not go with format bundled; it belongs to"
                + " idx");
    assertThat(errorOf(MINIMAL, "data={format: idx, images: a, labels: b, features: [c]}"))
        .contains("data.features (")
        .endsWith("does not go with format idx; it belongs to csv, bundled, synthetic");
    assertThat(errorOf(MINIMAL, "data.validation={path: a.csv}"))
        .endsWith("unknown key; allowed: fraction");
  }

  @Test
  void everyFormatNamesWhatItNeeds() {
    assertThat(errorOf(MINIMAL, "data={format: csv}"))
        .contains("data.path: missing; must be a file, folder or glob, or a list of them")
        .contains("data.label: missing; must be the name of the label column");
    assertThat(errorOf(MINIMAL, "data={format: libsvm}")).contains("data.path: missing");
    assertThat(errorOf(MINIMAL, "data={format: idx}"))
        .contains("data.images: missing; must be the IDX file of the images")
        .contains("data.labels: missing; must be the IDX file of the labels");
    assertThat(errorOf(MINIMAL, "data={format: bundled}"))
        .contains("data.name: missing; must be one of digits, wine, iris, breastCancer");
    assertThat(errorOf(MINIMAL, "data={format: synthetic}"))
        .contains("data.name: missing; must be one of moons, circles, spirals, blobs");
    assertThat(errorOf(MINIMAL, "data={}"))
        .contains(
            "data.format: missing; must be one of csv, libsvm, idx, cifar, bundled, synthetic");
  }

  @Test
  void anEmptyConfigurationLacksDataAndNetwork() {
    assertThat(errorOf("{}"))
        .isEqualTo(
            """
            conf/run.yaml: 2 problems
              data.format: missing; must be one of csv, libsvm, idx, cifar, bundled, synthetic
              network.layers: missing; must be a list of at least one layer\
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | conf/run.yaml is empty; it must be a YAML or JSON run configuration",
        "'a: b: c' | conf/run.yaml cannot be read as YAML or JSON, line 1, column 5: mapping values"
            + " are not allowed here",
        "'a: {p: ${X:-3}}' | conf/run.yaml cannot be read as YAML or JSON, line 1, column 9:"
            + " expected ',' or '}', but got {; inside {…} and […] put \"${…}\" in quotes",
        "'a: *nowhere' | conf/run.yaml cannot be read as YAML or JSON, line 1: alias *nowhere has"
            + " no anchor before it"
      })
  void malformedTextIsReportedWithItsPlace(String text, String message) {
    assertThat(errorOf(text)).isEqualTo(message);
  }

  @Test
  void onlyOneDocumentIsAllowed() {
    assertThat(errorOf("a: 1\n---\nb: 2\n"))
        .endsWith("line 3: a second document begins here; only one is allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1, 2]", "just words", "7"})
  void aConfigurationIsABlockOfKeys(String text) {
    assertThat(errorOf(text)).contains("the configuration (line 1): must be a block of keys");
  }

  @Test
  void duplicateKeysAreErrors() {
    assertThat(errorOf(MINIMAL + "training:\n  seed: 1\n  seed: 2\n"))
        .isEqualTo(
            "conf/run.yaml: 1 problem\n  training.seed (line 5): given twice, first in line 4");
    assertThat(errorOf("{\"name\": 1,\n \"name\": 2}"))
        .contains("name (line 2): given twice, first in line 1");
  }

  @Test
  void aReportOfManyProblemsIsCutShort() {
    StringBuilder text = new StringBuilder(MINIMAL);
    for (int i = 0; i < 200; i++) {
      text.append("key").append(i).append(": 1\n");
    }
    assertThat(errorOf(text.toString()))
        .startsWith("conf/run.yaml: 200 problems\n")
        .endsWith("\n  … and 150 more");
  }

  @Test
  void hugeAndDeepTextsAreRefused() {
    assertThat(errorOf("#".repeat(ConfigurationReader.MAX_SIZE + 1)))
        .isEqualTo("configuration conf/run.yaml is larger than 1 MiB; is it the right file?");
    assertThat(errorOf("a: " + "[".repeat(500))).contains("nested more than 50 levels deep");
    assertThat(errorOf("{\"a\": " + "[".repeat(500))).contains("nested more than 50 levels deep");
  }

  @Test
  void aliasesCannotExplode() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a%d: &a%d [%s]%n".formatted(i, i, ("*a" + (i - 1) + " , ").repeat(10)));
    }
    assertThat(errorOf(bomb.toString())).contains("line 4: aliases repeat more than 10000 values");
    String many = "a: [" + "1,".repeat(100_000) + "]";
    assertThat(errorOf(many)).contains("line 1: more than 100000 values");
  }

  @Test
  void aSmallTextCannotCostMuchMemory() {
    StringBuilder text = new StringBuilder();
    for (int level = 0; level < 20; level++) {
      text.append(" ".repeat(level)).append("k".repeat(900)).append(":\n");
    }
    text.append(" ".repeat(20)).append("- &many [").append("1,".repeat(900)).append("]\n");
    text.append((" ".repeat(20) + "- *many\n").repeat(10));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    errorOf(text.toString());
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThat(errorOf(text.toString())).contains("unknown key");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(400L * text.length());
  }

  @Test
  void aliasesCannotMakeADeepValueOfFlatOnes() {
    String text =
        "a: &a %s1%s%nb: &b %s*a %s%n"
            .formatted("[".repeat(40), "]".repeat(40), "[".repeat(40), "]".repeat(40));
    assertThat(errorOf(text)).contains("line 2: nested more than 50 levels deep");
    assertThat(errorOf("a: &a [[1]]\nb: " + "[".repeat(40) + "*a " + "]".repeat(40)))
        .contains("unknown key")
        .doesNotContain("nested");
  }

  /** The key path of each of many values would hold the long key. */
  @Test
  void keysOfExcessiveLengthAreRefused() {
    assertThat(errorOf("a: {\"" + "k".repeat(1001) + "\": 1}"))
        .contains("line 1: a key of more than 1000 characters");
  }

  /**
   * A pattern that looks at each group of digits would need a stack as deep as the text is long.
   */
  @Test
  void numbersWithoutEndAreNoNumbers() {
    assertThat(errorOf(MINIMAL + "training: {epochs: 1" + "_1".repeat(100_000) + "}"))
        .contains("training.epochs", "must be a whole number of at least 1");
    assertThat(errorOf(MINIMAL, "a" + "[0]".repeat(100_000) + "=1"))
        .contains("must be key.path=value");
  }

  /** Each of them would be compared with every name that is known. */
  @Test
  void countlessProblemsAreCountedNotDescribed() {
    StringBuilder text = new StringBuilder("network: {layers: [");
    for (int i = 0; i < 30_000; i++) {
      text.append("wrong").append(i).append(", ");
    }
    text.append("]}\ndata: {format: bundled, name: digits}\n");
    for (int i = 0; i < 30_000; i++) {
      text.append("key").append(i).append(": 1\n");
    }
    assertThat(errorOf(text.toString()))
        .startsWith("conf/run.yaml: 60000 problems\n")
        .endsWith("\n  … and 59950 more");
  }

  @Test
  void tagsMakeNoObjects() {
    assertThat(
            errorOf(
                "data: !!java.io.File [/etc/passwd]\nnetwork: !!javax.script.ScriptEngineManager {}"))
        .contains("data (line 1): must be a block of keys, found a list");
  }
}
