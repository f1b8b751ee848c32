package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.schedule.EarlyStopping;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind parses, in both spellings, and every member of a sealed family has a kind. */
final class KindsTest {
  /** Kinds of layers that have no settings. */
  private static final List<String> PLAIN_LAYERS =
      List.of(
          "batchNorm", "layerNorm", "relu", "leakyRelu", "elu", "gelu", "silu", "tanh", "sigmoid");

  static Stream<Arguments> families() {
    return Stream.of(
        Arguments.of(LayerSpec.class, LayerKinds.TABLE.types()),
        Arguments.of(Initializer.class, InitializerKinds.TABLE.types()),
        Arguments.of(LossSpec.class, LossKinds.TABLE.types()),
        Arguments.of(Optimizer.class, OptimizerKinds.TABLE.types()),
        Arguments.of(Schedule.class, ScheduleKinds.TABLE.types()),
        Arguments.of(Augmentation.class, AugmentationKinds.TABLE.types()),
        Arguments.of(DataLocation.class, formatTypes()));
  }

  private static List<Class<?>> formatTypes() {
    List<Class<?>> types = new ArrayList<>();
    DataFormats.all().forEach(format -> types.add(format.type()));
    return types;
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyMemberOfAFamilyCanBeConfigured(Class<?> family, List<Class<?>> configurable) {
    assertThat(configurable).containsExactlyInAnyOrder(family.getPermittedSubclasses());
  }

  @Test
  void theNamesAreThoseThatTheTypesGiveThemselves() {
    assertThat(layer("{kind: dense, units: 3}").kind()).isEqualTo("dense");
    for (String kind : PLAIN_LAYERS) {
      assertThat(layer(kind).kind()).isEqualTo(kind);
    }
    for (String kind : LossKinds.TABLE.names().supported()) {
      assertThat(read(MINIMAL + "loss: " + kind).loss().kind()).isEqualTo(kind);
    }
  }

  private static LayerSpec layer(String text) {
    return read(MINIMAL, "network.layers=[" + text + "]").network().layers().get(0);
  }

  @Test
  void layersWithoutSettingsHaveTwoSpellings() {
    for (String kind : PLAIN_LAYERS) {
      assertThat(layer(kind)).isEqualTo(layer("{kind: " + kind + "}"));
    }
  }

  @Test
  void layersTakeSettings() {
    assertThat(layer("{kind: dense, units: 64, initializer: xavier, bias: false}"))
        .isEqualTo(new LayerSpec.Dense(64, new Initializer.Xavier(), false));
    assertThat(layer("{kind: dropout, keep: 0.8}")).isEqualTo(new LayerSpec.Dropout(0.8));
    assertThat(layer("{kind: dropout, keep: 1}")).isEqualTo(new LayerSpec.Dropout(1));
    assertThat(layer("batchNorm")).isEqualTo(new LayerSpec.BatchNorm(BatchMoments.SHARD));
    assertThat(layer("{kind: batchNorm, moments: shard}")).isEqualTo(new LayerSpec.BatchNorm());
  }

  @Test
  void layersOnImagesTakeSettings() {
    Initializer he = new Initializer.He();
    assertThat(layer("{kind: conv2d, filters: 8, kernel: 3}"))
        .isEqualTo(new LayerSpec.Conv2d(8, 3, 1, Padding.VALID, he, null));
    assertThat(
            layer(
                "{kind: conv2d, filters: 4, kernel: 5, stride: 2, padding: same, initializer:"
                    + " zeros, bias: true}"))
        .isEqualTo(new LayerSpec.Conv2d(4, 5, 2, Padding.SAME, new Initializer.Zeros(), true));
    assertThat(layer("{kind: conv2d, filters: 8, kernel: 2, padding: valid}"))
        .isEqualTo(new LayerSpec.Conv2d(8, 2, 1, Padding.VALID, he, null));
    assertThat(layer("{kind: maxPool, size: 2}")).isEqualTo(new LayerSpec.MaxPool(2));
    assertThat(layer("{kind: averagePool, size: 3}")).isEqualTo(new LayerSpec.AveragePool(3));
    for (String kind : List.of("globalAveragePool", "flatten")) {
      assertThat(layer(kind)).isEqualTo(layer("{kind: " + kind + "}"));
      assertThat(layer(kind).kind()).isEqualTo(kind);
    }
  }

  @Test
  void blocksHoldLayers() {
    assertThat(
            layer(
                "{kind: residual, projection: true, layers: [relu, {kind: residual, layers:"
                    + " [tanh]}]}"))
        .isEqualTo(
            new LayerSpec.Residual(
                List.of(
                    new LayerSpec.Relu(),
                    new LayerSpec.Residual(List.of(new LayerSpec.Tanh()), false)),
                true));
    assertThat(errorOf(MINIMAL, "network.layers=[{kind: residual, layers: [{kind: dense}]}]"))
        .contains("network.layers[0].layers[0].units", "missing");
    assertThat(errorOf(MINIMAL, "network.layers=[{kind: residual, layers: []}]"))
        .contains("network.layers[0].layers", "must be a list of at least one layer");
    assertThat(errorOf(MINIMAL, "network.layers=[{kind: residual}]"))
        .contains("network.layers[0].layers", "missing");
  }

  @Test
  void wrongSettingsOfLayersOnImagesAreNamed() {
    assertThat(errorOf(MINIMAL, "network.layers=[{kind: conv2d, filters: 0, paddin: same}]"))
        .contains(
            "network.layers[0].filters",
            "network.layers[0].kernel",
            "unknown key, did you mean padding?");
    assertThat(
            errorOf(
                MINIMAL, "network.layers=[{kind: conv2d, filters: 1, kernel: 1, padding: sme}]"))
        .contains("unknown padding sme, did you mean same?; allowed: same, valid");
    assertThat(errorOf(MINIMAL, "network.layers=[maxPool]"))
        .contains("network.layers[0].size", "missing; must be a whole number of at least 1");
  }

  @Test
  void momentsOfTheWholeMiniBatchNeedShardsThatMeet() {
    String layers =
        "network.layers=[{kind: batchNorm}, {kind: residual, layers: [{kind: batchNorm, moments:"
            + " synchronized}]}, {kind: batchNorm, moments: synchronized}]";
    LayerSpec synchronizedMoments = new LayerSpec.BatchNorm(BatchMoments.SYNCHRONIZED);
    assertThat(read(MINIMAL, layers, "training.synchronizer=local").network().layers())
        .containsExactly(
            new LayerSpec.BatchNorm(),
            new LayerSpec.Residual(List.of(synchronizedMoments), false),
            synchronizedMoments);
    assertThat(errorOf(MINIMAL, layers, "training.synchronizer=tree"))
        .isEqualTo(
            "conf/run.yaml: 2 problems\n"
                + "  network.layers[1].layers[0].moments: synchronized needs"
                + " training.synchronizer: barrier or local, found tree\n"
                + "  network.layers[2].moments: synchronized needs"
                + " training.synchronizer: barrier or local, found tree");
    assertThat(errorOf(MINIMAL, "network.layers=[{kind: batchNorm, moments: synchronised}]"))
        .contains(
            "unknown moments synchronised, did you mean synchronized?; allowed: shard,"
                + " synchronized");
  }

  @Test
  void everyInitializerHasTwoSpellings() {
    for (String kind : InitializerKinds.TABLE.names().supported()) {
      assertThat(layer("{kind: dense, units: 1, initializer: " + kind + "}"))
          .isEqualTo(layer("{kind: dense, units: 1, initializer: {kind: " + kind + "}}"));
    }
    assertThat(layer("{kind: dense, units: 1, initializer: {kind: normal, scale: 0.1}}"))
        .isEqualTo(new LayerSpec.Dense(1, new Initializer.Normal(0.1), null));
  }

  @Test
  void everyLossHasTwoSpellings() {
    for (String kind : LossKinds.TABLE.names().supported()) {
      assertThat(read(MINIMAL + "loss: " + kind))
          .isEqualTo(read(MINIMAL + "loss: {kind: " + kind + "}"));
    }
  }

  @Test
  void lossesTakeSettings() {
    assertThat(loss("huber")).isEqualTo(new LossSpec.Huber(1));
    assertThat(loss("huber, delta: 0.5")).isEqualTo(new LossSpec.Huber(0.5));
    assertThat(loss("softmaxCrossEntropy")).isEqualTo(new LossSpec.SoftmaxCrossEntropy());
    assertThat(loss("softmaxCrossEntropy, labelSmoothing: 0.1"))
        .isEqualTo(new LossSpec.SoftmaxCrossEntropy(0.1, List.of()));
    assertThat(loss("softmaxCrossEntropy, classWeights: [1, 2.5, 1e-3]"))
        .isEqualTo(new LossSpec.SoftmaxCrossEntropy(0, List.of(1.0, 2.5, 0.001)));
    assertThat(loss("softmaxCrossEntropy, classWeights: []"))
        .isEqualTo(loss("softmaxCrossEntropy, classWeights: null"))
        .isEqualTo(new LossSpec.SoftmaxCrossEntropy());
  }

  private static LossSpec loss(String settings) {
    return read(MINIMAL + "loss: {kind: " + settings + "}").loss();
  }

  @Test
  void everyWrongClassWeightIsNamed() {
    assertThat(
            errorOf(
                MINIMAL
                    + "loss: {kind: softmaxCrossEntropy, labelSmoothing: 1,"
                    + " classWeights: [1, 0, -2, x]}"))
        .contains(
            "4 problems",
            "loss.labelSmoothing (line 3): must be a number of at least 0 and below 1, found 1",
            "loss.classWeights[1] (line 3): must be a number above 0, found 0",
            "loss.classWeights[2] (line 3): must be a number above 0, found -2",
            "loss.classWeights[3] (line 3): must be a number above 0, found x");
    assertThat(errorOf(MINIMAL + "loss: {kind: softmaxCrossEntropy, classWeights: 2}"))
        .contains(
            "loss.classWeights (line 3): must be a list, each entry a number above 0, found 2");
    assertThat(errorOf(MINIMAL + "loss: {kind: huber, delta: 0}"))
        .contains("loss.delta (line 3): must be a number above 0, found 0");
  }

  @Test
  void everyOptimizerHasTwoSpellings() {
    for (String kind : OptimizerKinds.TABLE.names().supported()) {
      assertThat(read(MINIMAL + "optimizer: " + kind))
          .isEqualTo(read(MINIMAL + "optimizer: {kind: " + kind + "}"));
    }
  }

  @Test
  void optimizersTakeSettings() {
    assertThat(optimizer("sgd, learningRate: 0.5")).isEqualTo(new Optimizer.Sgd(0.5));
    assertThat(optimizer("momentum, learningRate: 1, beta: 0, biasCorrection: true"))
        .isEqualTo(new Optimizer.Momentum(1, 0, true));
    assertThat(optimizer("heavyBall, beta: 0.5")).isEqualTo(new Optimizer.HeavyBall(0.01, 0.5));
    assertThat(optimizer("nesterov, beta: 0.5")).isEqualTo(new Optimizer.Nesterov(0.01, 0.5));
    assertThat(optimizer("rmsProp, beta: 0.5, epsilon: 1e-6"))
        .isEqualTo(new Optimizer.RmsProp(0.001, 0.5, 1e-6));
    assertThat(optimizer("adam, beta1: 0.5, beta2: 0.6, epsilon: 1.0e-4"))
        .isEqualTo(new Optimizer.Adam(0.001, 0.5, 0.6, 1e-4));
    assertThat(optimizer("adamW, beta1: 0.5, beta2: 0.6, epsilon: 1.0e-4, weightDecay: 0"))
        .isEqualTo(new Optimizer.AdamW(0.001, 0.5, 0.6, 1e-4, 0));
    assertThat(optimizer("adagrad, learningRate: 0.5, epsilon: 1.0e-4"))
        .isEqualTo(new Optimizer.Adagrad(0.5, 1e-4));
    assertThat(optimizer("lars, beta: 0.5, weightDecay: 0.1, trustCoefficient: 0.2"))
        .isEqualTo(new Optimizer.Lars(0.1, 0.5, 0.1, 0.2));
    assertThat(optimizer("lamb, beta1: 0.5, beta2: 0.6, epsilon: 1.0e-4, weightDecay: 0.1"))
        .isEqualTo(new Optimizer.Lamb(0.001, 0.5, 0.6, 1e-4, 0.1));
  }

  private static Optimizer optimizer(String settings) {
    return read(MINIMAL + "optimizer: {kind: " + settings + "}").optimizer();
  }

  @Test
  void schedulesHaveTwoSpellings() {
    assertThat(read(MINIMAL + "schedule: constant").schedule())
        .isEqualTo(new Schedule.Constant())
        .isEqualTo(read(MINIMAL + "schedule: {kind: constant}").schedule());
  }

  @Test
  void schedulesTakeSettingsAndWarmUp() {
    assertThat(schedule("constant, warmupSteps: 3")).isEqualTo(new Schedule.Constant(3));
    assertThat(schedule("inverseTime, decay: 1")).isEqualTo(new Schedule.InverseTime(1, 0));
    assertThat(schedule("exponential")).isEqualTo(new Schedule.Exponential(0.95, 0));
    assertThat(schedule("exponential, rate: 0.5, warmupSteps: 2"))
        .isEqualTo(new Schedule.Exponential(0.5, 2));
    assertThat(schedule("inverseSqrt")).isEqualTo(new Schedule.InverseSqrt(1, 0));
    assertThat(schedule("inverseSqrt, k: 0.7")).isEqualTo(new Schedule.InverseSqrt(0.7, 0));
    assertThat(schedule("step, every: 2, factor: 0.5")).isEqualTo(new Schedule.Step(2, 0.5, 0));
    assertThat(schedule("cosine")).isEqualTo(new Schedule.Cosine(0, 0));
    assertThat(schedule("cosine, finalFraction: 0.1, warmupSteps: 4"))
        .isEqualTo(new Schedule.Cosine(0.1, 4));
    assertThat(schedule("linear, finalFraction: 1")).isEqualTo(new Schedule.Linear(1, 0));
    assertThat(schedule("plateau"))
        .isEqualTo(new Schedule.Plateau(WatchedMetric.VALIDATION_LOSS, 0.1, 10, 0));
    assertThat(
            schedule("plateau, metric: train.accuracy, factor: 0.5, patience: 2, warmupSteps: 3"))
        .isEqualTo(new Schedule.Plateau(new WatchedMetric("train", "accuracy"), 0.5, 2, 3));
  }

  private static Schedule schedule(String settings) {
    return read(MINIMAL + "schedule: {kind: " + settings + "}").schedule();
  }

  @Test
  void earlyStoppingTakesSettings() {
    assertThat(earlyStopping("{}"))
        .isEqualTo(new EarlyStopping(WatchedMetric.VALIDATION_LOSS, 5, 0));
    assertThat(earlyStopping("{metric: validation.accuracy, patience: 2, minDelta: 0.01}"))
        .isEqualTo(new EarlyStopping(new WatchedMetric("validation", "accuracy"), 2, 0.01));
    assertThat(earlyStopping("null")).isNull();
  }

  private static EarlyStopping earlyStopping(String settings) {
    return read(MINIMAL, "training.earlyStopping=" + settings).training().earlyStopping();
  }

  @ParameterizedTest
  @ValueSource(strings = {"test.loss", "loss", "validation.", "validation.auc", "train.loss.x"})
  void aMetricThatCannotBeWatchedIsRefused(String metric) {
    assertThat(errorOf(MINIMAL, "training.earlyStopping={metric: " + metric + "}"))
        .contains("training.earlyStopping.metric", "such as validation.loss");
    assertThat(errorOf(MINIMAL, "schedule={kind: plateau, metric: " + metric + "}"))
        .contains("schedule.metric", "such as validation.loss");
  }

  @Test
  void augmentationsTakeSettings() {
    assertThat(augment("[{kind: shift, pixels: 2}, flip, {kind: flip, vertical: true}]"))
        .containsExactly(
            new Augmentation.Shift(2),
            new Augmentation.Flip(true, false),
            new Augmentation.Flip(true, true));
    assertThat(augment("[{kind: rotate, degrees: 10}, {kind: noise, standardDeviation: 0.5}]"))
        .containsExactly(new Augmentation.Rotate(10), new Augmentation.Noise(0.5));
    assertThat(augment("[]")).isEmpty();
    assertThat(read(MINIMAL).data().augment()).isEmpty();
  }

  private static List<Augmentation> augment(String list) {
    return read(MINIMAL, "data.augment=" + list).data().augment();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[shift] | data.augment[0].pixels | missing; must be a whole number of at least 1",
        "[flip, {kind: shift, pixels: 0}] | data.augment[1].pixels | must be a whole number of at least 1, found 0",
        "[{kind: rotate, degrees: 181}] | data.augment[0].degrees | must be a number above 0 and at most 180, found 181",
        "[noise] | data.augment[0].standardDeviation | missing; must be a number above 0",
        "[{kind: noise, standardDeviation: 0}] | data.augment[0].standardDeviation | must be a number above 0, found 0",
        "[{kind: flip, horizontal: false}] | data.augment[0] | flip needs horizontal: true",
        "[flop] | data.augment[0] | unknown kind flop, did you mean flip?; allowed: shift, flip, rotate, noise",
        "flip | data.augment | must be a list of augmentations, found flip"
      })
  void unusableAugmentationsAreNamed(String list, String path, String problem) {
    assertThat(errorOf(MINIMAL, "data.augment=" + list)).contains(path, ": " + problem);
  }

