package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;

/**
 * Contributions that tasks of this JVM have given to Spark to be sent, until they may be filled
 * anew. That is when a task of a later job of the run begins: the driver starts it only after it
 * has all results of the job before, so what was needed of them has been written. An attempt that
 * is still writing then is one whose result nobody takes.
 *
 * <p>Safe for several tasks at once.
 */
final class SentContributions {
  private final Deque<Contribution> sent = new ArrayDeque<>();
  private final Deque<Contribution> spare = new ArrayDeque<>();
  private long currentRound = -1;

  /** Notes what a task of a round is about to send. */
  synchronized void add(long round, Collection<Contribution> contributions) {
    if (round == currentRound) {
      sent.addAll(contributions);
    }
  }

  /**
   * Gives a team contributions of earlier rounds to fill.
   *
   * @param round of the task
   * @param number how many it is going to send
   */
  synchronized void lend(long round, ReplicaTeam team, int number) {
    if (round < currentRound) {
      return;
    }
    if (round > currentRound) {
      currentRound = round;
      spare.clear();
      spare.addAll(sent);
      sent.clear();
    }
    for (int i = 0; i < number && !spare.isEmpty(); i++) {
      team.recycle(spare.removeFirst());
    }
  }
}
