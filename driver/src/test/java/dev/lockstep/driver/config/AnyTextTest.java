package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** No text whatever ends in anything but a configuration or a usage error. */
final class AnyTextTest {
  private static void assertUnderstoodOrRefused(Runnable reading) {
    try {
      reading.run();
    } catch (LockstepException refused) {
      assertThat(refused.kind()).isEqualTo(ErrorKind.USAGE);
      assertThat(refused.getMessage()).isNotBlank();
    }
  }

  @Property(tries = 2000)
  void anyTextIsUnderstoodOrRefused(@ForAll String text) {
    assertUnderstoodOrRefused(() -> read(text));
  }

  @Property(tries = 3000)
  void anyYamlLikeTextIsUnderstoodOrRefused(@ForAll("yamlLike") String text) {
    assertUnderstoodOrRefused(() -> read(text));
    assertUnderstoodOrRefused(() -> read(MINIMAL + text));
    assertUnderstoodOrRefused(() -> read("{" + text + "}"));
  }

  @Property(tries = 3000)
  void anyValueAnywhereIsUnderstoodOrRefused(
      @ForAll("paths") String path, @ForAll("values") String value) {
    assertUnderstoodOrRefused(() -> read(MINIMAL, Map.of("A", "b"), path + "=" + value));
  }

  @Property(tries = 500)
  void anySettingIsUnderstoodOrRefused(@ForAll String setting) {
    assertUnderstoodOrRefused(() -> read(MINIMAL, setting));
  }

  @Provide
  Arbitrary<String> yamlLike() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "data",
            "network",
            "layers",
            "kind",
            "training",
            "optimizer",
            "epochs",
            ":",
            ": ",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&a ",
            "*a ",
            "!!int ",
            "!x ",
            "|",
            ">",
            "\"",
            "'",
            "~",
            "null",
            "1",
            "-1",
            "1e9",
            ".nan",
            "true",
            "${A}",
            "${",
            "}",
            "#",
            "?",
            "---",
            "...",
            "<<: ",
            "%",
            "@",
            "\t",
            "\\",
            "é",
            "😀",
            "\u0085",
            "adam",
            "dense");
    return pieces.list().ofMaxSize(40).map(list -> String.join("", list));
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
        "name",
        "data",
        "data.format",
        "data.name",
        "data.path",
        "data.options",
        "data.options.x",
        "data.label",
        "data.features",
        "data.features[0]",
        "data.weight",
        "data.task",
        "data.validation",
        "data.validation.path",
        "data.test.fraction",
        "data.shape",
        "data.shape[1]",
        "data.normalize",
        "data.badRows",
        "data.maxBadFraction",
        "data.augment",
        "network",
        "network.layers",
        "network.layers[0]",
        "network.layers[0].kind",
        "network.layers[0].units",
        "network.layers[0].initializer",
        "network.layers[0].bias",
        "network.initialWeights",
        "loss",
        "loss.kind",
        "regularization",
        "regularization.l1",
        "optimizer",
        "optimizer.kind",
        "optimizer.beta1",
        "schedule",
        "schedule.warmupSteps",
        "training",
        "training.epochs",
        "training.steps",
        "training.shards",
        "training.gradientClip",
        "training.gradientClip.norm",
        "training.synchronizer",
        "tuning",
        "tuning.metric",
        "tuning.search",
        "tuning.trials",
        "tuning.halving",
        "tuning.halving.factor",
        "tuning.parameters",
        "tuning.parameters.scale",
        "tuning.parameters.choice");
  }

  @Provide
  Arbitrary<String> values() {
    List<String> written =
        List.of(
            "",
            "~",
            "null",
            "0",
            "-1",
            "1",
            "1.5",
            "1e5",
            "1e400",
            "1e-400",
            ".nan",
            "'1'",
            "true",
            "[]",
            "{}",
            "[~]",
            "[[]]",
            "[1, 2, 3]",
            "[2147483647, 2147483647, 9]",
            "{kind: adam}",
            "{kind: }",
            "{kind: [a]}",
            "{kind: {a: b}}",
            "{path: a}",
            "{images: a}",
            "{name: iris}",
            "{format: csv}",
            "{format: idx, images: [a]}",
            "{format: cifar, path: a, classes: 20}",
            "[relu, {kind: dropout}]",
            "a/b",
            "'\\0'",
            "\"\\0\"",
            "\"\\u0000/x\"",
            "file:x",
            "${A}",
            "${B}",
            "'${A:-}'",
            "${",
            "&x 1",
            "*x",
            "!!set {a}",
            "99999999999999999999",
            "0x1F",
            "2024-01-01");
    return Arbitraries.oneOf(Arbitraries.of(written), Arbitraries.strings().ofMaxLength(20));
  }
}
