package dev.lockstep.driver.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What passes to the terminal and what does not. */
final class GuardedOutputTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Redaction redaction = new Redaction();
  private final PrintStream guarded =
      GuardedOutput.before(new PrintStream(bytes, true, StandardCharsets.UTF_8), redaction);

  private String printed() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  @Test
  void linesPassAtTheirEndAndPartsWhenFlushed() {
    guarded.print("half");
    assertThat(printed()).isEmpty();
    guarded.print(" a line\nand a part — Ω");
    assertThat(printed()).isEqualTo("half a line\n");
    guarded.flush();
    assertThat(printed()).isEqualTo("and a part — Ω");
  }

  @Test
  void aSecretInPiecesIsFoundAllTheSame() {
    redaction.learn("x", "hunter22hunter22");
    guarded.print("it is hunter22");
    guarded.print("hunter22, says ");
    guarded.println("x".repeat(20_000) + "hunter22hunter22");
    assertThat(printed())
        .isEqualTo(
            "it is "
                + Redaction.MARK
                + ", says "
                + "x".repeat(20_000)
                + Redaction.MARK
                + System.lineSeparator());
  }

  @Test
  void controlCharactersOfDataMoveNoCursor() {
    guarded.print("label '\u001b[2J\u0007\r\u009b1mok\u202edone' \ttab\u0000\u007f\n");
    assertThat(printed()).isEqualTo("label '?[2J???1mok?done' \ttab??\n");
  }

  @Test
  void aProgressLineIsDrawnWithThemAndWithoutSecrets() {
    redaction.learn("x", "hunter22hunter22");
    PrintStream drawing = GuardedOutput.forDrawing(guarded);
    drawing.print("\rstep 1 hunter22hunter22\u001b[K");
    drawing.flush();
    assertThat(printed()).isEqualTo("\rstep 1 " + Redaction.MARK + "\u001b[K");
    assertThat(GuardedOutput.forDrawing(System.err)).isSameAs(System.err);
  }

  @Test
  void aLineWithoutEndIsNotKeptForEver() {
    byte[] much = new byte[1 << 16];
    for (int i = 0; i < 40; i++) {
      guarded.write(much, 0, much.length);
    }
    assertThat(bytes.size()).isGreaterThan(1 << 20);
  }
}
