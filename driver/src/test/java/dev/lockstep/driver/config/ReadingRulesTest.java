package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files, numbers, paths, environment variables and {@code --set}. */
final class ReadingRulesTest {
  private static final String CSV =
      """
      data: {format: csv, path: train.csv, label: y}
      network: {layers: [{kind: dense, units: 1}]}
      """;

  @Test
  void jsonIsReadLikeYaml() {
    String json =
        """
        {
        \t"name": "small",
        \t"data": {
        \t\t"format": "csv", "path": "train.csv", "options": {"header": true}, "label": "y",
        \t\t"task": "classification", "validation": {"fraction": 0}, "test": {"fraction": 0},
        \t\t"normalize": "none", "weight": "w", "shape": [8, 8, 2]
        \t},
        \t"network": {
        \t\t"layers": [{"kind": "dense", "units": 7}, {"kind": "relu"}],
        \t\t"initialWeights": "initial.safetensors"
        \t},
        \t"optimizer": {"kind": "adam", "learningRate": 1e-2},
        \t"schedule": {"kind": "constant"},
        \t"regularization": {"l1": 0.003, "l2": 5E-2},
        \t"training": {
        \t\t"epochs": 3, "batchSize": 16, "shards": 1, "shuffle": false, "seed": 1,
        \t\t"gradientClip": {"norm": 0.25}
        \t}
        }
        """;
    String yaml =
        """
        name: small
        data:
          format: csv
          path: train.csv
          options: {header: true}
          label: y
          task: classification
          validation: {fraction: 0}
          test: {fraction: 0.0}
          normalize: none
          weight: w
          shape: [8, 8, 2]
        network:
          layers:
            - {kind: dense, units: 7}
            - relu
          initialWeights: initial.safetensors
        optimizer: {kind: adam, learningRate: 0.01}
        schedule: constant
        regularization: {l1: 3e-3, l2: 0.05}
        training:
          epochs: 3
          batchSize: 16
          shards: 1
          shuffle: false
          seed: 1
          gradientClip: {norm: 0.25}
        """;
    RunConfiguration configuration = read(json);
    assertThat(configuration).isEqualTo(read(yaml));
    assertThat(configuration.data().options()).containsExactly(Map.entry("header", "true"));
    assertThat(configuration.data().task()).isEqualTo(Task.CLASSIFICATION);
    assertThat(configuration.data().normalize()).isEqualTo(Normalization.NONE);
    assertThat(configuration.data().shape()).isEqualTo(new Shape(8, 8, 2));
    assertThat(configuration.data().weight()).isEqualTo("w");
    assertThat(configuration.network().initialWeights()).isEqualTo("/conf/initial.safetensors");
    assertThat(configuration.training())
        .isEqualTo(
            new TrainingSettings(
                3,
                null,
                16,
                1,
                false,
                1,
                0.25,
                Synchronizer.AUTO,
                null,
                null,
                1,
                CheckpointSettings.DEFAULT,
                null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-5", "1.0e-5", "1E-5", "0.00001", ".1e-4", "+1e-5"})
  void everySpellingOfANumberCounts(String number) {
    assertThat(read(MINIMAL, "optimizer.learningRate=" + number).optimizer().learningRate())
        .isEqualTo(1e-5);
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 1000",
    "1_000, 1000",
    "1e3, 1000",
    "1000.0, 1000",
    "-7, -7",
    "-9223372036854775808, -9223372036854775808"
  })
  void everySpellingOfAWholeNumberCounts(String number, long seed) {
    assertThat(read(MINIMAL, "training.seed=" + number).training().seed()).isEqualTo(seed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"007", "5", "y", "no", "True", "1e-5", "null_", "a b", "größe"})
  void namesOfColumnsStayAsWritten(String column) {
    assertThat(read(MINIMAL + "name: run\n", "data.label=" + column).data().label())
        .isEqualTo(column);
  }

  @Test
  void anchorsAndAliasesWork() {
    String text =
        """
        data: {format: bundled, name: digits}
        network:
          layers:
            - &hidden {kind: dense, units: 8}
            - relu
            - *hidden
        """;
    assertThat(read(text).network().layers()).hasSize(3);
    List<LayerSpec> changed = read(text, "network.layers[0].units=9").network().layers();
    assertThat(((LayerSpec.Dense) changed.get(0)).units()).isEqualTo(9);
    assertThat(((LayerSpec.Dense) changed.get(2)).units()).isEqualTo(8);
  }

  // Files

  @Test
  void aLocalFileIsReadByPathOrUri(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("my run.yaml"), "\uFEFF" + CSV);
    RunConfiguration byPath = ConfigurationReader.read(file.toString(), List.of(), Map.of());
    assertThat(byPath.name()).isEqualTo("my run");
    assertThat(byPath.data().location())
        .isEqualTo(new DataLocation.Csv(List.of(folder.resolve("train.csv").toString())));
    assertThat(ConfigurationReader.read(file.toUri().toString(), List.of("name=my run"), Map.of()))
        .isEqualTo(byPath);
  }

  @Test
  void aFileThatCannotBeReadIsNamed(@TempDir Path folder) throws IOException {
    String missing = folder.resolve("none.yaml").toString();
    assertThat(fileError(missing))
        .isEqualTo("cannot read configuration " + missing + ": there is no such file");
    assertThat(fileError(folder.toString()))
        .isEqualTo("configuration " + folder + " is a folder; it must be a YAML or JSON file");
    Path binary = Files.write(folder.resolve("x.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThat(fileError(binary.toString()))
        .isEqualTo("cannot read configuration " + binary + ": it is not UTF-8 text");
    Path large = Files.write(folder.resolve("l.yaml"), new byte[ConfigurationReader.MAX_SIZE + 1]);
    assertThat(fileError(large.toString())).contains("is larger than 1 MiB");
    assertThat(fileError("hdfs://host/a.yaml"))
        .isEqualTo("configuration hdfs://host/a.yaml is not a local file");
    assertThat(fileError("a\0b")).contains("is not a usable path");
  }

  private static String fileError(String file) {
    LockstepException error =
        catchThrowableOfType(
            LockstepException.class, () -> ConfigurationReader.read(file, List.of(), Map.of()));
    assertThat(error.kind()).isEqualTo(ErrorKind.USAGE);
    return error.getMessage();
  }

  // Paths

  @ParameterizedTest
  @CsvSource({
    "train.csv, /conf/train.csv",
    "../data/train.csv, /data/train.csv",
    "data/*.csv, /conf/data/*.csv",
    "/abs/train.csv, /abs/train.csv",
    "hdfs://host/train.csv, hdfs://host/train.csv",
    "s3a://bucket/a b, s3a://bucket/a b",
    "file:/x/../y, file:/x/../y"
  })
  void localPathsAreRelativeToTheFile(String written, String resolved) {
    assertThat(read(CSV, "data.path=" + written).data().location())
        .isEqualTo(new DataLocation.Csv(List.of(resolved)));
    assertThat(read(CSV, "network.initialWeights=" + written).network().initialWeights())
        .isEqualTo(resolved);
    assertThat(read(CSV, "data.test={path: '" + written + "'}").data().test())
        .isEqualTo(new HeldOut.Separate(new DataLocation.Csv(List.of(resolved))));
  }

  @Test
  void listsOfPathsAreResolvedOneByOne() {
    assertThat(read(CSV, "data.path=[a.csv, /b.csv]").data().location())
        .isEqualTo(new DataLocation.Csv(List.of("/conf/a.csv", "/b.csv")));
    assertThat(errorOf(CSV, "data.path=[]")).contains("found an empty list");
    assertThat(errorOf(CSV, "data.path=[a, null]")).contains("data.path[1] (");
  }

  @Test
  void idxFilesAreResolved() {
    assertThat(read(MINIMAL, "data={format: idx, images: i, labels: l}").data().location())
        .isEqualTo(new DataLocation.Idx("/conf/i", "/conf/l"));
    assertThat(
            read(
                    MINIMAL,
                    "data={format: idx, images: i, labels: l, test: {images: ti, labels: tl}}")
                .data()
                .test())
        .isEqualTo(new HeldOut.Separate(new DataLocation.Idx("/conf/ti", "/conf/tl")));
    assertThat(errorOf(MINIMAL, "data={format: idx, images: i, labels: l, test: {images: ti}}"))
        .endsWith("data.test.labels: missing; must be the IDX file of the labels");
  }

  @Test
  void heldOutCifarFilesHaveTheClassesOfTheOthers() {
    assertThat(
            read(MINIMAL, "data={format: cifar, path: a, classes: 100, test: {path: [t]}}")
                .data()
                .test())
        .isEqualTo(new HeldOut.Separate(new DataLocation.Cifar(List.of("/conf/t"), 100)));
    assertThat(read(MINIMAL, "data={format: cifar, path: a}").data().location())
        .isEqualTo(new DataLocation.Cifar(List.of("/conf/a"), 10));
    assertThat(errorOf(MINIMAL, "data={format: cifar, path: a, classes: 64, test: {path: t}}"))
        .endsWith(
            "data.classes (--set data={format: cifar, path: a, classes: 64, test: {path: t}}): unknown number of classes 64; allowed: 10, 20, 100");
    assertThat(errorOf(MINIMAL, "data={format: cifar, path: a, test: {path: t, classes: 10}}"))
        .contains("data.test.classes", "unknown key; allowed: fraction, path");
  }

  @Test
  void aConfigurationOnAnotherFileSystemHasItsPathsThere() {
    RunConfiguration remote =
        ConfigurationReader.read(CSV, "hdfs://h/conf/a.yaml", "hdfs://h/conf", List.of(), Map.of());
    assertThat(remote.data().location())
        .isEqualTo(new DataLocation.Csv(List.of("hdfs://h/conf/train.csv")));
  }

  @Test
  void aHeldOutSplitIsAShareOrFilesOfItsOwn() {
    assertThat(read(CSV, "data.test.fraction=0.25").data().test())
        .isEqualTo(new HeldOut.Fraction(0.25));
    assertThat(errorOf(CSV, "data.test={fraction: 0.1, path: a}"))
        .endsWith("give either fraction or path, not both");
  }

  // Environment

  @Test
  void environmentVariablesAreSubstitutedAndTypedAgain() {
    String text =
        CSV
            + """
            name: "${WHO}-${WHAT:-run}"
            training:
              epochs: ${N:-3}
              batchSize: "${B}"
              shards: ${NOTHING:-}
              shuffle: ${SHUFFLE:-true}
            optimizer: ${OPTIMIZER}
            """;
    Map<String, String> environment =
        Map.of("WHO", "ann", "B", "64", "SHUFFLE", "false", "OPTIMIZER", "sgd", "WHAT", "");
    RunConfiguration configuration = read(text, environment);
    assertThat(configuration.name()).isEqualTo("ann-run");
    assertThat(configuration.training().epochs()).isEqualTo(3);
    assertThat(configuration.training().batchSize()).isEqualTo(64);
    assertThat(configuration.training().shards()).isNull();
    assertThat(configuration.training().shuffle()).isFalse();
    assertThat(configuration.optimizer()).isInstanceOf(Optimizer.Sgd.class);
  }

  @Test
  void substitutionWorksInPathsListsOptionsAndOverrides() {
    Map<String, String> environment = Map.of("DIR", "/mnt", "SEP", ";");
    RunConfiguration configuration =
        read(
            CSV,
            environment,
            "data.path=['${DIR}/a.csv', b.csv]",
            "data.options.sep=\"${SEP}\"",
            "data.features=['${COLUMN:-x}']");
    assertThat(configuration.data().location())
        .isEqualTo(new DataLocation.Csv(List.of("/mnt/a.csv", "/conf/b.csv")));
    assertThat(configuration.data().options()).containsEntry("sep", ";");
    assertThat(configuration.data().features()).containsExactly("x");
  }

  @Test
  void referencesThatCannotBeResolvedAreErrors() {
    assertThat(errorOf(MINIMAL + "training: {epochs: 3}\nname: ${WHO}"))
        .isEqualTo(
            "conf/run.yaml: 1 problem\n"
                + "  name (line 4): environment variable WHO is not set; set it or write"
                + " ${WHO:-default}");
    assertThat(errorOf(MINIMAL + "name: ${A:-${B}}"))
        .contains("cannot read the reference in ${A:-${B}}");
    assertThat(errorOf(MINIMAL + "name: ${A B}")).contains("cannot read the reference");
    assertThat(errorOf(CSV, "data.path=${NOWHERE}")).contains(": 1 problem\n");
  }

  @Test
  void aDoubledDollarIsNoReference() {
    assertThat(read(MINIMAL + "name: a$${B}$c").name()).isEqualTo("a${B}$c");
  }

  @Test
  void aWrongValueFromTheEnvironmentIsShownUnlessItIsSecret() {
    Map<String, String> environment = Map.of("N", "many", "MY_TOKEN", "hunter2");
    assertThat(errorOf(MINIMAL + "training:\n  epochs: ${N}", environment))
        .endsWith("must be a whole number of at least 1, found ${N} = many");
    assertThat(errorOf(MINIMAL + "training:\n  epochs: ${MY_TOKEN}", environment))
        .endsWith("must be a whole number of at least 1, found ${MY_TOKEN}")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'../../x'",
        "'..'",
        "'.'",
        "'/etc'",
        "'a\\b'",
        "\"a\\0b\"",
        "\"a\\nb\"",
        "\"a\\u202Eb\""
      })
  void aNameThatLeadsOutOfTheFolderForRunsIsRefused(String name) {
    assertThat(errorOf(MINIMAL + "name: " + name))
        .contains("name (line ", "must be a name fit for a folder, without slashes");
  }

  @Test
  void aMarkInTheSecretsPlaceIsNoSecret() {
    assertThat(errorOf(CSV, "data.options.password='*********(redacted)'"))
        .contains("data.options.password", "a secret was left out here; write ${NAME} for it");
  }

  // --set

  @Test
  void settingsOfTheCommandLineReplaceValues() {
    RunConfiguration changed =
        read(
            CSV + "optimizer: adam\ntraining: {epochs: 3}\n",
            "training.epochs=5",
            "network.layers[0].units=64",
            "data.features=[a,b]",
            "optimizer.learningRate=1e-2",
            "training.gradientClip.norm=1",
            "name = x=y ",
            "training.epochs=7");
    assertThat(changed.training().epochs()).isEqualTo(7);
    assertThat(((LayerSpec.Dense) changed.network().layers().get(0)).units()).isEqualTo(64);
    assertThat(changed.data().features()).containsExactly("a", "b");
    assertThat(changed.optimizer()).isEqualTo(new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8));
    assertThat(changed.training().gradientClipNorm()).isEqualTo(1.0);
    assertThat(changed.name()).isEqualTo("x=y");
  }

  @Test
  void nullTakesAKeyOut() {
    TrainingSettings training =
        read(CSV + "training: {epochs: 3}", "training.epochs=null", "training.steps=9").training();
    assertThat(training.epochs()).isNull();
    assertThat(training.steps()).isEqualTo(9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trainin.epochs=3 | trainin (--set trainin.epochs=3): unknown key, did you mean training?",
        "training.epoch=3 | training.epoch (--set training.epoch=3): unknown key, did you mean"
            + " epochs?",
        "network.layers[3].units=1 | --set network.layers[3].units=1: network.layers has the"
            + " entries network.layers[0] to network.layers[0]",
        "network.layers.units=1 | --set network.layers.units=1: network.layers is a list; name one"
            + " entry, such as network.layers[0].units",
        "name[0]=1 | --set name[0]=1: name is not a list",
        "training.epochs | --set training.epochs: must be key.path=value, such as"
            + " training.epochs=3",
        "=3 | --set =3: must be key.path=value",
        "a..b=3 | --set a..b=3: must be key.path=value",
        "a[x]=3 | --set a[x]=3: must be key.path=value",
        "data.features=[a | --set data.features=[a: the value cannot be read as YAML, line 1"
      })
  void aBadSettingIsExplained(String setting, String start) {
    assertThat(errorOf(CSV, setting)).startsWith("conf/run.yaml: 1 problem\n  " + start);
  }

  @Test
  void badSettingsAreReportedWithEverythingElse() {
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> read(CSV + "nmae: x", "training.epochs=0", "x"))
        .withMessageStartingWith("conf/run.yaml: 3 problems\n");
  }
}
