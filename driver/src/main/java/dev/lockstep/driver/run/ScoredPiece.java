package dev.lockstep.driver.run;

import dev.lockstep.datasets.source.RowProblem;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a task of scoring learned of the rows of one file and start.
 *
 * @param file as Spark names it
 * @param start of the piece within the file
 * @param rows how many there are
 * @param firstBad the first row that cannot be scored, from 0 in the piece; -1 where all can
 * @param problem why, or null
 */
record ScoredPiece(String file, long start, long rows, long firstBad, RowProblem problem)
    implements Serializable {
  /**
   * The first row that cannot be scored, in the order of files and rows.
   *
   * @param pieces all of a data set, in any order
   * @return its place and the problem
   */
  static Optional<String> firstProblem(List<ScoredPiece> pieces) {
    List<ScoredPiece> inOrder = new ArrayList<>(pieces);
    inOrder.sort(Comparator.comparing(ScoredPiece::file).thenComparingLong(ScoredPiece::start));
    String file = null;
    long rowsBefore = 0;
    for (ScoredPiece piece : inOrder) {
      if (!piece.file().equals(file)) {
        file = piece.file();
        rowsBefore = 0;
      }
      if (piece.problem() != null) {
        return Optional.of(piece.problem().describe(file, rowsBefore + piece.firstBad() + 1));
      }
      rowsBefore += piece.rows();
    }
    return Optional.empty();
  }
}
