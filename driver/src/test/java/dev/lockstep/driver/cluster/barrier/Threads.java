package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** The threads of this process. */
final class Threads {
  private Threads() {}

  /** Names of the living threads that begin like this. */
  static List<String> named(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(prefix))
        .sorted()
        .toList();
  }

  /** Waits until no such thread lives; the transport's take two seconds to end. */
  static void awaitNone(String prefix) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!named(prefix).isEmpty() && System.nanoTime() < end) {
      Thread.sleep(50);
    }
    assertThat(named(prefix)).as("threads left").isEmpty();
  }
}
