package dev.lockstep.driver.folder;

import dev.lockstep.driver.secret.HadoopSecrets;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder on any Hadoop file system that a run or a model lives in. Whole files are written aside
 * and renamed, so that a file that is there is complete.
 */
public final class RunFolder {
  /** The file whose presence means that the run ended. */
  public static final String SUMMARY = "summary.json";

  /** The folder of the rows that could not be used. */
  public static final String QUARANTINE = "quarantine";

  /** The same while it is being written. */
  public static final String UNFINISHED_QUARANTINE = ".quarantine.partial";

  /** No separator of any system, no scheme or drive, nothing that cannot be seen. */
  private static final Pattern PLAIN_NAME = Pattern.compile("[^/\\\\:\\p{Cntrl}]{1,255}");

  private final FileSystem files;
  private final WholeFiles whole;
  private final Path root;

  /** How many of the last parts of {@link #root} the program chose, not the user. */
  private final int ownParts;

  private RunFolder(FileSystem files, Path root, int ownParts) {
    this.files = files;
    this.whole = new WholeFiles(files);
    this.root = root;
    this.ownParts = ownParts;
  }

  /** The folder at {@code location}, a path or URI; nothing is created yet. */
  public static RunFolder at(String location, Configuration hadoop) {
    try {
      HadoopSecrets.learn(hadoop);
      Path root = new Path(location);
      FileSystem files = root.getFileSystem(hadoop);
      Path qualified = files.makeQualified(root);
      if (WholeFiles.isOnThisMachine(qualified)) {
        requireExpressible(location, qualified);
      }
      // No .crc files beside what people look at; what must be verified carries its own checksum.
      files.setWriteChecksum(false);
      return new RunFolder(files, qualified, 0);
    } catch (IOException | IllegalArgumentException failure) {
      throw LockstepException.usage(
          "The folder '" + location + "' cannot be used: " + failure.getMessage());
    }
  }

  /** Refuses a path that this machine's locale has no characters for, or that no disk can have. */
  private static void requireExpressible(String location, Path path) {
    try {
      WholeFiles.onDisk(path);
    } catch (InvalidPathException impossible) {
      throw LockstepException.usage(
          "The folder '"
              + location
              + "' cannot be used: "
              + impossible.getReason()
              + ". Choose another name; one beyond ASCII needs a locale with UTF-8, such as"
              + " LC_ALL=C.UTF-8.");
    }
  }

  /** How to call the folder in messages: a plain path where it is on this machine. */
  public String name() {
    return isOnThisMachine() ? root.toUri().getPath() : root.toString();
  }

  /** The folder as a URI that leads to it from everywhere. */
  public String uri() {
    return root.toString();
  }

  /** Whether the folder is on a disk of this machine, which others may not see. */
  public boolean isOnThisMachine() {
    return WholeFiles.isOnThisMachine(root);
  }

  /** A folder inside this one. */
  public RunFolder folder(String child) {
    Path path = inside(child);
    return new RunFolder(files, path, ownParts + path.depth() - root.depth());
  }

  /** The folder that this one lies in; empty where this one is the root of its file system. */
  public Optional<RunFolder> parent() {
    return Optional.ofNullable(root.getParent())
        .map(path -> new RunFolder(files, path, Math.max(ownParts - 1, 0)));
  }

  /** Whether this is a link to a folder, as there are on disks of this machine. */
  public boolean isLink() {
    return isOnThisMachine() && Files.isSymbolicLink(WholeFiles.onDisk(root));
  }

