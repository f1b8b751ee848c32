package dev.lockstep.trainer.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReplicaTeamTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;
  private static final int SHARDS = 7;

  private final Network network = new Network(Samples.everyKind(CLASSES), Shape.vector(FEATURES));
  private final ParameterVector parameters = Samples.parameters(network, 2);

  private ReplicaTeam team(int size) {
    return new ReplicaTeam(
        network, new LossSpec.SoftmaxCrossEntropy().bind(CLASSES), 5, AugmentationPlan.NONE, size);
  }

  private static Examples shard(int number) {
    return Samples.examples(20 + number, FEATURES, CLASSES, true, number);
  }

  /** Shards of uneven size, one of them with no row in this step. */
  private static List<Slice> slices() {
    List<Slice> slices = new ArrayList<>();
    for (int number = SHARDS - 1; number >= 0; number--) {
      Examples examples = shard(number);
      slices.add(
          new Slice(
              number,
              examples,
              Samples.inOrder(examples.count()),
              2,
              number == 4 ? 2 : 10 + number));
    }
    return slices;
  }

  private Contribution total(ReplicaTeam team, List<Slice> slices, long step) {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(SHARDS), team::recycle);
    team.compute(parameters, slices, step, 1, sum);
    return sum.total();
  }

  @Test
  void whatOneThreadWorksThroughTakesTheTimeOfAllOfIt() {
    long nanosEach = 1_000_000;
    List<Slice> ready = slices();
    List<Slice> slow =
        new AbstractList<>() {
          @Override
          public Slice get(int i) {
            for (long start = System.nanoTime(); System.nanoTime() - start < nanosEach; ) {
              Thread.onSpinWait();
            }
            return ready.get(i);
          }

          @Override
          public int size() {
            return ready.size();
          }
        };
    try (ReplicaTeam one = team(1)) {
      assertThat(total(one, slow, 1).computeNanos()).isGreaterThan(SHARDS * nanosEach);
    }
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    try (ReplicaTeam one = team(1)) {
      for (int size : new int[] {2, 3}) {
        try (ReplicaTeam several = team(size)) {
          for (int step = 1; step <= 50; step++) {
            Contribution expected = total(one, slices(), step);
            Contribution actual = total(several, slices(), step);
            assertThat(actual.gradient()).isEqualTo(expected.gradient());
            assertThat(actual.metrics().lossSum()).isEqualTo(expected.metrics().lossSum());
            assertThat(actual.moments()[0].squaredDeviations())
                .isEqualTo(expected.moments()[0].squaredDeviations());
            one.recycle(expected);
            several.recycle(actual);
          }
        }
      }
    }
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBitsOnImages() {
    Shape shape = new Shape(6, 5, 2);
    Network images = new Network(Samples.everyImageKind(CLASSES), shape);
    ParameterVector start = Samples.parameters(images, 3);
    List<Slice> slices = new ArrayList<>();
    for (int number = 0; number < SHARDS; number++) {
      Examples examples = Samples.examples(9 + number, shape.size(), CLASSES, false, number);
      slices.add(new Slice(number, examples, Samples.inOrder(examples.count()), 1, 5 + number));
    }
    Loss loss = new LossSpec.SoftmaxCrossEntropy().bind(CLASSES);
    List<Contribution> totals = new ArrayList<>();
    for (int size = 1; size <= 3; size++) {
      try (ReplicaTeam team = new ReplicaTeam(images, loss, 5, AugmentationPlan.NONE, size)) {
        for (int step = 1; step <= 10; step++) {
          TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(SHARDS), team::recycle);
          team.compute(start, slices, step, 1, sum);
          if (step == 10) {
            totals.add(sum.total());
          } else {
            team.recycle(sum.total());
          }
        }
      }
    }
    for (Contribution total : totals) {
      assertThat(total.gradient()).isEqualTo(totals.get(0).gradient()).doesNotContain(Float.NaN);
      assertThat(total.moments()).hasSize(3);
      assertThat(total.moments()[2].mean()).isEqualTo(totals.get(0).moments()[2].mean());
    }
  }

  @Test
  void evaluationIsTheSameForEveryNumberOfThreads() {
    double[] losses = new double[3];
    for (int size = 1; size <= 3; size++) {
      try (ReplicaTeam team = team(size)) {
        int[] numbers = new int[SHARDS];
        List<Examples> examples = new ArrayList<>();
        for (int number = 0; number < SHARDS; number++) {
          numbers[number] = number;
          examples.add(shard(number));
        }
        TreeSum<MetricSums> sum = new TreeSum<>(new ShardTree(SHARDS), unused -> {});
        team.evaluate(parameters, numbers, examples, CLASSES, sum);
        assertThat(sum.total().examples()).isEqualTo(7 * 20 + 21);
        assertThat(sum.total().confusionClasses()).isEqualTo(CLASSES);
        losses[size - 1] = sum.total().lossSum();
      }
    }
    assertThat(losses).containsOnly(losses[0]);
  }

  @Test
  void contributionsAreReused() {
    try (ReplicaTeam team = team(1)) {
      Set<Contribution> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      for (int step = 1; step <= 100; step++) {
        Contribution total = total(team, slices(), step);
        seen.add(total);
        team.recycle(total);
      }
      assertThat(seen).hasSizeLessThanOrEqualTo(4);
    }
  }

  /**
   * Slices whose use by another thread than the test's goes wrong, after which the test's own
   * thread may go on.
   */
  private static final class Trap extends AbstractList<Slice> {
    private final List<Slice> slices = slices();
    private final Thread owner = Thread.currentThread();
    private final CountDownLatch sprung = new CountDownLatch(1);
    private final AtomicInteger helpers = new AtomicInteger();
    private final AtomicInteger atWork = new AtomicInteger();
    private final RuntimeException failure;

    private Trap(RuntimeException failure) {
      this.failure = failure;
    }

    @Override
    public int size() {
      return slices.size();
    }

    @Override
    public Slice get(int index) {
      if (Thread.currentThread() != owner && helpers.getAndIncrement() == 0) {
        sprung.countDown();
        throw failure;
      }
      atWork.incrementAndGet();
      try {
        sprung.await();
        if (Thread.currentThread() != owner) {
          Thread.sleep(100);
        }
      } catch (InterruptedException interruption) {
        throw new IllegalStateException(interruption);
      } finally {
        atWork.decrementAndGet();
      }
      return slices.get(index);
    }
  }

  @Test
  void exceptionInAHelperThreadSurfaces() {
    for (int size : new int[] {2, 3}) {
      try (ReplicaTeam team = team(size)) {
        RuntimeException failure = new IllegalStateException("from a helper");
        assertThatThrownBy(() -> total(team, new Trap(failure), 1)).isSameAs(failure);
        assertThat(total(team, slices(), 1).metrics().examples())
            .as("the team works on")
            .isEqualTo(8 + 9 + 10 + 11 + 13 + 14);
      }
    }
  }

  /** Else a later step would share its replica and parameters with a straggler of this one. */
  @Test
  void failedStepReturnsOnlyWhenEveryThreadHasStopped() {
    try (ReplicaTeam team = team(3)) {
      for (int round = 0; round < 5; round++) {
        Trap trap = new Trap(new IllegalStateException("from a helper"));
        assertThatThrownBy(() -> total(team, trap, 1)).hasMessage("from a helper");
        assertThat(trap.atWork.get()).isZero();
      }
    }
  }

  @Test
  void interruptedCallerStopsTheStepAndStaysInterrupted() {
    try (ReplicaTeam team = team(2)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> total(team, slices(), 1)).hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(total(team, slices(), 1).metrics().examples())
          .as("the team works on")
          .isEqualTo(65);
    }
  }

  @Test
  void exceptionInTheCallersThreadSurfaces() {
    try (ReplicaTeam team = team(1)) {
      List<Slice> broken = List.of(new Slice(0, shard(0), new int[] {9999}, 0, 1));
      assertThatThrownBy(() -> total(team, broken, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