  @Test
  void columnsOfTextsBelongToFormatsThatHoldThem() {
    assertThat(
            read(MINIMAL, "data={format: csv, path: a.csv, label: y, categorical: [city, 5]}")
                .data()
                .categorical())
        .containsExactly("city", "5");
    assertThat(errorOf(MINIMAL, "data.categorical=[city]"))
        .contains("data.categorical", "does not go with format bundled; it belongs to csv");
  }

  @Test
  void everySynchronizerCanBeChosen() {
    assertThat(Arrays.stream(Synchronizer.values()).map(Synchronizer::key))
        .containsExactly("tree", "barrier", "local", "auto")
        .allSatisfy(
            key ->
                assertThat(read(MINIMAL, "training.synchronizer=" + key).training().synchronizer())
                    .extracting(Synchronizer::key)
                    .isEqualTo(key));
  }

  @Test
  void badRowsCanBeLeftOutUpToALimit() {
    for (BadRowMode mode : BadRowMode.values()) {
      assertThat(
              read(MINIMAL, "data.badRows=" + mode.key(), "data.maxBadFraction=1").data().badRows())
          .isEqualTo(new BadRowSettings(mode, 1));
    }
    assertThat(read(MINIMAL, "data.maxBadFraction=0").data().badRows().maxFraction()).isZero();
    assertThat(errorOf(MINIMAL, "data.maxBadFraction=1.5"))
        .contains("data.maxBadFraction", "must be a number from 0 to 1");
    assertThat(errorOf(MINIMAL, "data.badRows=quarantene"))
        .contains("did you mean quarantine?; allowed: fail, skip, quarantine");
  }

