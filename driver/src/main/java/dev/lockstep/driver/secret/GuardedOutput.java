package dev.lockstep.driver.secret;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/**
 * What all printing of the program goes through: secrets are taken out, and control characters that
 * came with data (a label with an escape sequence in it, say) become question marks, so that they
 * cannot move the cursor, clear the screen or retitle the window. Text passes on line by line.
 */
public final class GuardedOutput extends PrintStream {
  /** A line without end is passed on in pieces of this size. */
  private static final int LONGEST_PIECE = 1 << 20;

  private final PrintStream target;
  private final UnaryOperator<String> withoutSecrets;

  private GuardedOutput(
      PrintStream target, UnaryOperator<String> withoutSecrets, UnaryOperator<String> form) {
    // Without automatic flushing, which would pass long lines on in pieces.
    super(new Lines(target, form), false, StandardCharsets.UTF_8);
    this.target = target;
    this.withoutSecrets = withoutSecrets;
  }

  /** Guards what is printed to {@code target}; flushing is the caller's. */
  public static GuardedOutput before(PrintStream target, Redaction redaction) {
    return new GuardedOutput(
        target, redaction::inMessage, line -> printable(redaction.inMessage(line)));
  }

  /**
   * Passes lines on in another form.
   *
   * @param form of a line, or of a part where a line is very long or was flushed; the end of the
   *     line is its affair, and so are secrets and control characters
   */
  public static PrintStream inForm(PrintStream target, UnaryOperator<String> form) {
    return new PrintStream(new Lines(target, form), false, StandardCharsets.UTF_8);
  }

  /**
   * As {@code stream}, but with the control characters that a progress line is drawn with; the one
   * who draws answers for what else is in them.
   */
  public static PrintStream forDrawing(PrintStream stream) {
    return stream instanceof GuardedOutput guarded
        ? new GuardedOutput(guarded.target, guarded.withoutSecrets, guarded.withoutSecrets)
        : stream;
  }

  /** {@code text} without control characters but line feeds and tabs. */
  public static String printable(String text) {
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
    private final UnaryOperator<String> form;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    private Lines(PrintStream target, UnaryOperator<String> form) {
      this.target = target;
      this.form = form;
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
      String text = pending.toString(StandardCharsets.UTF_8);
      pending.reset();
      // The platform's own end of line is no control character of the data's.
      boolean returns = text.endsWith("\r\n");
      String line = returns ? text.substring(0, text.length() - 2) : text;
      target.print(form.apply(line) + (returns ? "\r\n" : ""));
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
