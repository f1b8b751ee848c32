package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunSummaryTest {
  private static final RunMetrics RUN = Samples.run(1, 2, false);

  @Test
  void keysAreTheContracts() {
    RunSummary summary =
        Samples.withTest(
            Samples.summary("completed", "digits", RUN),
            Samples.split(0.25, 4, "accuracy", 0.75),
            List.of("0", "\"one\""),
            new long[][] {{2, 1}, {0, 1}});
    assertThat(summary.toJson())
        .isEqualTo(
            """
            {
              "status" : "completed",
              "name" : "digits",
              "steps" : 2,
              "epochs" : 1,
              "parameters" : 1210,
              "parametersSha256" : "00ff",
              "sparsity" : 0.25,
              "train" : {
                "loss" : 0.5,
                "examples" : 100,
                "accuracy" : 0.5
              },
              "test" : {
                "loss" : 0.25,
                "examples" : 4,
                "accuracy" : 0.75
              },
              "examplesPerSecond" : 12345.6,
              "stepMilliseconds" : {
                "median" : 1.5,
                "p95" : 2.25
              },
              "stepShares" : {
                "compute" : 0.625,
                "aggregate" : 0.25,
                "update" : 0.0625,
                "broadcast" : 0.0625,
                "notCompute" : 0.375
              },
              "wallSeconds" : 61.5,
              "attempts" : 2,
              "resumedFromSteps" : [ 7 ],
              "returns" : 2,
              "checkpoints" : {
                "written" : 3,
                "secondsWriting" : 0.5,
                "secondsWaited" : 0.125
              },
              "diagnosis" : "Fine.",
              "sparkVersion" : "4.1.0",
              "javaVersion" : "17.0.15",
              "blas" : "OpenBLAS 0.3.31",
              "cores" : 8,
              "shards" : 4,
              "synchronizer" : "local",
              "seed" : 42,
              "dataFingerprint" : "sha256:ab",
              "badRows" : {
                "mode" : "skip",
                "maxFraction" : 0.1,
                "total" : 1000,
                "skipped" : 3,
                "quarantined" : 0,
                "fraction" : 0.003,
                "byReason" : {
                  "notNumeric" : 3
                },
                "sources" : {
                  "train" : {
                    "total" : 1000,
                    "skipped" : 3,
                    "quarantined" : 0,
                    "fraction" : 0.003,
                    "byReason" : {
                      "notNumeric" : 3
                    }
                  }
                }
              },
              "versions" : {
                "lockstep" : "0.1.0"
              },
              "classLabels" : [ "0", "\\"one\\"" ],
              "confusionMatrix" : {
                "labels" : [ "0", "\\"one\\"" ],
                "counts" : [ [ 2, 1 ], [ 0, 1 ] ]
              },
              "notes" : [ "A note." ]
            }
            """);
  }

  @Test
  void readsBackTheSame() {
    RunSummary full =
        Samples.withTest(
            Samples.summary("stoppedEarly", "<b>\u00e9\u2028", Samples.run(3, 2, true)),
            Samples.split(0.25, 4, "accuracy", 0.75, "macroF1", 0.7),
            List.of("a", "b"),
            new long[][] {{2, 1}, {0, 1}});
    assertThat(RunSummary.fromJson(full.toJson()).toJson()).isEqualTo(full.toJson());
    RunSummary bare = Samples.summary("diverged", "x", new RunMetrics(List.of(), List.of()));
    assertThat(RunSummary.fromJson(bare.toJson())).isEqualTo(bare);
    assertThat(bare.toJson()).contains("\"diagnosis\" : null").doesNotContain("confusion");
  }

  @Test
  void keysOfLaterReleasesArePassedOver() {
    RunSummary summary =
        RunSummary.fromJson(
            "{\"status\":\"completed\",\"name\":\"n\",\"future\":[1],\"test\":{\"loss\":1,\"x\":{}}}");
    assertThat(summary.test()).isEqualTo(Samples.split(1, 0));
    assertThat(summary.wallSeconds()).isNaN();
    assertThat(summary.history()).isNull();
    assertThat(summary.stepShares()).isNull();
    assertThat(summary.synchronizer()).isNull();
    assertThat(summary.notes()).isEmpty();
  }

  @Test
  void whatIsNoSummaryIsRefused() {
    assertThatThrownBy(() -> RunSummary.fromJson("{\"status\":"))
        .isInstanceOf(LockstepException.class)
        .hasMessageStartingWith("summary.json is not valid JSON");
    for (String json : List.of("", "[]", "{}", "3")) {
      assertThatThrownBy(() -> RunSummary.fromJson(json)).isInstanceOf(LockstepException.class);
    }
  }

  @Test
  void countsThatFitNoLabelsAreRefused() {
    assertThatThrownBy(
            () ->
                RunSummary.fromJson(
                    "{\"status\":\"completed\",\"classLabels\":[\"a\"],\"confusionMatrix\":{\"counts\":[[1],[2]]}}"))
        .isInstanceOf(LockstepException.class)
        .hasMessage("summary.json: confusionMatrix.counts must be 1 by 1, as classLabels are.");
  }

  @Test
  void confusionMustFitTheLabels() {
    RunSummary summary = Samples.summary("completed", "n", RUN);
    assertThatThrownBy(
            () -> Samples.withTest(summary, null, List.of("a"), new long[][] {{1, 2}, {3, 4}}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
