package dev.lockstep.driver.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.secret.Redaction;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events in a log of text: words that a program can take apart. */
final class TextEventsTest {
  private static final RunContext RUN = new RunContext("app-1", "hdfs://host:8020/runs/a b", 1);

  private final TextEvents events = new TextEvents(Redaction.ofProcess());

  @Test
  void plainValuesStandAloneAndOthersInQuotationMarks() {
    Event event =
        Event.of(EventKind.EXECUTOR_LOST, RUN)
            .with("executor", "3")
            .with("reason", "Command \"x\" exited = 137")
            .with("empty", "")
            .with("seconds", 1.5e-5);
    assertThat(events.line(event))
        .isEqualTo(
            "event=executorLost application=app-1 run=\"hdfs://host:8020/runs/a b\" attempt=1"
                + " executor=3 reason=\"Command \\\"x\\\" exited = 137\" empty=\"\" seconds=1.5E-5");
  }

  @Test
  void noValueEndsALineOrMovesTheCursor() {
    Event event =
        Event.of(EventKind.DATA_SUSPICIOUS, RUN)
            .saying("row 3:\nevent=completed \u001b[2J\u202e\u0085");
    assertThat(events.line(event))
        .endsWith(" message=\"row 3:\\nevent=completed ?[2J??\"")
        .doesNotContain("\n");
  }

  @Test
  void whyARunFailedIsLeftToTheLastParagraph() {
    for (EventKind kind : List.of(EventKind.FAILED, EventKind.DIVERGED)) {
      assertThat(events.line(Event.of(kind, RUN).saying("row 3: 'x' is not a number")))
          .startsWith("event=" + kind.key() + " ")
          .doesNotContain("message");
    }
  }

  @Test
  void secretsAreTakenOut() {
    Redaction.ofProcess().learn("text.password", "textSesame88");
    Event event = Event.of(EventKind.EXECUTOR_LOST, RUN).with("reason", "textSesame88");
    assertThat(events.line(event)).endsWith(" reason=\"" + Redaction.MARK + "\"");
  }

  @Test
  void anEventMayBelongToNoRun() {
    assertThat(events.line(Event.of(EventKind.ROLLED_BACK, null).with("champion", 1)))
        .isEqualTo("event=rolledBack champion=1");
  }

  @Test
  void theSentenceOfTheKindIsNotRepeated() {
    assertThat(events.line(Event.of(EventKind.COMPLETED, RUN))).endsWith(" attempt=1");
  }
}
