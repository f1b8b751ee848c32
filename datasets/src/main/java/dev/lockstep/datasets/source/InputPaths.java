package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** From the paths in a configuration to files and folders that exist. */
public final class InputPaths {
  private static final Pattern GLOB_CHARACTER = Pattern.compile("[\\\\{}\\[\\]*?]");

  private InputPaths() {}

  /**
   * The files and folders that the paths and globs stand for, each once, as Spark's readers take
   * them. A path that exists as it is written is not taken for a glob.
   */
  static String[] resolve(Configuration hadoop, List<String> paths) {
    List<String> literal = new ArrayList<>();
    for (Path path : existing(hadoop, paths)) {
      literal.add(escape(path.toString()));
    }
    return literal.toArray(new String[0]);
  }

  /** The files and folders that the paths and globs stand for, each once, by path. */
  static List<Path> existing(Configuration hadoop, List<String> paths) {
    if (paths.isEmpty()) {
      throw LockstepException.usage("data.path is empty. Name at least one file, folder or glob.");
    }
    Map<String, Path> found = new TreeMap<>();
    for (String path : paths) {
      for (Path match : matches(hadoop, path)) {
        found.put(match.toString(), match);
      }
    }
    for (Path path : found.values()) {
      for (Path parent = path.getParent(); parent != null; parent = parent.getParent()) {
        if (found.containsKey(parent.toString())) {
          throw LockstepException.usage(
              "data.path names the folder "
                  + display(parent.toString())
                  + " and also "
                  + display(path.toString())
                  + " inside it. Name every file once.");
        }
      }
    }
    return List.copyOf(found.values());
  }

  /**
   * Whether there is a file with data where a path or glob points: itself, or somewhere in a folder
   * there. What jobs leave beside their data, such as {@code _SUCCESS} and {@code _temporary}, is
   * none.
   */
  public static boolean isDataAt(Configuration hadoop, String path) {
    try {
      for (Path match : found(hadoop, path)) {
        FileSystem files = match.getFileSystem(hadoop);
        if (holdsData(files, files.getFileStatus(match))) {
          return true;
        }
      }
      return false;
    } catch (IOException unreadable) {
      throw unreadable(path, unreadable);
    }
  }

  private static boolean holdsData(FileSystem files, FileStatus status) throws IOException {
    if (!status.isDirectory()) {
      return true;
    }
    for (FileStatus inside : files.listStatus(status.getPath())) {
      if (!isHidden(inside.getPath().getName()) && holdsData(files, inside)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether Spark's readers leave out what has this name; a partition's is {@code _key=value}, and
   * what {@code hdfs dfs -put} is still writing ends with {@code ._COPYING_}.
   */
  private static boolean isHidden(String name) {
    return name.startsWith(".")
        || name.endsWith("._COPYING_")
        || (name.startsWith("_") && !name.contains("="));
  }

  private static List<Path> matches(Configuration hadoop, String text) {
    try {
      List<Path> matches = found(hadoop, text);
      if (matches.isEmpty()) {
        throw LockstepException.data(
            isGlob(text)
                ? "No file matches "
                    + text
                    + " (data.path). Correct the pattern, or check that the data have arrived."
                : "There is no file or folder "
                    + text
                    + " (data.path). Correct the path; relative paths count from the configuration file.");
      }
      return matches;
    } catch (IllegalArgumentException notAPath) {
      throw new LockstepException(
          ErrorKind.USAGE,
          "'" + text + "' (data.path) is not a path: " + notAPath.getMessage() + ".",
          notAPath);
    } catch (IOException unreadable) {
      throw unreadable(text, unreadable);
    }
  }

  private static List<Path> found(Configuration hadoop, String text) throws IOException {
    Path path = new Path(text);
    FileSystem files = path.getFileSystem(hadoop);
    if (files.exists(path)) {
      return List.of(files.makeQualified(path));
    }
    FileStatus[] statuses = isGlob(text) ? files.globStatus(path) : null;
    List<Path> matches = new ArrayList<>();
    for (FileStatus status : statuses == null ? new FileStatus[0] : statuses) {
      if (!isHidden(status.getPath().getName())) {
        matches.add(files.makeQualified(status.getPath()));
      }
    }
    return matches;
  }

  private static boolean isGlob(String text) {
    return GLOB_CHARACTER.matcher(text).find();
  }

  /** The error for a file that exists but cannot be read, or has gone. */
  static LockstepException unreadable(String file, IOException cause) {
    if (cause instanceof FileNotFoundException) {
      return new LockstepException(
          ErrorKind.DATA,
          "There is no file "
              + file
              + ". Correct the path; relative paths count from the configuration file.",
          cause);
    }
    return new LockstepException(
        ErrorKind.RESOURCE, file + " cannot be read: " + cause.getMessage() + ".", cause);
  }

  /** A path as Spark's readers take it, with the characters of globs escaped. */
  static String escape(String path) {
    return GLOB_CHARACTER.matcher(path).replaceAll("\\\\$0");
  }

  /** The path of a file that Spark names by its encoded URI. */
  static String decode(String uri) {
    return new Path(URI.create(uri)).toString();
  }

  /** A path or URI as its owner would write it: without {@code file:} for local files. */
  static String display(String path) {
    return path.startsWith("file:")
        ? path.substring("file:".length()).replaceFirst("^/+", "/")
        : path;
  }
}
