package dev.lockstep.driver.checkpoint;

import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk as a file system with a scheme of its own, {@code hooked:}, on which a test sees
 * every single operation coming and may hold it up or have it fail. What touches several files is
 * several operations.
 */
public final class HookedFileSystem extends RawLocalFileSystem {
  /** Told of each operation before it happens. */
  public interface Hook {
    /**
     * May wait or throw.
     *
     * @param operation {@code create}, {@code write}, {@code sync}, {@code close}, {@code rename},
     *     {@code delete}, {@code mkdirs} or {@code read}
     */
    void before(String operation, Path path) throws IOException;
  }

  private static final URI ROOT = URI.create("hooked:///");
  private static volatile Hook hook = (operation, path) -> {};
  private static volatile boolean renamesFileByFile;

  /** Opens the folder at a local path through this file system. */
  public static String location(java.nio.file.Path folder) {
    return "hooked://" + folder.toAbsolutePath();
  }

  /** Settings that know the scheme. */
  public static Configuration configuration() {
    Configuration configuration = new Configuration(false);
    configuration.set("fs.hooked.impl", HookedFileSystem.class.getName());
    return configuration;
  }

  /** From now on; {@code fileByFile} renames folders as object stores do. */
  public static void install(Hook next, boolean fileByFile) {
    hook = next;
    renamesFileByFile = fileByFile;
  }

  /** Nothing is seen or held up any more. */
  public static void uninstall() {
    install((operation, path) -> {}, false);
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return "hooked";
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    hook.before("read", path);
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    hook.before("read", path);
    return super.getFileStatus(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    hook.before("read", path);
    return super.listStatus(path);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    hook.before("create", path);
    FSDataOutputStream file =
        super.create(path, overwrite, bufferSize, replication, blockSize, progress);
    return new FSDataOutputStream(new HookedStream(file, path), null);
  }

  @Override
  public void setPermission(Path path, FsPermission permission) {
    // Nobody looks at it here, and without native code it is a process for each file.
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    hook.before("mkdirs", path);
    return super.mkdirs(path);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    if (!renamesFileByFile || !getFileStatus(from).isDirectory()) {
      hook.before("rename", from);
      return super.rename(from, to);
    }
    mkdirs(to);
    for (FileStatus status : listStatus(from)) {
      hook.before("rename", status.getPath());
      java.nio.file.Files.copy(
          pathToFile(status.getPath()).toPath(),
          pathToFile(new Path(to, status.getPath().getName())).toPath());
    }
    return delete(from, true);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    FileStatus found;
    try {
      found = getFileStatus(path);
    } catch (FileNotFoundException none) {
      return false;
    }
    if (recursive && found.isDirectory()) {
      for (FileStatus status : listStatus(path)) {
        delete(status.getPath(), true);
      }
    }
    hook.before("delete", path);
    return super.delete(path, false);
  }

  /** Writes half of what it should where the hook has the writing fail. */
  private static final class HookedStream extends FilterOutputStream
      implements Syncable, StreamCapabilities {
    private final FSDataOutputStream file;
    private final Path path;

    HookedStream(FSDataOutputStream file, Path path) {
      super(file);
      this.file = file;
      this.path = path;
    }

    @Override
    public void write(int b) throws IOException {
      hook.before("write", path);
      file.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        hook.before("write", path);
      } catch (IOException dying) {
        file.write(bytes, offset, length / 2);
        file.close();
        throw dying;
      }
      file.write(bytes, offset, length);
    }

    @Override
    public void hflush() throws IOException {
      file.hflush();
    }

    @Override
    public void hsync() throws IOException {
      hook.before("sync", path);
      // That the bytes outlast the machine is nothing a test in one process can see.
      file.hflush();
    }

    @Override
    public boolean hasCapability(String capability) {
      return file.hasCapability(capability);
    }

    @Override
    public void close() throws IOException {
      hook.before("close", path);
      file.close();
    }
  }
}
