package dev.lockstep.driver.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one attempt at a run tells the next, in the file {@code attempts.json} of the run's folder:
 * where each began, and what the summary is to say of them all. There is none while a run goes
 * through at its first attempt.
 */
final class AttemptLog {
  /** Name of the file. */
  static final String NAME = "attempts.json";

  private static final int MAX_BYTES = 16 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunFolder folder;
  private final List<Long> resumedFromSteps;
  private final List<String> notes;

  private AttemptLog(RunFolder folder, List<Long> resumedFromSteps, List<String> notes) {
    this.folder = folder;
    this.resumedFromSteps = resumedFromSteps;
    this.notes = notes;
  }

  /** The log of a run's first attempt; nothing is written yet. */
  static AttemptLog first(RunFolder folder) {
    return new AttemptLog(folder, new ArrayList<>(), new ArrayList<>());
  }

  /** What earlier attempts left in the folder. */
  static AttemptLog read(RunFolder folder) {
    AttemptLog log = first(folder);
    folder.restore(NAME);
    if (!folder.has(NAME)) {
      return log;
    }
    try {
      JsonNode root = JSON.readTree(folder.readText(NAME, MAX_BYTES));
      root.path("resumedFromSteps").forEach(step -> log.resumedFromSteps.add(step.asLong()));
      root.path("notes").forEach(note -> log.notes.add(note.asText()));
    } catch (JsonProcessingException | LockstepException damaged) {
      // Nothing that training depends on; what is known no more is said to be so.
      log.notes.add("How earlier attempts went is not known: " + NAME + " is damaged.");
    }
    return log;
  }

  /** Writes down that an attempt begins behind {@code step}, which earlier ones had reached. */
  void resumedFrom(long step) {
    resumedFromSteps.add(step);
    write();
  }

  /** Writes down a sentence for the summary, whichever attempt will write that. */
  void note(String sentence) {
    if (!notes.contains(sentence)) {
      notes.add(sentence);
      write();
    }
  }

  private void write() {
    ObjectNode root = JSON.createObjectNode();
    resumedFromSteps.forEach(root.putArray("resumedFromSteps")::add);
    notes.forEach(root.putArray("notes")::add);
    folder.writeText(NAME, root.toPrettyString() + "\n");
  }

  /** The step behind which each attempt after the first began. */
  List<Long> resumedFromSteps() {
    return resumedFromSteps;
  }

  /** Sentences for the summary. */
  List<String> notes() {
    return notes;
  }
}
