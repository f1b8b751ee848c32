package dev.lockstep.driver.retraining;

import dev.lockstep.driver.run.StopRequest;

/**
 * The stop request of a retraining, for the training in it: to take back what was prepared is also
 * to give back the run date's turn.
 */
final class StopInTurn implements StopRequest {
  private final StopRequest whole;
  private volatile Runnable giveBack = () -> {};

  /** Without a turn yet. */
  StopInTurn(StopRequest whole) {
    this.whole = whole;
  }

  /**
   * It is this retraining's turn.
   *
   * @param giveBack ends it; safe on any thread, and more than once
   */
  void hasTurn(Runnable giveBack) {
    this.giveBack = giveBack;
    whole.preparing(giveBack);
  }

  @Override
  public boolean isMade() {
    return whole.isMade();
  }

  @Override
  public void preparing(Runnable undo) {
    whole.preparing(
        () -> {
          undo.run();
          giveBack.run();
        });
  }

  @Override
  public void stepsBegin() {
    whole.stepsBegin();
  }

  @Override
  public void computing(Runnable giveUp) {
    whole.computing(giveUp);
  }

  @Override
  public void computed() {
    whole.computed();
  }

  @Override
  public void stepsEnd() {
    whole.stepsEnd();
  }
}
