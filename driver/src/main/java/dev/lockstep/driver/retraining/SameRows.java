package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.BadRow;
import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.replica.Examples;
import java.util.Iterator;
import java.util.List;

/**
 * Makes sure that data which were prepared for two models hold the same rows in the same places. A
 * row's place follows from the rows before it that can be used; so the places differ where a row
 * can be used by one model only, because a column that the other does not look at has no value.
 */
final class SameRows {
  private static final long MULTIPLIER_1 = 0xBF58476D1CE4E5B9L;
  private static final long MULTIPLIER_2 = 0x94D049BB133111EBL;

  private SameRows() {}

  /**
   * Compares the rows that were left out, and then the labels row by row.
   *
   * @param championBad what the champion cannot use of the location that the rows come from
   * @param challengerBad what the challenger cannot use of it
   * @param commonLabels for each label of the champion's data the number of that label in the
   *     challenger's data; empty for regression
   * @throws LockstepException of kind data where the rows are not the same
   */
  static void require(
      BadRows championBad,
      PreparedSplit championRows,
      BadRows challengerBad,
      PreparedSplit challengerRows,
      int[] commonLabels) {
    if (championBad.count() != challengerBad.count()
        || (challengerBad.count() > 0 && digest(championBad) != digest(challengerBad))) {
      throw different(championBad, challengerBad);
    }
    long examples = challengerRows.examples();
    if (championRows.examples() != examples
        || differing(championRows, challengerRows, commonLabels) > 0) {
      throw LockstepException.data(
          "The data changed while champion and challenger were compared. Make sure that nothing"
              + " writes to them during a run, and start again.");
    }
  }

  private static LockstepException different(BadRows champion, BadRows challenger) {
    return LockstepException.data(
        "Champion and challenger cannot be compared on the same rows: "
            + champion.count()
            + " rows cannot be used by the champion ("
            + champion.byColumn()
            + " by column) and "
            + challenger.count()
            + " by the challenger ("
            + challenger.byColumn()
            + "). Correct these rows, or take them out of the data.");
  }

  /** The sum of a hash of file and row over all bad rows, in any order. */
  private static long digest(BadRows badRows) {
    return badRows.rows(file -> file).map(SameRows::hash).reduce(Long::sum);
  }

  private static long hash(BadRow row) {
    long hash = row.row();
    for (int i = 0; i < row.file().length(); i++) {
      hash = (hash ^ row.file().charAt(i)) * MULTIPLIER_1;
      hash ^= hash >>> 32;
    }
    hash *= MULTIPLIER_2;
    return hash ^ (hash >>> 31);
  }

  /** Rows whose labels differ. */
  private static long differing(PreparedSplit champion, PreparedSplit challenger, int[] common) {
    return champion
        .shards()
        .zipPartitions(
            challenger.shards(),
            (others, own) -> List.of(differing(others, own, common)).iterator())
        .reduce(Long::sum);
  }

  private static long differing(
      Iterator<Shard> champion, Iterator<Shard> challenger, int[] common) {
    long rows = 0;
    while (champion.hasNext() && challenger.hasNext()) {
      Examples others = champion.next().examples();
      Examples own = challenger.next().examples();
      for (int row = 0; row < own.count(); row++) {
        float label = others.targets()[row];
        float expected = common.length == 0 ? label : common[(int) label];
        rows += expected == own.targets()[row] ? 0 : 1;
      }
    }
    return rows;
  }
}
