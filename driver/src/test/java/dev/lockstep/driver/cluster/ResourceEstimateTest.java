package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.cluster.ResourceEstimate.Place;
import dev.lockstep.driver.cluster.ResourceEstimate.Work;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import org.junit.jupiter.api.Test;

class ResourceEstimateTest {
  private static final long MEGABYTE = 1 << 20;
  private static final long GIGABYTE = 1 << 30;

  /** 25 · 2^20 parameters, 100 MB, under Adam. */
  private static final Work WORK = new Work(25 << 20, 25 << 20, 2, false, 1024, 64, 64);

  /** Of a pass: 80 rows of 4 kB. */
  private static final long PASS = 80 * 4096;

  private static Place place(int shards, int partitions, int threads, int executors) {
    return new Place(shards, partitions, threads, executors, 0, 4 * GIGABYTE, 2 * GIGABYTE);
  }

  @Test
  void oneProcessHoldsParametersSlotsAndOneGradientForEachTask() {
    ResourceEstimate estimate = ResourceEstimate.of(WORK, place(2, 2, 1, 0));
    assertThat(estimate.driver().usedBytes())
        .isEqualTo(ResourceEstimate.BASE_BYTES + (1 + 2 + 2) * 100 * MEGABYTE + 2 * PASS);
    assertThat(estimate.executor()).isNull();
    assertThat(estimate.sentBytes()).isZero();
    assertThat(estimate.line()).isEqualTo("Memory: driver 581 MB of 4.0 GB.");
  }

  @Test
  void aTaskOfManyShardsHoldsOneGradientForEachLevelOfItsTree() {
    long used = ResourceEstimate.of(WORK, place(8, 1, 1, 0)).driver().usedBytes();
    assertThat(used).isEqualTo(ResourceEstimate.BASE_BYTES + (1 + 2 + 4) * 100 * MEGABYTE + PASS);
  }

  @Test
  void overTheWireTheDriverReceivesOneGradientInRanges() {
    ResourceEstimate estimate = ResourceEstimate.of(WORK, place(2, 2, 1, 2));
    assertThat(estimate.receivedBytes()).isEqualTo(100 * MEGABYTE);
    assertThat(estimate.sentBytes()).isEqualTo(100 * MEGABYTE);
    assertThat(estimate.line())
        .startsWith("Memory: driver ")
        .contains("each of 2 executors")
        .endsWith("; the driver sends 100 MB and receives 100 MB a step.");
  }

  @Test
  void theBestParametersAreKeptOnTheDriver() {
    Work keeping = new Work(25 << 20, 25 << 20, 2, true, 1024, 64, 64);
    long more =
        ResourceEstimate.of(keeping, place(2, 2, 1, 2)).driver().usedBytes()
            - ResourceEstimate.of(WORK, place(2, 2, 1, 2)).driver().usedBytes();
    assertThat(more).isEqualTo(100 * MEGABYTE);
  }

  @Test
  void dataMayGoToDiskAndRefuseNothing() {
    Place muchData = new Place(2, 2, 1, 0, 100 * GIGABYTE, 4 * GIGABYTE, GIGABYTE);
    ResourceEstimate estimate = ResourceEstimate.of(WORK, muchData);
    assertThat(estimate.driver().usedBytes()).isGreaterThan(100 * GIGABYTE);
    estimate.requireFit();
  }

  @Test
  void aNetworkThatCannotFitIsRefusedWithTheNumbers() {
    Place small = new Place(2, 2, 1, 2, 0, 4 * GIGABYTE, 200 * MEGABYTE);
    assertThatThrownBy(() -> ResourceEstimate.of(WORK, small).requireFit())
        .isInstanceOfSatisfying(
            LockstepException.class,
            refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessageContaining("each executor needs at least")
        .hasMessageContaining("its largest heap is 200 MB")
        .hasMessageContaining("spark.executor.memory");
  }
}
