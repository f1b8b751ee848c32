package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A pair of IDX files of unsigned bytes, each gzipped or not: magic number 00 00 08 d (d
 * dimensions), d big-endian 32-bit sizes, then the values, last dimension fastest.
 *
 * <p>Source of the format: LeCun, Cortes, Burges, "The MNIST database of handwritten digits". The
 * sizes in the header are compared with the real length before anything is allocated for them. A
 * gzipped file is never decompressed further than its header promises, which is no more than a file
 * of its size can hold.
 */
final class IdxRows implements RowGenerator {
  private static final long serialVersionUID = 1L;
  private static final int UNSIGNED_BYTES = 0x08;
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final int STREAM_BYTES = 1 << 16;
  private static final long PIECE_BYTES = 8L << 20;

  /**
   * 1024 × 1024 values. Each is a column with a name, some hundred bytes of memory in all, and a
   * gzipped file of a thousandth of its values can hold an image honestly.
   */
  private static final int MAX_IMAGE_VALUES = 1 << 20;

  /** No compressed byte stands for more: 258 bytes for two bits at best. */
  private static final long MAX_EXPANSION = 1032;

  private final SerializableConfiguration hadoop;
  private final String images;
  private final String labels;
  private final Header header;
  private final Shape shape;
  private final int rowsPerPiece;

  private IdxRows(Configuration hadoop, String images, String labels, Header header, Shape shape) {
    this.hadoop = new SerializableConfiguration(hadoop);
    this.images = images;
    this.labels = labels;
    this.header = header;
    this.shape = shape;
    this.rowsPerPiece =
        header.gzipped
            ? header.count()
            : (int) Math.min(header.count(), Math.max(1, PIECE_BYTES / shape.size()));
  }

  /**
   * What the start of a file says.
   *
   * @param sizes of the dimensions, the number of rows first
   */
  private record Header(boolean gzipped, ArrayList<Integer> sizes) implements Serializable {
    int count() {
      return sizes.get(0);
    }

    int bytes() {
      return 4 + 4 * sizes.size();
    }
  }

  static IdxRows open(Configuration hadoop, DataLocation.Idx location) {
    Header images = check(hadoop, location.images(), "images", 3, 4);
    if (location.labels() != null) {
      Header labels = check(hadoop, location.labels(), "labels", 1, 1);
      if (labels.count() != images.count()) {
        throw LockstepException.data(
            InputPaths.display(location.images())
                + " holds "
                + images.count()
                + " images, and "
                + InputPaths.display(location.labels())
                + " "
                + labels.count()
                + " labels. Name two files that belong together (data.images, data.labels).");
      }
    }
    List<Integer> sizes = images.sizes();
    Shape shape = new Shape(sizes.get(1), sizes.get(2), sizes.size() == 4 ? sizes.get(3) : 1);
    return new IdxRows(hadoop, location.images(), location.labels(), images, shape);
  }

  /** Reads the header, then compares the length it promises with the file's. */
  private static Header check(
      Configuration hadoop, String file, String key, int fewestDimensions, int mostDimensions) {
    String shown = InputPaths.display(file) + " (data." + key + ")";
    try {
      boolean gzipped;
      ArrayList<Integer> sizes = new ArrayList<>();
      long payload = 1;
      long length;
      try (DataInputStream stream = stream(hadoop, file, 0)) {
        gzipped = isGzipped(hadoop, file);
        int magic = stream.readInt();
        int type = magic >>> 8;
        int dimensions = magic & 0xFF;
        if (type != UNSIGNED_BYTES
            || dimensions < fewestDimensions
            || dimensions > mostDimensions) {
          throw LockstepException.data(
              String.format(
                  "%s is not an IDX file of %s: its first four bytes are %08x, and 0000080%d is expected. Check that images and labels are not exchanged.",
                  shown, key, magic, fewestDimensions));
        }
        for (int d = 0; d < dimensions; d++) {
          int size = stream.readInt();
          if (size < 1) {
            throw LockstepException.data(
                shown
                    + " promises "
                    + Integer.toUnsignedString(size)
                    + " in dimension "
                    + (d + 1)
                    + "; 1 to 2^31 - 1 are possible.");
          }
          sizes.add(size);
          payload = Math.multiplyExact(payload, (long) size);
        }
        if (payload / sizes.get(0) > MAX_IMAGE_VALUES) {
          throw LockstepException.data(
              shown
                  + " promises "
                  + payload / sizes.get(0)
                  + " values in each image; at most 2^20 are possible. Scale the images down.");
        }
        long fileLength = fileLength(hadoop, file);
        if (!gzipped) {
          length = fileLength - 4 - 4L * dimensions;
        } else if (payload / MAX_EXPANSION > fileLength) {
          throw LockstepException.data(
              shown
                  + " promises "
                  + payload
                  + " bytes of values in its header, which a gzipped file of "
                  + fileLength
                  + " bytes cannot hold. The file is cut off or damaged: fetch it again.");
        } else {
          length = countUpTo(stream, payload + 1);
        }
      }
      if (length != payload) {
        throw LockstepException.data(
            shown
                + " promises "
                + payload
                + " bytes of values in its header and holds "
                + (gzipped && length > payload ? "more" : length)
                + ". The file is cut off or damaged: fetch it again.");
      }
      return new Header(gzipped, sizes);
    } catch (ArithmeticException tooLarge) {
      throw LockstepException.data(
          shown
              + " promises more than 2^63 bytes in its header. The file is damaged: fetch it again.");
    } catch (EOFException | ZipException damaged) {
      throw new LockstepException(
          ErrorKind.DATA, shown + " is cut off or damaged: fetch it again.", damaged);
    } catch (IOException unreadable) {
      throw InputPaths.unreadable(shown, unreadable);
    }
  }

