package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.run.StopRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An interruption in the middle of preparation. */
final class StopInTurnTest {
  /** Interrupts when a test wants it. */
  private static final class Interrupter implements StopRequest {
    private Runnable undo = () -> {};

    @Override
    public boolean isMade() {
      return false;
    }

    @Override
    public void preparing(Runnable undoPreparation) {
      undo = undoPreparation;
    }
  }

  @Test
  void theTurnIsGivenBackAfterWhatTheTrainingTakesBack() {
    List<String> undone = new ArrayList<>();
    Interrupter interrupter = new Interrupter();
    StopInTurn stop = new StopInTurn(interrupter);
    stop.hasTurn(() -> undone.add("turn"));
    interrupter.undo.run();
    assertThat(undone).containsExactly("turn");

    undone.clear();
    stop.preparing(() -> undone.add("training"));
    interrupter.undo.run();
    assertThat(undone).containsExactly("training", "turn");
  }
}
