package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class BackgroundCheckpointsTest {
  private static final String THREAD = "lockstep-checkpoints";

  @TempDir private Path place;
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);

  @AfterEach
  void uninstall() {
    open.countDown();
    HookedFileSystem.uninstall();
  }

  private CheckpointStore store() {
    return States.store(
        RunFolder.at(HookedFileSystem.location(place), HookedFileSystem.configuration()), 3);
  }

  /** Nothing is written until {@link #open} is. */
  private void holdUpWriting() {
    HookedFileSystem.install(
        (operation, path) -> {
          if (operation.equals("write")) {
            reached.countDown();
            try {
              open.await();
            } catch (InterruptedException stopped) {
              throw new IOException(stopped);
            }
          }
        },
        false);
  }

  private static void begin(BackgroundCheckpoints checkpoints, long step) {
    checkpoints.begin(States.at(step), States.identity(), States.position(step));
  }

  private static Set<Thread> writers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .collect(Collectors.toSet());
  }

  @Test
  void stepsGoOnWhileTheDiskIsBusy() throws InterruptedException {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      holdUpWriting();
      begin(checkpoints, 1);
      assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
      // The driver's thread is here, with the writer stuck in the middle of a file.
      assertThat(checkpoints.isInFlight()).isTrue();
      assertThat(checkpoints.written()).isZero();
      assertThat(store().steps()).isEmpty();

      Thread opener = new Thread(this::openSoon);
      opener.start();
      checkpoints.await();
      opener.join();
      assertThat(open.getCount()).as("await waited for the disk").isZero();
      assertThat(checkpoints.isInFlight()).isFalse();
      assertThat(checkpoints.written()).isEqualTo(1);
      assertThat(checkpoints.secondsWaited()).isPositive();
      assertThat(checkpoints.secondsWriting()).isGreaterThanOrEqualTo(0.05);
      States.assertSame(store().newestIntact().found().orElseThrow().state(), States.at(1));
    }
  }

  private void openSoon() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    open.countDown();
  }

  @Test
  void atMostOneIsInFlight() throws InterruptedException {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      holdUpWriting();
      begin(checkpoints, 1);
      assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
      Thread opener = new Thread(this::openSoon);
      opener.start();
      begin(checkpoints, 2);
      opener.join();
      assertThat(checkpoints.written()).as("the second waited for the first").isEqualTo(1);
      checkpoints.await();
      assertThat(checkpoints.written()).isEqualTo(2);
      assertThat(store().steps()).containsExactly(2L, 1L);
    }
  }

  @Test
  void aFailureIsToldOnceWhereItIsAwaited() {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      begin(checkpoints, 1);
      checkpoints.await();
      HookedFileSystem.install(
          (operation, path) -> {
            if (operation.equals("rename")) {
              throw new IOException("Read-only file system");
            }
          },
          false);
      begin(checkpoints, 2);
      assertThatThrownBy(checkpoints::await)
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE))
          .hasMessageContaining("step-000000002")
          .hasMessageContaining(place.resolve("checkpoints").toString())
          .hasMessageContaining("Read-only file system")
          .hasMessageEndingWith("The last good one is step-000000001.");
      checkpoints.await();
      assertThat(checkpoints.written()).isEqualTo(1);

      HookedFileSystem.uninstall();
      begin(checkpoints, 3);
      checkpoints.await();
      States.assertSame(store().newestIntact().found().orElseThrow().state(), States.at(3));
    }
  }

  @Test
  void whatIsNoFailureOfTheDiskIsADefect() {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      HookedFileSystem.install(
          (operation, path) -> {
            throw new IllegalStateException("what nobody thought of");
          },
          false);
      begin(checkpoints, 1);
      assertThatThrownBy(checkpoints::await)
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INTERNAL))
          .hasMessageContaining("what nobody thought of");
    }
  }

  @Test
  void anInterruptedDriverStillWaitsAndIsStillInterrupted() throws InterruptedException {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      holdUpWriting();
      begin(checkpoints, 1);
      assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
      Thread opener = new Thread(this::openSoon);
      opener.start();
      Thread.currentThread().interrupt();
      checkpoints.await();
      assertThat(Thread.interrupted()).isTrue();
      opener.join();
      assertThat(checkpoints.written()).isEqualTo(1);
    }
  }

  @Test
  void closingWaitsAndLeavesNoThread() throws InterruptedException {
    Set<Thread> before = writers();
    BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store());
    begin(checkpoints, 1);
    Set<Thread> during = writers();
    during.removeAll(before);
    assertThat(during).hasSize(1);
    checkpoints.close();
    assertThat(checkpoints.written()).isEqualTo(1);
    assertThat(store().steps()).containsExactly(1L);
    for (Thread writer : during) {
      writer.join(30_000);
      assertThat(writer.isAlive()).isFalse();
    }
  }

  @Test
  void awaitingNothingTakesNoTime() {
    try (BackgroundCheckpoints checkpoints = new BackgroundCheckpoints(store())) {
      checkpoints.await();
      assertThat(checkpoints.written()).isZero();
      assertThat(checkpoints.secondsWaited()).isZero();
      assertThat(checkpoints.secondsWriting()).isZero();
    }
  }
}
