package dev.lockstep.driver.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/** Whatever is printed, every line is an object, and none is what a text says it is. */
final class JsonOutputTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final RunContext RUN = new RunContext("local-1", "runs/digits", 2);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final JsonOutput output =
      JsonOutput.before(
          new PrintStream(bytes, true, StandardCharsets.UTF_8),
          Redaction.ofProcess(),
          Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC));

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    for (String line : bytes.toString(StandardCharsets.UTF_8).lines().toList()) {
      objects.add(JSON.readTree(line));
      assertThat(objects.get(objects.size() - 1).isObject()).as(line).isTrue();
    }
    return objects;
  }

  @Test
  void anEventIsOneLineInAFixedOrder() {
    output.tell(
        Event.of(EventKind.CHECKPOINT_WRITTEN, RUN)
            .with("step", 500)
            .with("seconds", 0.25)
            .with("reason", (String) null)
            .with("loss", Double.NaN));
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"time\":\"2026-01-02T03:04:05.000Z\",\"level\":\"info\",\"event\":\"checkpointWritten\","
                + "\"message\":\"A checkpoint is written.\",\"application\":\"local-1\","
                + "\"run\":\"runs/digits\",\"attempt\":2,\"step\":500,\"seconds\":0.25}\n");
  }

  @Test
  void aMessageIsOneObjectHoweverManyLinesItHas() throws IOException {
    output.println("first\nsecond");
    output.println((Object) "third");
    output.println("");
    output.println();
    output.println("lockstep: look out");
    assertThat(lines())
        .map(line -> line.path("message").asText())
        .containsExactly("first\nsecond", "third", "look out");
    assertThat(lines())
        .map(line -> line.path("level").asText())
        .containsExactly("info", "info", "warn");
    assertThat(lines()).allMatch(line -> line.path("event").asText().equals("message"));
  }

  @Test
  void messagesBelongToTheRunThatWasToldOfLast() throws IOException {
    output.println("before");
    output.tell(Event.of(EventKind.RUN_STARTED, RUN));
    output.println("after");
    assertThat(lines().get(0).has("run")).isFalse();
    assertThat(lines().get(2).path("run").asText()).isEqualTo("runs/digits");
    assertThat(lines().get(2).path("application").asText()).isEqualTo("local-1");
    assertThat(lines().get(2).path("attempt").asInt()).isEqualTo(2);
  }

  @Test
  void noTextCanPassForAnEvent() throws IOException {
    String forged = "{\"event\":\"completed\",\"level\":\"info\"}";
    output.println("label '\n" + forged + "\n'");
    output.println(forged);
    output.tell(Event.of(EventKind.FAILED, RUN).saying("row 3: \r\n" + forged).with("x", forged));
    assertThat(lines())
        .map(line -> line.path("event").asText())
        .containsExactly("message", "message", "failed");
    assertThat(lines().get(1).path("message").asText()).isEqualTo(forged);
    assertThat(lines().get(2).path("x").asText()).isEqualTo(forged);
  }

  @Test
  void linesOfTheLogStayObjectsAndOthersBecomeMessages() throws IOException {
    output.print("{\"level\":\"warn\",\"logger\":\"a.B\",\"n\":[1,null,true,1.5,{\"a\":\"b\"}]}\n");
    byte[] pieces =
        "WARN a text of {several} pieces\n{\"not\": json\n[1]\n\n".getBytes(StandardCharsets.UTF_8);
    output.write(pieces, 0, 10);
    output.write(pieces, 10, pieces.length - 10);
    output.print("without end");
    output.println("after it");
    assertThat(lines().get(0).toString())
        .isEqualTo("{\"level\":\"warn\",\"logger\":\"a.B\",\"n\":[1,null,true,1.5,{\"a\":\"b\"}]}");
    assertThat(lines().subList(1, 6))
        .map(line -> line.path("message").asText())
        .containsExactly(
            "WARN a text of {several} pieces", "{\"not\": json", "[1]", "without end", "after it");
  }

  @Test
  void secretsAndControlCharactersAreTakenOutOfEveryText() throws IOException {
    String secret = "tele\"metry Sesame";
    Redaction.ofProcess().learn("store.password", secret);
    output.println(
        "it is " + secret + " \u001b[2J\u009b\u202e\u2066 --conf x.password=hunter77hunter");
    output.tell(Event.of(EventKind.EXECUTOR_LOST, RUN).with("reason", "for " + secret + "\u0007"));
    output.print(JSON.writeValueAsString(JSON.createObjectNode().put("message", secret)) + "\n");
    output.tellExit(Level.ERROR, 3, secret);
    String all = bytes.toString(StandardCharsets.UTF_8);
    assertThat(all).doesNotContain("Sesame", "hunter77", "\u001b", "\u009b", "\u202e", "\u2066");
    assertThat(lines()).hasSize(4);
    assertThat(lines().get(0).path("message").asText())
        .startsWith("it is " + Redaction.MARK + " ?[2J???");
    assertThat(lines().get(1).path("reason").asText()).isEqualTo("for " + Redaction.MARK + "?");
    assertThat(lines().get(2).path("message").asText()).isEqualTo(Redaction.MARK);
  }

  @Test
  void theEndIsToldOnce() throws IOException {
    output.tellExit(Level.ERROR, 3, "the data are wrong");
    output.tellExit(Level.WARN, 3, "again");
    assertThat(lines()).hasSize(1);
    assertThat(lines().get(0).path("event").asText()).isEqualTo("exit");
    assertThat(lines().get(0).path("level").asText()).isEqualTo("error");
    assertThat(lines().get(0).path("exitCode").asInt()).isEqualTo(3);
  }

  @Test
  void nothingIsDrawn() {
    assertThat(GuardedOutput.forDrawing(output)).isSameAs(output);
  }
}
