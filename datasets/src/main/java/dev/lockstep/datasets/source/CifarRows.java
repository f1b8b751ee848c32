package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Files of CIFAR-10 or CIFAR-100 in their binary version, in the order of their paths. A record is
 * one byte with the label (CIFAR-10), or two with the coarse and the fine label (CIFAR-100), and
 * 3072 bytes of a 32 × 32 image: all red values row by row, then all green, then all blue ones.
 * There is no header, so everything that a file says about its size is its size.
 *
 * <p>Source of the format: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images",
 * 2009, and the page of the data sets.
 */
final class CifarRows implements RowGenerator {
  private static final long serialVersionUID = 1L;
  private static final int SIDE = 32;
  private static final int CHANNELS = 3;
  private static final int PIXELS = SIDE * SIDE;
  private static final String FILE_ENDING = ".bin";
  private static final int STREAM_BYTES = 1 << 16;
  private static final long PIECE_BYTES = 8L << 20;

  /** Height, width and channels of every image. */
  static final Shape SHAPE = new Shape(SIDE, SIDE, CHANNELS);

  private final SerializableConfiguration hadoop;
  private final CifarLabels labels;
  private final ArrayList<Piece> pieces;

  private CifarRows(Configuration hadoop, CifarLabels labels, List<Piece> pieces) {
    this.hadoop = new SerializableConfiguration(hadoop);
    this.labels = labels;
    this.pieces = new ArrayList<>(pieces);
  }

  /**
   * Part of a file.
   *
   * @param file its encoded URI
   * @param firstRow rows of the file before it
   * @param rows at least 1
   */
  private record Piece(String file, long firstRow, int rows) implements Serializable {}

  static CifarRows open(Configuration hadoop, DataLocation.Cifar location) {
    CifarLabels labels = CifarLabels.of(location.classes());
    List<Piece> pieces = new ArrayList<>();
    try {
      for (FileStatus file : files(hadoop, location.paths())) {
        addPieces(file, labels, pieces);
      }
    } catch (IOException unreadable) {
      throw InputPaths.unreadable(String.join(", ", location.paths()), unreadable);
    }
    if (pieces.isEmpty()) {
      throw LockstepException.data(
          String.join(", ", location.paths())
              + " holds no files named *"
              + FILE_ENDING
              + " (data.path). Name the files themselves if they are called otherwise.");
    }
    return new CifarRows(hadoop, labels, pieces);
  }

  /** The files that are named, and of folders those whose names end as CIFAR's do, by path. */
  private static List<FileStatus> files(Configuration hadoop, List<String> paths)
      throws IOException {
    List<FileStatus> found = new ArrayList<>();
    for (Path path : InputPaths.existing(hadoop, paths)) {
      FileSystem files = path.getFileSystem(hadoop);
      FileStatus status = files.getFileStatus(path);
      if (status.isFile()) {
        found.add(status);
        continue;
      }
      for (FileStatus child : files.listStatus(path)) {
        String name = child.getPath().getName();
        boolean counts = !name.startsWith("_") && !name.startsWith(".");
        if (child.isFile() && counts && name.endsWith(FILE_ENDING)) {
          found.add(child);
        }
      }
    }
    found.sort(Comparator.comparing(file -> file.getPath().toString()));
    return found;
  }

  private static void addPieces(FileStatus file, CifarLabels labels, List<Piece> pieces) {
    int recordBytes = labels.bytes() + SHAPE.size();
    if (file.getLen() == 0 || file.getLen() % recordBytes != 0) {
      throw LockstepException.data(
          InputPaths.display(file.getPath().toString())
              + " (data.path) has "
              + file.getLen()
              + " bytes, which are no whole records of "
              + recordBytes
              + " bytes, as "
              + labels.dataSet()
              + " has them."
              + otherwise(file.getLen(), labels));
    }
    long rows = file.getLen() / recordBytes;
    int rowsPerPiece = (int) (PIECE_BYTES / recordBytes);
    for (long first = 0; first < rows; first += rowsPerPiece) {
      pieces.add(
          new Piece(
              file.getPath().toUri().toString(),
              first,
              (int) Math.min(rowsPerPiece, rows - first)));
    }
  }

  /** What else a file of that length may be. */
  private static String otherwise(long length, CifarLabels labels) {
    for (CifarLabels other : CifarLabels.values()) {
      if (other.bytes() != labels.bytes()
          && length > 0
          && length % (other.bytes() + SHAPE.size()) == 0) {
        return " It may be "
            + other.dataSet()
            + ": then set data.classes to "
            + other.classes()
            + ".";
      }
    }
    return " The file is cut off or damaged, or still packed: fetch it again, or unpack it.";
  }

  /** Names by row, column and channel. */
  static List<String> featureNames() {
    List<String> names = new ArrayList<>(SHAPE.size());
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        for (int channel = 0; channel < CHANNELS; channel++) {
          names.add("pixel_" + row + "_" + column + "_" + channel);
        }
      }
    }
    return names;
  }

  /** What a user would call the first file. */
  String name() {
    return FileNames.display(pieces.get(0).file());
  }

  @Override
  public String file(int piece) {
    return pieces.get(piece).file();
  }

  @Override
  public int pieces() {
    return pieces.size();
  }

  @Override
  public long firstRow(int piece) {
    return pieces.get(piece).firstRow();
  }

  @Override
  public Cursor open(int piece) {
    Piece part = pieces.get(piece);
    Path path = new Path(InputPaths.decode(part.file()));
    try {
      FSDataInputStream stream = path.getFileSystem(hadoop.value()).open(path);
      try {
        stream.seek(part.firstRow() * (labels.bytes() + SHAPE.size()));
        return new Images(
            new DataInputStream(new BufferedInputStream(stream, STREAM_BYTES)),
            part.rows(),
            labels);
      } catch (IOException failed) {
        stream.close();
        throw failed;
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Images of a piece, in order. */
  private static final class Images implements Cursor {
    private final DataInputStream stream;
    private final CifarLabels labels;
    private final byte[] record;
    private int left;

    Images(DataInputStream stream, int rows, CifarLabels labels) {
      this.stream = stream;
      this.left = rows;
      this.labels = labels;
      this.record = new byte[labels.bytes() + SHAPE.size()];
    }

    @Override
    public boolean next(float[] values) {
      if (left == 0) {
        return false;
      }
      left--;
      try {
        stream.readFully(record);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
      int from = labels.bytes();
      for (int channel = 0; channel < CHANNELS; channel++) {
        for (int pixel = 0; pixel < PIXELS; pixel++) {
          values[pixel * CHANNELS + channel] = record[from++] & 0xFF;
        }
      }
      return true;
    }

    @Override
    public String label() {
      return Integer.toString(labels.label(record));
    }

    @Override
    public RowProblem problem() {
      return labels.problem(record);
    }

    @Override
    public void close() {
      try {
        stream.close();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
