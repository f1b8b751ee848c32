package dev.lockstep.datasets.source;

import java.io.Serializable;
import java.util.List;

/** Where rows come from. */
public sealed interface DataLocation extends Serializable {
  /** The format's name in the configuration. */
  String format();

  /** Files, folders or globs that rows are read from, in order; none where a format has no list. */
  default List<String> paths() {
    return List.of();
  }

  /** The same format at other paths, for formats that have a list of them. */
  default DataLocation withPaths(List<String> others) {
    throw new UnsupportedOperationException(format() + " has no list of paths");
  }

  /**
   * Delimited text with a header line or Spark's column names {@code _c0 …} without one.
   *
   * @param paths files, folders or globs; any Hadoop URI
   */
  record Csv(List<String> paths) implements DataLocation {
    @Override
    public String format() {
      return "csv";
    }

    @Override
    public DataLocation withPaths(List<String> others) {
      return new Csv(others);
    }
  }

  /**
   * Lines {@code label index:value …} with indices from 1.
   *
   * @param paths files, folders or globs; any Hadoop URI
   */
  record LibSvm(List<String> paths) implements DataLocation {
    @Override
    public String format() {
      return "libsvm";
    }

    @Override
    public DataLocation withPaths(List<String> others) {
      return new LibSvm(others);
    }
  }

  /**
   * A pair of IDX files as MNIST uses them, gzipped or not.
   *
   * @param images unsigned bytes [count, height, width] or [count, height, width, channels]
   * @param labels unsigned bytes [count]
   */
  record Idx(String images, String labels) implements DataLocation {
    @Override
    public String format() {
      return "idx";
    }
  }

  /**
   * Files of CIFAR-10 or CIFAR-100 in their binary version: color images of 32 × 32 pixels.
   *
   * @param paths files, globs, or folders, of which the files {@code *.bin} are taken; any Hadoop
   *     URI
   * @param classes which label counts: 10 for CIFAR-10's, 100 for CIFAR-100's fine one, 20 for
   *     CIFAR-100's coarse one
   */
  record Cifar(List<String> paths, int classes) implements DataLocation {
    /** Classes where the configuration says nothing. */
    public static final int DEFAULT_CLASSES = 10;

    @Override
    public String format() {
      return "cifar";
    }

    @Override
    public DataLocation withPaths(List<String> others) {
      return new Cifar(others, classes);
    }
  }

  /**
   * A data set that ships with Lockstep.
   *
   * @param name one of {@code BundledDataSet}
   */
  record Bundled(String name) implements DataLocation {
    @Override
    public String format() {
      return "bundled";
    }
  }

  /**
   * Generated points in the plane.
   *
   * @param name one of {@code SyntheticDataSet}
   * @param samples number of rows, at least 1
   * @param noise standard deviation of the Gaussian noise added to both coordinates, at least 0
   * @param classes number of classes, where the generator lets one choose (spirals, blobs)
   * @param seed seed of the generator
   */
  record Synthetic(String name, long samples, double noise, int classes, long seed)
      implements DataLocation {
    /** Rows where the configuration says nothing. */
    public static final long DEFAULT_SAMPLES = 1000;

    /** Noise where the configuration says nothing. */
    public static final double DEFAULT_NOISE = 0.1;

    /** Classes where the configuration says nothing. */
    public static final int DEFAULT_CLASSES = 3;

    @Override
    public String format() {
      return "synthetic";
    }
  }
}
