package dev.lockstep.datasets.source;

/** How files are named in messages. */
public final class FileNames {
  private FileNames() {}

  /** The name of {@link RowBuffer#file()} as its owner would write it. */
  public static String display(String file) {
    return file.contains(":/") ? InputPaths.display(InputPaths.decode(file)) : file;
  }
}