  /** Kinds of the contract that no family member exists for yet. */
  @ParameterizedTest
  @CsvSource({"data.format=parquet, data.format, format parquet"})
  void whatTheContractPromisesForLaterIsToldApartFromMistakes(
      String setting, String path, String what) {
    assertThat(errorOf(MINIMAL, setting))
        .isEqualTo(
            "conf/run.yaml: 1 problem\n  "
                + (path + " (--set " + setting + "): " + what)
                + " is not supported by version 0.1.0 yet; supported: "
                + supported(path));
  }

  private static String supported(String path) {
    return switch (path.replaceAll("\\.kind$", "")) {
      case "network.layers[0]" -> all(LayerKinds.TABLE);
      case "schedule" -> all(ScheduleKinds.TABLE);
      case "data.format" -> String.join(", ", DataFormats.NAMES.supported());
      default -> throw new IllegalArgumentException(path);
    };
  }

  private static String all(KindTable<?> table) {
    return String.join(", ", table.names().supported());
  }

  @ParameterizedTest
  @CsvSource({"data.orderBy=[id], key orderBy"})
  void keysThatTheContractPromisesForLaterAreRefusedAsSuch(String setting, String key) {
    assertThat(errorOf(MINIMAL, setting))
        .contains("): " + key + " is not supported by version 0.1.0 yet; supported: ");
  }

  @ParameterizedTest
  @CsvSource({
    "data.badRows=fail",
    "data.augment=[]",
    "data.orderBy=null",
    "training.earlyStopping=",
    "training.onDivergence=null",
    "schedule={warmupSteps: 0}"
  })
  void statingThatAFeatureIsOffNeedsNoSupport(String setting) {
    assertThat(read(MINIMAL, setting)).isEqualTo(read(MINIMAL));
  }
}
