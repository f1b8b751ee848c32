package dev.lockstep.driver.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Who holds a folder: what a lock file says. Every text in it is one short line without control
 * characters, whoever wrote the file, so it can be shown.
 *
 * @param id of this holding of this folder, a UUID
 * @param process that holds it
 * @param user who started it
 * @param application Spark's application id; null where none is known
 * @param attempt of the application, counted from 1; null where the cluster counts none
 * @param started when the folder was claimed, ISO-8601
 * @param takesOver ids of earlier holders that were found to be dead; they hold it no more
 */
public record LockOwner(
    String id,
    ProcessIdentity process,
    String user,
    String application,
    Integer attempt,
    String started,
    List<String> takesOver) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_TEXT = 200;
  private static final String NO_NAME = "?";
  private static final String UNKNOWN = "unknown";

  /**
   * This process, about to take a folder.
   *
   * @param application Spark's application id, or null
   * @param attempt of the application, or null
   */
  public static LockOwner here(String application, Integer attempt) {
    return new LockOwner(
        UUID.randomUUID().toString(),
        ProcessIdentity.current(),
        System.getProperty("user.name", UNKNOWN),
        application,
        attempt,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        List.of());
  }

  /** The same with others that it takes the folder over from. */
  LockOwner takingOver(Collection<String> ids) {
    return new LockOwner(id, process, user, application, attempt, started, List.copyOf(ids));
  }

  /** Whether it is an earlier attempt of the application that {@code other} belongs to. */
  boolean isEarlierAttemptOf(LockOwner other) {
    return application != null
        && application.equals(other.application)
        && attempt != null
        && other.attempt != null
        && attempt < other.attempt;
  }

  /** Whether both were surely started by one user: Java calls all that have no name {@code ?}. */
  boolean isOfTheUserOf(LockOwner other) {
    return user.equals(other.user) && !user.equals(NO_NAME) && !user.equals(UNKNOWN);
  }

  /** In words, for messages. */
  String describe() {
    StringBuilder words = new StringBuilder("process ").append(process.pid());
    words.append(" on ").append(process.host());
    words.append(" (user ").append(user);
    if (application != null) {
      words.append(", Spark application ").append(application);
    }
    if (attempt != null) {
      words.append(", attempt ").append(attempt);
    }
    return words.append(", since ").append(started).append(')').toString();
  }

  /** The content of a lock file. */
  byte[] toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("id", id);
    json.put("host", process.host());
    json.put("bootId", process.bootId());
    json.put("pidNamespace", process.pidNamespace());
    json.put("pid", process.pid());
    json.put("processStart", process.start());
    json.put("user", user);
    json.put("application", application);
    json.put("attempt", attempt);
    json.put("started", started);
    takesOver.forEach(json.putArray("takesOver")::add);
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** Reads the content of a lock file; empty where it is damaged or not written yet. */
  static Optional<LockOwner> read(byte[] content) {
    try {
      JsonNode json = JSON.readTree(content);
      if (json == null || !json.isObject()) {
        return Optional.empty();
      }
      JsonNode attempt = json.path("attempt");
      return Optional.of(
          new LockOwner(
              UUID.fromString(required(json, "id")).toString(),
              new ProcessIdentity(
                  required(json, "host"),
                  optional(json, "bootId"),
                  optional(json, "pidNamespace"),
                  json.path("pid").asLong(),
                  required(json, "processStart")),
              required(json, "user"),
              optional(json, "application"),
              attempt.isInt() ? attempt.intValue() : null,
              required(json, "started"),
              texts(json.path("takesOver"))));
    } catch (IOException | IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }

  private static String required(JsonNode json, String key) {
    String text = optional(json, key);
    if (text == null) {
      throw new IllegalArgumentException(key);
    }
    return text;
  }

  private static String optional(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (!value.isTextual()) {
      return null;
    }
    String text = value.textValue();
    if (text.length() > MAX_TEXT || text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(key);
    }
    return text;
  }
}
