package dev.lockstep.driver.cluster;

import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.nio.ByteBuffer;

/** An error that every attempt would meet, on its way to the driver. */
final class FailureMessage {
  private static final ErrorKind[] KINDS = ErrorKind.values();
  private static final int BYTES = Envelope.BYTES + 2 * Integer.BYTES + 1024;

  private FailureMessage() {}

  /** The message; its text is cut off after 1 kB. */
  static ByteBuffer message(Envelope envelope, LockstepException failure) {
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    envelope.write(out);
    out.putInt(failure.kind().ordinal());
    Registration.writeText(out, String.valueOf(failure.getMessage()));
    return out.flip();
  }

  /** Reads what follows the envelope. */
  static LockstepException read(ByteBuffer body) {
    MetricsFormat.requireLength(body, Integer.BYTES);
    int kind = body.getInt();
    if (kind < 0 || kind >= KINDS.length) {
      throw new IllegalArgumentException("there is no error of kind " + kind);
    }
    return new LockstepException(KINDS[kind], Registration.readText(body));
  }
}
