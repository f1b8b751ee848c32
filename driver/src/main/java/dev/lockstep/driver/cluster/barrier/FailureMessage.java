package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.nio.ByteBuffer;

/** An error that every attempt would meet, on its way to the driver. */
final class FailureMessage {
  private static final int BYTES = Envelope.BYTES + 2 * (Integer.BYTES + 1024);

  private FailureMessage() {}

  /** The message; its text is cut off after 1 kB. */
  static ByteBuffer message(Envelope envelope, LockstepException failure) {
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    envelope.write(out);
    Registration.writeText(out, failure.kind().name());
    Registration.writeText(out, String.valueOf(failure.getMessage()));
    return out.flip();
  }

  /** Reads what follows the envelope. */
  static LockstepException read(ByteBuffer body) {
    ErrorKind kind = ErrorKind.valueOf(Registration.readText(body));
    return new LockstepException(kind, Registration.readText(body));
  }
}
