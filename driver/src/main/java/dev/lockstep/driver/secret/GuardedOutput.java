package dev.lockstep.driver.secret;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What all printing of the program goes through: secrets are taken out, and control characters that
 * came with data (a label with an escape sequence in it, say) become question marks, so that they
 * cannot move the cursor, clear the screen or retitle the window. Text passes on line by line.
 */
public final class GuardedOutput extends PrintStream {
  /** A line without end is passed on in pieces of this size. */
  private static final int LONGEST_PIECE = 1 << 20;

  private final PrintStream target;
  private final Redaction redaction;

  private GuardedOutput(PrintStream target, Redaction redaction, boolean controls) {
    // Without automatic flushing, which would pass long lines on in pieces.
    super(new Lines(target, redaction, controls), false, StandardCharsets.UTF_8);
    this.target = target;
    this.redaction = redaction;
  }

  /** Guards what is printed to {@code target}; flushing is the caller's. */
  public static GuardedOutput before(PrintStream target, Redaction redaction) {
    return new GuardedOutput(target, redaction, false);
  }

  /**
   * As {@code stream}, but with the control characters that a progress line is drawn with; the one
   * who draws answers for what else is in them.
   */
  public static PrintStream forDrawing(PrintStream stream) {
    return stream instanceof GuardedOutput guarded
        ? new GuardedOutput(guarded.target, guarded.redaction, true)
        : stream;
  }

  /** {@code text} without control characters but line feeds and tabs. */
  static String printable(String text) {
    StringBuilder printable = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean control = Character.isISOControl(c) && c != '\n' && c != '\t';
      boolean turnsText = (c >= '\u202A' && c <= '\u202E') || (c >= '\u2066' && c <= '\u2069');
      if (control || turnsText) {
        if (printable == null) {
          printable = new StringBuilder(text);
        }
        printable.setCharAt(i, '?');
      }
    }
    return printable == null ? text : printable.toString();
  }

  /** Passes text on at the end of a line, or when it is flushed. */
  private static final class Lines extends OutputStream {
    private final PrintStream target;
    private final Redaction redaction;
    private final boolean controls;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    private Lines(PrintStream target, Redaction redaction, boolean controls) {
      this.target = target;
      this.redaction = redaction;
      this.controls = controls;
    }

    @Override
    public synchronized void write(int b) {
      pending.write(b);
      if (b == '\n' || pending.size() >= LONGEST_PIECE) {
        pass();
      }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      int done = offset;
      for (int i = offset; i < offset + length; i++) {
        if (bytes[i] == '\n' || pending.size() + i - done >= LONGEST_PIECE) {
          pending.write(bytes, done, i + 1 - done);
          done = i + 1;
          pass();
        }
      }
      pending.write(bytes, done, offset + length - done);
    }

    private void pass() {
      String text = redaction.inMessage(pending.toString(StandardCharsets.UTF_8));
      pending.reset();
      // The platform's own end of line is no control character of the data's.
      boolean returns = text.endsWith("\r\n");
      String line = returns ? text.substring(0, text.length() - 2) : text;
      target.print((controls ? line : printable(line)) + (returns ? "\r\n" : ""));
    }

    @Override
    public synchronized void flush() {
      if (pending.size() > 0) {
        pass();
      }
      target.flush();
    }
  }
}
