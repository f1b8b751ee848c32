package dev.lockstep.datasets.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/**
 * The rows of a bundled data set, read from the class path of whoever asks. The files are
 * scikit-learn's: comma-separated numbers, the class index last; all but digits start with a line
 * {@code rows,features,class names …}.
 */
final class BundledRows implements RowGenerator {
  private static final long serialVersionUID = 1L;

  private final BundledDataSet dataSet;

  BundledRows(BundledDataSet dataSet) {
    this.dataSet = dataSet;
  }

  @Override
  public String file(int piece) {
    return dataSet.key();
  }

  @Override
  public int pieces() {
    return 1;
  }

  @Override
  public long firstRow(int piece) {
    return 0;
  }

  @Override
  public Cursor open(int piece) {
    InputStream file = BundledRows.class.getResourceAsStream(dataSet.resource());
    if (file == null) {
      throw new IllegalStateException(
          "the resource " + dataSet.resource() + " is missing from the class path");
    }
    try {
      InputStream text = dataSet.resource().endsWith(".gz") ? new GZIPInputStream(file) : file;
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(text, StandardCharsets.US_ASCII));
      String[] classNames = null;
      if (dataSet != BundledDataSet.DIGITS) {
        String[] firstLine = lines.readLine().split(",");
        classNames = new String[dataSet.classes()];
        System.arraycopy(firstLine, 2, classNames, 0, classNames.length);
      }
      return new Lines(lines, classNames);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Lines of the file. */
  private static final class Lines implements Cursor {
    private final BufferedReader lines;
    private final String[] classNames;
    private String label;

    Lines(BufferedReader lines, String[] classNames) {
      this.lines = lines;
      this.classNames = classNames;
    }

    @Override
    public boolean next(float[] values) {
      try {
        String line = lines.readLine();
        if (line == null) {
          return false;
        }
        int from = 0;
        for (int j = 0; j < values.length; j++) {
          int comma = line.indexOf(',', from);
          values[j] = Float.parseFloat(line.substring(from, comma));
          from = comma + 1;
        }
        String classIndex = line.substring(from);
        label = classNames == null ? classIndex : classNames[Integer.parseInt(classIndex)];
        return true;
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    @Override
    public String label() {
      return label;
    }

    @Override
    public void close() {
      try {
        lines.close();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
