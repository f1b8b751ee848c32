package dev.lockstep.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals that Java cannot send by itself. */
final class Signal {
  private Signal() {}

  /**
   * Sends one.
   *
   * @param signal as {@code kill} takes it
   */
  static void send(ProcessHandle process, String signal) {
    try {
      Process kill =
          new ProcessBuilder("kill", signal, Long.toString(process.pid()))
              .redirectErrorStream(true)
              .start();
      kill.getInputStream().readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