  /**
   * Whether there is a folder with something in it; what a broken-off write left is nothing, and
   * neither are a lock and the quarantine of a run that was refused for it, which will be replaced.
   */
  public boolean isInUse() {
    try {
      return files.exists(root)
          && (!files.getFileStatus(root).isDirectory() || holdsSomething(null));
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
  }

  /** Refuses a folder that already holds something: nobody's results are mixed or overwritten. */
  public void requireFresh() {
    requireNothingBut(null);
  }

  /**
   * As {@link #requireFresh}, where one file may be there.
   *
   * @param file its name, or null for none
   */
  public void requireNothingBut(String file) {
    requireNoFile();
    try {
      if (files.exists(root) && holdsSomething(file)) {
        throw LockstepException.usage(
            "--output: the folder "
                + name()
                + " is not empty. Choose another folder or remove this one.");
      }
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
  }

  /** Refuses a file in the folder's place. */
  void requireNoFile() {
    try {
      if (files.exists(root) && !files.getFileStatus(root).isDirectory()) {
        throw LockstepException.usage(
            "--output: " + name() + " is a file, not a folder. Choose another folder.");
      }
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
  }

  private boolean holdsSomething(String butFile) throws IOException {
    for (FileStatus status : files.listStatus(root)) {
      String name = status.getPath().getName();
      boolean brokenOff = WholeFiles.isUnfinished(name);
      boolean lock = name.startsWith(LockFiles.PREFIX);
      boolean quarantine =
          status.isDirectory() && (name.equals(QUARANTINE) || name.equals(UNFINISHED_QUARANTINE));
      boolean excepted = brokenOff || lock || name.equals(butFile);
      if (!(status.isFile() && excepted) && !quarantine) {
        return true;
      }
    }
    return false;
  }

  /**
   * Creates the folder. Where the user named it, its name outlasts a loss of power from then on;
   * those of folders inside it do with {@link #writeNamesThrough}.
   */
  public void create() {
    requireNoLinkTo(root);
    try {
      if (isOnThisMachine()) {
        // Through Hadoop each new folder would cost a process that sets its permissions.
        whole.makeFolders(root, ownParts);
      } else if (!files.mkdirs(root)) {
        throw new IOException("the file system refused");
      }
    } catch (FileAlreadyExistsException inItsWay) {
      throw unusable("created", new IOException(inItsWay.getFile() + " is no folder", inItsWay));
    } catch (IOException failure) {
      throw unusable("created", failure);
    }
  }

  /** Whether the folder has a file of this name. */
  public boolean has(String file) {
    try {
      return files.exists(inside(file));
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
  }

  /** Whether the folder has a folder of this name. */
  public boolean hasFolder(String child) {
    try {
      return files.getFileStatus(inside(child)).isDirectory();
    } catch (FileNotFoundException none) {
      return false;
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
  }

  /** A stream into a file that grows as training goes on. */
  public OutputStream append(String file) {
    Path path = inside(file);
    requireNoLinkTo(path.getParent());
    try {
      // A link in its place would be written through.
      files.delete(path, false);
      return new WatchedOutput(
          files.create(path, true), failure -> unusable("written to", failure));
    } catch (IOException | FSError failure) {
      throw unusable("written to", failure);
    }
  }

  /**
   * A file that grows as training goes on, behind what it holds already; created where it does not
   * exist.
   */
  public GrowingFile grow(String file) {
    Path path = inside(file);
    requireNoLinkTo(path);
    try {
      if (!files.exists(path)) {
        files.create(path, false).close();
      }
      Optional<StreamedFile> streamed = StreamedFile.behind(files, path, name() + "/" + file);
      return streamed.isPresent() ? streamed.get() : new RenewedFile(this, file);
    } catch (IOException | FSError failure) {
      throw unusable("written to", failure);
    }
  }

  /**
   * Keeps the first {@code bytes} of a file that is on this machine, in its place: that asks for no
   * room, which may be what is missing.
   */
  public void truncate(String file, long bytes) {
    Path path = inside(file);
    requireNoLinkTo(path);
    try {
      whole.truncate(path, bytes);
    } catch (IOException | FSError failure) {
      throw unusable("written to", failure);
    }
  }

  /** Removes a file of this folder; nothing happens where there is none. */
  public void removeFile(String file) {
    Path path = inside(file);
    requireNoLinkTo(path.getParent());
    try {
      whole.remove(path);
    } catch (FileNotFoundException gone) {
      return;
    } catch (IOException | FSError failure) {
      throw unusable("changed", failure);
    }
  }

  /** Writes a whole file, aside first; in its place where it is not seen before it is whole. */
  public void write(String file, FileContent content) {
    Path target = inside(file);
    requireNoLinkTo(target.getParent());
    try {
      whole.replace(target, content);
    } catch (IOException | FSError failure) {
      throw unusable("written to", failure);
    }
  }

  /**
   * Reads a whole file that somebody may be replacing at this moment: the earlier one or the later.
   *
   * @param maxBytes how many it may have
   * @return all of it; empty where there is no such file
   */
  public Optional<byte[]> readReplaced(String file, int maxBytes) {
    Optional<byte[]> content;
    try {
      content = whole.read(inside(file), maxBytes + 1);
    } catch (IOException failure) {
      throw unreadable(file, failure);
    }
    if (content.isPresent() && content.get().length > maxBytes) {
      throw LockstepException.data(
          name() + "/" + file + " has more than the " + maxBytes + " bytes that are read.");
    }
    return content;
  }

  /**
   * Ends the writing of a whole file where it was broken off between the earlier file's removal and
   * the renaming of what takes its place.
   */
  public void restore(String file) {
    Path target = inside(file);
    try {
      if (whole.isAwaitingItsName(target)) {
        requireNoLinkTo(target.getParent());
        whole.giveItsName(target);
      }
    } catch (IOException failure) {
      throw unusable("written to", failure);
    }
  }

  /**
   * The path of something in this folder. Names may come out of files that were not written here,
   * so one that leads elsewhere is refused: an absolute path, a URI, a drive, the folder above.
   */
  private Path inside(String name) {
    for (String part : name.split("/", -1)) {
      if (!PLAIN_NAME.matcher(part).matches() || part.equals(".") || part.equals("..")) {
        throw LockstepException.data(
            "'"
                + name
                + "' cannot be the name of something in "
                + name()
                + ": it leads elsewhere.");
      }
    }
    return new Path(root, name);
  }

  /**
   * Refuses to write, or to remove anything, where a link would take it elsewhere: the path and all
   * folders above it up to the one that the user named, which may be a link, as may be what is only
   * read.
   */
  private void requireNoLinkTo(Path path) {
    if (!isOnThisMachine()) {
      return;
    }
    int parts = ownParts + path.depth() - root.depth();
    java.nio.file.Path part = WholeFiles.onDisk(path);
    for (int i = 0; i < parts; i++) {
      if (Files.isSymbolicLink(part)) {
        throw LockstepException.data(
            part
                + " is a link, and nothing is written through one. Remove it, or choose another folder.");
      }
      part = part.getParent();
    }
  }

  /** Writes a whole text file, without the secrets of this process, aside first. */
  public void writeText(String file, String text) {
    Redaction redaction = Redaction.ofProcess();
    boolean json = file.endsWith(".json") || file.endsWith(".jsonl");
    writeAsIs(file, json ? redaction.inJson(text) : redaction.inFile(text));
  }

  /**
   * Writes a whole text file, aside first, in which no secret is looked for: for what was made
   * without them and will be read back.
   */
  public void writeAsIs(String file, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(file, output -> output.write(bytes));
  }

  /** Size of a file in bytes. */
  public long size(String file) {
    try {
      return files.getFileStatus(inside(file)).getLen();
    } catch (IOException failure) {
      throw unreadable(file, failure);
    }
  }

  /** Opens a file. */
  public InputStream open(String file) {
    try {
      return files.open(inside(file));
    } catch (IOException failure) {
      throw unreadable(file, failure);
    }
  }

  /** Reads a text file of at most {@code maxBytes}. */
  public String readText(String file, int maxBytes) {
    if (size(file) > maxBytes) {
      throw LockstepException.data(
          name()
              + "/"
              + file
              + " has "
              + size(file)
              + " bytes; at most "
              + maxBytes
              + " are read.");
    }
    try (InputStream input = open(file)) {
      return new String(input.readNBytes(maxBytes), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw unreadable(file, failure);
    }
  }

  /**
   * Writes a whole file under its own name; for folders that are not looked at before they are
   * complete. When it returns, the file is on the disk, where the file system can do that.
   */
  public void writeThrough(String file, FileContent content) {
    Path path = inside(file);
    requireNoLinkTo(path);
    try {
      whole.writeThrough(path, content);
    } catch (IOException | FSError failure) {
      throw unusable("written to", failure);
    }
  }

  /**
   * Sees to it that the names in this folder outlast a loss of power. Only a local disk needs and
   * knows this; other file systems keep names safe themselves.
   */
  public void writeNamesThrough() {
    try {
      whole.syncNames(root);
    } catch (IOException failure) {
      throw unusable("written to", failure);
    }
  }

  /** Names of the folders inside this one, in no order; none where this one does not exist. */
  public List<String> folders() {
    return names(FileStatus::isDirectory);
  }

  /** Names of the files in this folder, in no order; none where it does not exist. */
  public List<String> files() {
    return names(FileStatus::isFile);
  }

  private List<String> names(Predicate<FileStatus> kind) {
    List<String> names = new ArrayList<>();
    try {
      for (FileStatus status : files.listStatus(root)) {
        if (kind.test(status)) {
          names.add(status.getPath().getName());
        }
      }
    } catch (FileNotFoundException none) {
      return names;
    } catch (IOException failure) {
      throw unusable("looked at", failure);
    }
    return names;
  }

  /** Gives a folder or a file inside this one another name, which must be free. */
  public void renameFolder(String child, String name) {
    Path source = inside(child);
    Path target = inside(name);
    requireNoLinkTo(source.getParent());
    requireNoLinkTo(target.getParent());
    try {
      if (files.exists(target)) {
        // Most file systems would move it into the folder that has the name.
        throw new IOException("there is already a " + name);
      }
      whole.rename(source, target);
    } catch (IOException | FSError failure) {
      throw unusable("changed", failure);
    }
  }

  /**
   * Removes a folder inside this one with all that it holds; nothing happens where it is not. Of a
   * link in its place only the link goes.
   */
  public void removeFolder(String child) {
    Path path = inside(child);
    requireNoLinkTo(path.getParent());
    try {
      if (!files.delete(path, true) && files.exists(path)) {
        throw new IOException("the file system would not delete " + child);
      }
    } catch (FileNotFoundException gone) {
      return;
    } catch (IOException | FSError failure) {
      throw unusable("changed", failure);
    }
  }

  /**
   * As {@link #removeFolder(String)}, with one of its files after all others: by this file a later
   * removal knows what is left of one that was broken off. A lock stays as long as that file.
   */
  public void removeFolder(String child, String lastFile) {
    Path path = inside(child);
    requireNoLinkTo(path);
    try {
      for (FileStatus status : files.listStatus(path)) {
        Path each = status.getPath();
        boolean stays =
            each.getName().equals(lastFile) || each.getName().startsWith(LockFiles.PREFIX);
        if (!stays && !files.delete(each, true) && files.exists(each)) {
          throw new IOException("the file system would not delete " + child + "/" + each.getName());
        }
      }
    } catch (FileNotFoundException gone) {
      return;
    } catch (IOException | FSError failure) {
      throw unusable("changed", failure);
    }
    removeFolder(child);
  }

  /** Where it lies. */
  FileSystem fileSystem() {
    return files;
  }

  /** Its whole path. */
  Path path() {
    return root;
  }

  /** A folder that cannot be used, in one sentence. */
  LockstepException unusable(String verb, Throwable failure) {
    return new LockstepException(
        ErrorKind.RESOURCE,
        "The folder " + name() + " could not be " + verb + ": " + reason(failure) + ".",
        failure);
  }

  /** Hadoop wraps what a local disk refuses. */
  static String reason(Throwable failure) {
    Throwable told =
        failure instanceof FSError && failure.getCause() != null ? failure.getCause() : failure;
    String message = told.getMessage() == null ? told.toString() : told.getMessage();
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  private LockstepException unreadable(String file, IOException failure) {
    // Java says so of every file that it cannot open.
    boolean isMissing = failure instanceof FileNotFoundException && !has(file);
    return DigestedFiles.unreadable(
        name() + "/" + file, isMissing ? "there is no such file" : failure.getMessage(), failure);
  }
}
