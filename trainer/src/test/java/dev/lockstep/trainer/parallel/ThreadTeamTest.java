package dev.lockstep.trainer.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadTeamTest {
  private static final int MANY = Runtime.getRuntime().availableProcessors() + 3;

  @Test
  void everyItemIsDoneOnce() {
    for (int threads : new int[] {1, 2, 3, MANY}) {
      try (ThreadTeam team = new ThreadTeam("test", threads)) {
        assertThat(team.threads()).isEqualTo(threads);
        for (int items : new int[] {0, 1, 2, 3, 1000}) {
          AtomicIntegerArray done = new AtomicIntegerArray(items);
          team.run(items, (thread, item) -> done.incrementAndGet(item));
          for (int item = 0; item < items; item++) {
            assertThat(done.get(item)).isOne();
          }
        }
      }
    }
  }

  /** Rounds of different width, so that helpers which sit one out meet the next. */
  @Test
  void manyShortRoundsLoseNothing() {
    int rounds = 30_000;
    try (ThreadTeam team = new ThreadTeam("test", 4)) {
      // Plain arrays: the end of a round must make its writes visible.
      int[] values = new int[5];
      for (int round = 0; round < rounds; round++) {
        team.run(round % 6, (thread, item) -> values[item]++);
      }
      for (int item = 0; item < 5; item++) {
        assertThat(values[item]).isEqualTo(rounds / 6 * (5 - item));
      }
    }
  }

  @Test
  void helpersThatHaveGoneToSleepWakeUp() throws InterruptedException {
    try (ThreadTeam team = new ThreadTeam("test", 2)) {
      for (int round = 0; round < 5; round++) {
        Thread.sleep(5);
        CountDownLatch both = new CountDownLatch(2);
        team.run(
            2,
            (thread, item) -> {
              both.countDown();
              awaitQuietly(both);
            });
        assertThat(both.getCount()).as("two threads were at work at once").isZero();
      }
    }
  }

  @Test
  void aThreadHasOneNumber() {
    try (ThreadTeam team = new ThreadTeam("test", 3)) {
      Thread[] seen = new Thread[3];
      for (int round = 0; round < 1000; round++) {
        team.run(
            7,
            (thread, item) -> {
              if (seen[thread] == null) {
                seen[thread] = Thread.currentThread();
              } else if (seen[thread] != Thread.currentThread()) {
                throw new IllegalStateException("two threads are number " + thread);
              }
            });
      }
      assertThat(seen[0]).isSameAs(Thread.currentThread());
      assertThat(Arrays.stream(seen).filter(Objects::nonNull)).doesNotHaveDuplicates();
    }
  }

  @Test
  void aFailureStopsTheRoundAndIsThrownWhenAllHaveStopped() {
    try (ThreadTeam team = new ThreadTeam("test", 3)) {
      for (int round = 0; round < 20; round++) {
        AtomicInteger atWork = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException("item 1");
        assertThatThrownBy(
                () ->
                    team.run(
                        10_000,
                        (thread, item) -> {
                          atWork.incrementAndGet();
                          begun.incrementAndGet();
                          try {
                            if (item == 1) {
                              throw failure;
                            }
                            Thread.sleep(1);
                          } catch (InterruptedException interruption) {
                            throw new IllegalStateException(interruption);
                          } finally {
                            atWork.decrementAndGet();
                          }
                        }))
            .isSameAs(failure);
        assertThat(atWork.get()).isZero();
        assertThat(begun.get()).isLessThan(10_000);
      }
      assertThatThrownBy(
              () ->
                  team.run(
                      3,
                      (thread, item) -> {
                        throw new AssertionError("an error");
                      }))
          .isInstanceOf(AssertionError.class)
          .hasMessage("an error");
      AtomicInteger done = new AtomicInteger();
      team.run(50, (thread, item) -> done.incrementAndGet());
      assertThat(done.get()).as("the team works on").isEqualTo(50);
    }
  }

  @Test
  void anInterruptedCallerStopsTheRoundAndStaysInterrupted() {
    for (int threads : new int[] {1, 2, MANY}) {
      try (ThreadTeam team = new ThreadTeam("test", threads)) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> team.run(5, (thread, item) -> {}))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        AtomicInteger done = new AtomicInteger();
        team.run(5, (thread, item) -> done.incrementAndGet());
        assertThat(done.get()).as("the team works on").isEqualTo(5);
      }
    }
  }

  @Test
  void aCallerInterruptedWhileItSleepsWaitsForTheHelpers() throws InterruptedException {
    try (ThreadTeam team = new ThreadTeam("test", 2)) {
      Thread caller = Thread.currentThread();
      CountDownLatch helperIsAtWork = new CountDownLatch(1);
      AtomicInteger finished = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  team.run(
                      2,
                      (thread, item) -> {
                        if (thread == 0) {
                          awaitQuietly(helperIsAtWork);
                        } else {
                          helperIsAtWork.countDown();
                          pause(50);
                          caller.interrupt();
                          pause(50);
                        }
                        finished.incrementAndGet();
                      }))
          .hasMessageContaining("interrupted");
      assertThat(finished.get()).isEqualTo(2);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aClosedTeamEndsItsThreadsAndDoesNoWork() throws InterruptedException {
    Thread[] helper = new Thread[1];
    ThreadTeam team = new ThreadTeam("test", 2);
    CountDownLatch both = new CountDownLatch(2);
    team.run(
        2,
        (thread, item) -> {
          if (thread == 1) {
            helper[0] = Thread.currentThread();
          }
          both.countDown();
          awaitQuietly(both);
        });
    assertThat(helper[0].isDaemon()).isTrue();
    assertThat(helper[0].getName()).isEqualTo("test");
    team.close();
    helper[0].join(10_000);
    assertThat(helper[0].isAlive()).isFalse();
    assertThatThrownBy(() -> team.run(1, (thread, item) -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aRoundAllocatesNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (ThreadTeam team = new ThreadTeam("test", 2)) {
      long[] sums = new long[64];
      ThreadTeam.Work work = (thread, item) -> sums[item] += item;
      for (int round = 0; round < 1000; round++) {
        team.run(64, work);
      }
      long self = Thread.currentThread().getId();
      long before = threads.getThreadAllocatedBytes(self);
      for (int round = 0; round < 1000; round++) {
        team.run(64, work);
      }
      // The measurement itself may allocate a few bytes.
      assertThat(threads.getThreadAllocatedBytes(self) - before).isLessThan(1000);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interruption) {
      throw new IllegalStateException(interruption);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interruption) {
      throw new IllegalStateException(interruption);
    }
  }
}
