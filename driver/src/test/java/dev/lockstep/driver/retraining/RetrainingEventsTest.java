package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.telemetry.Event;
import dev.lockstep.driver.telemetry.EventKind;
import dev.lockstep.driver.telemetry.RunContext;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators are told does not depend on what can be read. */
final class RetrainingEventsTest {
  @TempDir private Path folder;

  @Test
  void aRegistryThatCannotBeReadChangesNoDecision() throws IOException {
    Files.writeString(folder.resolve("champion.json"), "{");
    ModelRegistry registry = ModelRegistry.at(folder.toString(), new Configuration());
    assertThatExceptionOfType(LockstepException.class).isThrownBy(registry::champion);
    List<Event> told = new ArrayList<>();
    try (JavaSparkContext spark = RetrainingFixture.spark();
        RetrainingEvents events =
            new RetrainingEvents(spark, told::add, "runs/a", "2026-11-02", registry)) {
      events.show();
      events.decided(Decision.of(Decision.Kind.PUBLISHED, "It is better.", StrictJson.object()));
    }
    assertThat(told).extracting(Event::message).containsExactly("It is better.");
    assertThat(told.get(0).fields()).containsEntry("decision", "published");
  }

  @Test
  void aRetrainingEndsOnce() {
    ModelRegistry registry = ModelRegistry.at(folder.toString(), new Configuration());
    LockstepException failure = LockstepException.data("There is no such day.");
    RunContext training = new RunContext("app-1", "runs/a", 2);
    try (JavaSparkContext spark = RetrainingFixture.spark()) {
      for (EventKind kind : List.of(EventKind.COMPLETED, EventKind.DIVERGED, EventKind.FAILED)) {
        List<Event> told = new ArrayList<>();
        try (RetrainingEvents events =
            new RetrainingEvents(spark, told::add, "runs/a", "2026-11-02", registry)) {
          events.ofTraining().tell(Event.of(kind, training));
          events.failed(failure);
        }
        boolean ended = kind != EventKind.COMPLETED;
        assertThat(told).hasSize(ended ? 1 : 2);
        assertThat(told.get(0).run()).isEqualTo(training);
        assertThat(told.get(told.size() - 1).fields()).containsEntry("runDate", "2026-11-02");
        if (!ended) {
          assertThat(told.get(0).fields()).isEmpty();
          assertThat(told.get(1).kind()).isEqualTo(EventKind.FAILED);
          assertThat(told.get(1).fields()).containsEntry("kind", "data");
          assertThat(told.get(1).message()).isEqualTo("There is no such day.");
        }
      }
    }
  }
}