  private static long fileLength(Configuration hadoop, String file) throws IOException {
    Path path = new Path(file);
    return path.getFileSystem(hadoop).getFileStatus(path).getLen();
  }

  private static boolean isGzipped(Configuration hadoop, String file) throws IOException {
    Path path = new Path(file);
    FileSystem files = path.getFileSystem(hadoop);
    try (FSDataInputStream stream = files.open(path)) {
      return stream.read() == GZIP_MAGIC >>> 8 && stream.read() == (GZIP_MAGIC & 0xFF);
    }
  }

  /** Bytes to the end of the stream, or {@code most} where there are as many. */
  private static long countUpTo(InputStream stream, long most) throws IOException {
    byte[] chunk = new byte[STREAM_BYTES];
    long count = 0;
    while (count < most) {
      int read = stream.read(chunk, 0, (int) Math.min(chunk.length, most - count));
      if (read < 0) {
        break;
      }
      count += read;
    }
    return count;
  }

  /** The decompressed contents from {@code position}. */
  private static DataInputStream stream(Configuration hadoop, String file, long position)
      throws IOException {
    Path path = new Path(file);
    FSDataInputStream raw = path.getFileSystem(hadoop).open(path);
    try {
      if (!isGzipped(hadoop, file)) {
        raw.seek(position);
        return new DataInputStream(new BufferedInputStream(raw, STREAM_BYTES));
      }
      DataInputStream stream = new DataInputStream(new GZIPInputStream(raw, STREAM_BYTES));
      stream.skipNBytes(position);
      return stream;
    } catch (IOException failed) {
      raw.close();
      throw failed;
    }
  }

  /** Height, width and channels of an image. */
  Shape shape() {
    return shape;
  }

  /** Names by row and column, and by channel where there is more than one. */
  List<String> featureNames() {
    List<String> names = new ArrayList<>(shape.size());
    for (int row = 0; row < shape.height(); row++) {
      for (int column = 0; column < shape.width(); column++) {
        for (int channel = 0; channel < shape.channels(); channel++) {
          names.add("pixel_" + row + "_" + column + (shape.channels() == 1 ? "" : "_" + channel));
        }
      }
    }
    return names;
  }

  @Override
  public String file(int piece) {
    return images.contains(":/") ? new Path(images).toUri().toString() : images;
  }

  @Override
  public int pieces() {
    return (header.count() - 1) / rowsPerPiece + 1;
  }

  @Override
  public long firstRow(int piece) {
    return (long) piece * rowsPerPiece;
  }

  @Override
  public Cursor open(int piece) {
    long first = firstRow(piece);
    int rows = (int) Math.min(rowsPerPiece, header.count() - first);
    try {
      DataInputStream imageStream =
          stream(hadoop.value(), images, header.bytes() + first * shape.size());
      try {
        DataInputStream labelStream =
            labels == null ? null : stream(hadoop.value(), labels, 8 + first);
        return new Images(imageStream, labelStream, rows, shape.size());
      } catch (IOException failed) {
        imageStream.close();
        throw failed;
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Images of a piece, in order. */
  private static final class Images implements Cursor {
    private final DataInputStream imageStream;
    private final DataInputStream labelStream;
    private final byte[] pixels;
    private final String[] labelTexts = new String[256];
    private int left;
    private int label;

    Images(DataInputStream imageStream, DataInputStream labelStream, int rows, int size) {
      this.imageStream = imageStream;
      this.labelStream = labelStream;
      this.left = rows;
      this.pixels = new byte[size];
      for (int value = 0; value < labelTexts.length; value++) {
        labelTexts[value] = Integer.toString(value);
      }
    }

    @Override
    public boolean next(float[] values) {
      if (left == 0) {
        return false;
      }
      left--;
      try {
        imageStream.readFully(pixels);
        label = labelStream == null ? 0 : labelStream.readUnsignedByte();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
      for (int j = 0; j < pixels.length; j++) {
        values[j] = pixels[j] & 0xFF;
      }
      return true;
    }

    @Override
    public String label() {
      return labelStream == null ? null : labelTexts[label];
    }

    @Override
    public void close() {
      try (imageStream;
          labelStream) {
        left = 0;
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
