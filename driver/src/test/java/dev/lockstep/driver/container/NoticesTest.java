package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class NoticesTest {
  private static final Instant NOW = Instant.parse("2025-11-26T00:10:00Z");

  @Test
  void areSentencesForPeople() {
    assertThat(new Notices(false).message("all is well.", NOW)).isEqualTo("lockstep: all is well.");
    assertThat(new Notices(false).exit(2, "no command.", NOW)).isEqualTo("lockstep: no command.");
  }

  @Test
  void areObjectsOfTheProgramsLog() throws JsonProcessingException {
    JsonNode exit = parsed(new Notices(true).exit(2, "no \"x\" in C:\\y,\n\u001b[1mz", NOW));

    assertThat(exit.path("time").asText()).isEqualTo("2025-11-26T00:10:00.000Z");
    assertThat(exit.path("level").asText()).isEqualTo("error");
    assertThat(exit.path("event").asText()).isEqualTo("exit");
    assertThat(exit.path("message").asText()).isEqualTo("no \"x\" in C:\\y,??[1mz");
    assertThat(exit.path("exitCode").asInt()).isEqualTo(2);

    JsonNode message = parsed(new Notices(true).message("all is well.", NOW));

    assertThat(message.path("level").asText()).isEqualTo("info");
    assertThat(message.path("event").asText()).isEqualTo("message");
    assertThat(message.path("message").asText()).isEqualTo("all is well.");
    assertThat(message.has("exitCode")).isFalse();
  }

  private static JsonNode parsed(String line) throws JsonProcessingException {
    return new ObjectMapper().readTree(line);
  }
}
