package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What signals do, depending on how far a run is. */
final class InterruptionTest {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final Interruption interruption =
      new Interruption(
          "then writing a checkpoint",
          events::add,
          code -> events.add("exit " + code),
          code -> events.add("halt " + code),
          Duration.ofDays(1));

  @AfterEach
  void close() {
    interruption.close();
  }

  @Test
  void beforeTheFirstStepTheTracesAreRemovedAndTheProgramEnds() {
    interruption.preparing(() -> events.add("removed"));
    interruption.arrived(SIGTERM);
    assertThat(events).hasSize(3).endsWith("removed", "exit 143");
    assertThat(events.get(0)).startsWith("Interrupted before the first step");
  }

  @Test
  void amongTheStepsItIsARequest() {
    interruption.preparing(() -> events.add("removed"));
    assertThat(interruption.isMade()).isFalse();
    interruption.stepsBegin();
    interruption.arrived(SIGINT);
    assertThat(interruption.isMade()).isTrue();
    assertThat(interruption.exitCode()).isEqualTo(130);
    assertThat(events)
        .containsExactly(
            "Interrupted: finishing the step, then writing a checkpoint; once more ends at once.");
  }

  /** As a process group gets it, and then each of its processes again from its parent. */
  @Test
  void anotherTerminationChangesNothing() {
    interruption.stepsBegin();
    interruption.arrived(SIGTERM);
    interruption.arrived(SIGTERM);
    interruption.stepsEnd();
    interruption.arrived(SIGTERM);
    assertThat(events)
        .containsExactly("Interrupted: finishing the step, then writing a checkpoint.");
  }

  @Test
  void anotherTerminationLeavesTheProgramToItsEnd() {
    interruption.preparing(() -> events.add("removed"));
    interruption.arrived(SIGTERM);
    interruption.arrived(SIGTERM);
    assertThat(events).hasSize(3).endsWith("removed", "exit 143");
  }

  @Test
  void anotherCtrlCEndsTheProgram() {
    interruption.stepsBegin();
    interruption.arrived(SIGTERM);
    interruption.arrived(SIGINT);
    assertThat(events).hasSize(2).endsWith("halt 130");
    assertThat(interruption.exitCode()).isEqualTo(143);
  }

  @Test
  void behindTheLastStepTheRunEndsAnyway() {
    interruption.stepsBegin();
    interruption.stepsEnd();
    interruption.arrived(SIGTERM);
    assertThat(events).singleElement().asString().startsWith("All steps are done");
  }

  @Test
  void nothingIsWrittenWhileTheProgramEnds() throws Exception {
    CountDownLatch ending = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Interruption slow =
        new Interruption(
            "and no more",
            events::add,
            code -> {
              ending.countDown();
              awaitQuietly(ended);
            },
            code -> {},
            Duration.ofDays(1));
    Thread signal = new Thread(() -> slow.arrived(SIGTERM));
    signal.start();
    assertThat(ending.await(60, TimeUnit.SECONDS)).isTrue();
    Thread run = new Thread(slow::stepsBegin);
    run.start();
    run.join(100);
    assertThat(run.isAlive()).isTrue();
    ended.countDown();
    signal.join();
    run.join();
    slow.close();
  }

  /** With no grace at all: what is being computed is given up, and given up again. */
  @Test
  void whatDoesNotEndIsGivenUpUntilNothingIsComputed() throws Exception {
    CountDownLatch twice = new CountDownLatch(2);
    try (Interruption impatient =
        new Interruption(
            "and no more", events::add, code -> {}, code -> {}, Duration.ofMillis(1))) {
      impatient.stepsBegin();
      impatient.computing(twice::countDown);
      assertThat(twice.getCount()).isEqualTo(2);
      impatient.arrived(SIGTERM);
      assertThat(twice.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(events)
          .containsExactly(
              "Interrupted: finishing the step, and no more.",
              "What is being computed has not ended within 0 s and is given up.");
    }
  }

  @Test
  void anEvaluationBehindTheLastStepIsGivenUpToo() throws Exception {
    CountDownLatch given = new CountDownLatch(1);
    try (Interruption impatient =
        new Interruption(
            "and no more", events::add, code -> {}, code -> {}, Duration.ofMillis(1))) {
      impatient.stepsBegin();
      impatient.stepsEnd();
      impatient.arrived(SIGTERM);
      impatient.computing(given::countDown);
      assertThat(given.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void withinTheGraceNothingIsGivenUp() {
    interruption.stepsBegin();
    interruption.computing(() -> events.add("given up"));
    interruption.arrived(SIGTERM);
    interruption.computed();
    interruption.close();
    assertThat(events).doesNotContain("given up");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void afterwardsASignalEndsTheProgramAsEver() {
    interruption.stepsBegin();
    interruption.close();
    interruption.arrived(SIGTERM);
    assertThat(events).containsExactly("exit 143");
  }

  @Test
  void aSignalOfTheSystemArrives() throws Exception {
    List<String> notes = new CopyOnWriteArrayList<>();
    CountDownLatch told = new CountDownLatch(1);
    try (Interruption real =
        Interruption.install(
            "and no more",
            note -> {
              notes.add(note);
              told.countDown();
            })) {
      real.stepsBegin();
      assertThat(new ProcessBuilder("kill", "-TERM", "" + ProcessHandle.current().pid()).start())
          .isNotNull();
      assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(real.isMade()).isTrue();
      assertThat(real.exitCode()).isEqualTo(143);
    }
    assertThat(notes).singleElement().asString().startsWith("Interrupted: finishing the step");
  }
}
