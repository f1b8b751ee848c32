package dev.lockstep.datasets.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BatchPlanTest {
  @Example
  void theLastMiniBatchMayBeSmaller() {
    BatchPlan plan = new BatchPlan(10, 4, true, 1);
    assertThat(plan.stepsPerEpoch()).isEqualTo(3);
    assertThat(plan.examplesInStep(0)).isEqualTo(4);
    assertThat(plan.examplesInStep(1)).isEqualTo(4);
    assertThat(plan.examplesInStep(2)).isEqualTo(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plan.examplesInStep(3))
        .withMessageContaining("step 3 is outside 0..2");
  }

  @Example
  void aMiniBatchMayBeLargerThanTheData() {
    BatchPlan plan = new BatchPlan(10, 100, false, 1);
    assertThat(plan.stepsPerEpoch()).isEqualTo(1);
    assertThat(plan.examplesInStep(0)).isEqualTo(10);
  }

  @Example
  void withoutShufflingPositionAndIndexAreTheSame() {
    Order order = new BatchPlan(10, 4, false, 1).order(3);
    assertThat(order.indexAt(7)).isEqualTo(7);
    assertThat(order.positionOf(7)).isEqualTo(7);
  }

  @Example
  void epochsHaveOrdersOfTheirOwn() {
    BatchPlan plan = new BatchPlan(1000, 4, true, 1);
    int same = 0;
    for (long position = 0; position < 1000; position++) {
      same += plan.order(1).indexAt(position) == plan.order(2).indexAt(position) ? 1 : 0;
    }
    assertThat(same).isLessThan(20);
  }

  @Example
  void impossibleSizesAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchPlan(0, 1, true, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchPlan(1, 0, true, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchPlan(1L << 40, 1, true, 1))
        .withMessageContaining("more than 2^31 - 1 steps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchPlan(10, 1, true, 1).order(0))
        .withMessageContaining("count from 1");
  }

  @Property(tries = 300)
  void shardsCoverEveryExampleOnceAndAgreeWithTheOrder(
      @ForAll @IntRange(min = 1, max = 400) int examples,
      @ForAll @IntRange(min = 1, max = 50) int batchSize,
      @ForAll @IntRange(min = 1, max = 9) int shards,
      @ForAll boolean shuffle,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5) int epoch) {
    BatchPlan plan = new BatchPlan(examples, batchSize, shuffle, seed);
    Order order = plan.order(epoch);
    int[] stepOf = new int[examples];
    int covered = 0;
    int[] examplesInStep = new int[plan.stepsPerEpoch()];
    for (int shard = 0; shard < shards; shard++) {
      int rows = (examples - shard + shards - 1) / shards;
      ShardOrder shardOrder = ShardOrder.of(plan, epoch, shard, shards, rows);
      assertThat(shardOrder.rows()).hasSize(rows);
      for (int step = 0; step < plan.stepsPerEpoch(); step++) {
        long previous = -1;
        for (int i = shardOrder.from(step); i < shardOrder.to(step); i++) {
          int index = shard + shardOrder.rows()[i] * shards;
          long position = order.positionOf(index);
          assertThat(position).isGreaterThan(previous);
          assertThat(position / batchSize).isEqualTo(step);
          assertThat(order.indexAt(position)).isEqualTo(index);
          assertThat(stepOf[index]).isZero();
          stepOf[index] = step + 1;
          previous = position;
          covered++;
          examplesInStep[step]++;
        }
      }
    }
    assertThat(covered).isEqualTo(examples);
    for (int step = 0; step < plan.stepsPerEpoch(); step++) {
      assertThat(examplesInStep[step]).isEqualTo(plan.examplesInStep(step));
    }
  }

  @Example
  void anEmptyShardHasEmptySlices() {
    ShardOrder order = ShardOrder.of(new BatchPlan(3, 2, true, 1), 1, 5, 8, 0);
    assertThat(order.rows()).isEmpty();
    assertThat(order.from(1)).isEqualTo(order.to(1)).isZero();
  }

  @Example
  void rowsOutsideThePlanAreRefused() {
    BatchPlan plan = new BatchPlan(10, 2, true, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShardOrder.of(plan, 1, 1, 3, 4))
        .withMessageContaining("do not fit into 10 examples");
  }
}
