package dev.lockstep.notebooks.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel as Jupyter sees it: messages over sockets. */
@Timeout(120)
final class KernelProtocolTest {
  /** System property that the loop sets when it begins. */
  private static final String LOOPS = "lockstep.test.loops";

  private static ProtocolClient jupyter;

  @BeforeAll
  static void start() {
    jupyter = new ProtocolClient();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    jupyter.shutDown();
  }

  @Test
  void aValueIsAnExecuteResult() {
    List<JsonObject> messages = jupyter.execute("Math.max(3, 4)");

    assertThat(text(only(messages, "execute_result"))).isEqualTo("4");
    assertThat(reply(messages).get("status").getAsString()).isEqualTo("ok");
  }

  @Test
  void whatIsPrintedIsAStream() {
    List<JsonObject> messages = jupyter.execute("System.out.println(\"α = \" + 0.5);");

    JsonObject stream = only(messages, "stream");
    assertThat(stream.get("name").getAsString()).isEqualTo("stdout");
    assertThat(stream.get("text").getAsString()).contains("α = 0.5");
  }

  @Test
  void aChartIsAPicture() throws IOException {
    List<JsonObject> messages =
        jupyter.execute(
            "display(Charts.lines(\"Loss\", \"step\", \"loss\", Map.of(\"a\", new double[] {2, 1})))");

    JsonObject data = only(messages, "display_data").getAsJsonObject("data");
    assertThat(data.get("text/plain").getAsString()).isEqualTo("Loss");
    byte[] png = Base64.getDecoder().decode(data.get("image/png").getAsString());
    assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(760);
  }

  @Test
  void aPictureAndATextAreShownToo() {
    List<JsonObject> messages =
        jupyter.execute(
            "display(new java.awt.image.BufferedImage(2, 3, 1));\ndisplay(\"some text\");");

    List<JsonObject> shown = all(messages, "display_data");
    assertThat(shown).hasSize(2);
    assertThat(shown.get(0).getAsJsonObject("data").has("image/png")).isTrue();
    assertThat(text(shown.get(1))).isEqualTo("some text");
  }

  @Test
  void aRequirementThatDoesNotHoldIsAnErrorWithItsMessage() {
    List<JsonObject> messages = jupyter.execute("require(0.9 >= 0.96, \"accuracy is 0.9\");");

    JsonObject error = only(messages, "error");
    assertThat(error.get("evalue").getAsString()).contains("AssertionError: accuracy is 0.9");
    assertThat(ProtocolClient.strings(error.getAsJsonArray("traceback")))
        .first()
        .asString()
        .contains("accuracy is 0.9");
    assertThat(reply(messages).get("status").getAsString()).isEqualTo("error");
  }

  @Test
  void aRequirementThatHoldsIsSilent() {
    assertThat(jupyter.execute("require(true, \"never said\")"))
        .extracting(message -> message.get("type").getAsString())
        .doesNotContain("error", "execute_result", "stream");
  }

  @Test
  void aLoopWithoutEndCanBeInterrupted() throws InterruptedException {
    Thread interruption =
        new Thread(
            () -> {
              awaitLoop();
              jupyter.interrupt();
            });
    interruption.start();

    List<JsonObject> messages =
        jupyter.execute("while (true) { System.setProperty(\"" + LOOPS + "\", \"yes\"); }");

    interruption.join();
    assertThat(reply(messages).get("status").getAsString()).isEqualTo("error");
    assertThat(text(only(jupyter.execute("1 + 1"), "execute_result"))).isEqualTo("2");
  }

  @Test
  void codeIsCompleted() {
    String code = "Math.hyp";
    JsonObject content = code(code);
    content.addProperty("cursor_pos", code.length());

    JsonObject reply = jupyter.ask("complete_request", content);

    assertThat(ProtocolClient.strings(reply.getAsJsonArray("matches"))).contains("hypot(");
    assertThat(reply.get("cursor_start").getAsInt()).isEqualTo("Math.".length());
  }

  @Test
  void signaturesAreShown() {
    String code = "Math.hypot(";
    JsonObject content = code(code);
    content.addProperty("cursor_pos", code.length());
    content.addProperty("detail_level", 0);

    JsonObject reply = jupyter.ask("inspect_request", content);

    assertThat(text(reply)).contains("double Math.hypot(double");
  }

  @Test
  void codeIsKnownToBeComplete() {
    assertThat(completeness("1 + 1")).isEqualTo("complete");
    assertThat(completeness("if (true) {")).isEqualTo("incomplete");
    assertThat(completeness("1 + )")).isEqualTo("invalid");
  }

  private static String completeness(String code) {
    return jupyter.ask("is_complete_request", code(code)).get("status").getAsString();
  }

  private static JsonObject code(String code) {
    JsonObject content = new JsonObject();
    content.addProperty("code", code);
    return content;
  }

  /**
   * The kernel is of this process. There is nothing to interrupt before the loop runs, nor between
   * two statements.
   */
  private static void awaitLoop() {
    try {
      while (System.getProperty(LOOPS) == null) {
        Thread.sleep(10);
      }
    } catch (InterruptedException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  private static String text(JsonObject content) {
    return content.getAsJsonObject("data").get("text/plain").getAsString();
  }

  private static JsonObject reply(List<JsonObject> messages) {
    return messages.get(messages.size() - 1).getAsJsonObject("content");
  }

  private static JsonObject only(List<JsonObject> messages, String type) {
    List<JsonObject> found = all(messages, type);
    assertThat(found).as("%s among %s", type, messages).hasSize(1);
    return found.get(0);
  }

  private static List<JsonObject> all(List<JsonObject> messages, String type) {
    return messages.stream()
        .filter(message -> message.get("type").getAsString().equals(type))
        .map(message -> message.getAsJsonObject("content"))
        .toList();
  }
}
