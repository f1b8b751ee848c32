package dev.lockstep.datasets.pack;

import java.util.ArrayList;
import java.util.List;

/**
 * What was found in a file: enough to say later whether it still holds the same rows. Rows that
 * were left out do not count.
 *
 * @param file as rows name it; see {@link dev.lockstep.datasets.source.FileNames#display}
 * @param rows good rows
 * @param hash of their values, labels and weights in their order
 */
public record ScannedFile(String file, long rows, long hash) {
  /** The files of pieces that are in order; how files are cut into pieces does not enter. */
  static List<ScannedFile> of(List<ScannedPiece> pieces) {
    List<ScannedFile> files = new ArrayList<>();
    for (ScannedPiece piece : pieces) {
      ScannedFile last = files.isEmpty() ? null : files.get(files.size() - 1);
      if (last != null && last.file.equals(piece.file())) {
        files.set(files.size() - 1, last.followedBy(piece));
      } else {
        files.add(new ScannedFile(piece.file(), piece.rows(), piece.hash(0)));
      }
    }
    return files;
  }

  private ScannedFile followedBy(ScannedPiece piece) {
    long power = RowHash.power(ScannedPiece.POINTS[0], rows);
    return new ScannedFile(
        file, rows + piece.rows(), RowHash.add(hash, RowHash.multiply(power, piece.hash(0))));
  }
}
