package dev.lockstep.driver.folder;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/** The local disk without a way to continue a file, as object stores are; scheme {@code whole}. */
public final class WholeFilesFileSystem extends RawLocalFileSystem {
  private static final URI ROOT = URI.create("whole:///");

  /** Makes the scheme known. */
  public static Configuration in(Configuration hadoop) {
    hadoop.set("fs.whole.impl", WholeFilesFileSystem.class.getName());
    return hadoop;
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return "whole";
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return !capability.equals(CommonPathCapabilities.FS_APPEND)
        && super.hasPathCapability(path, capability);
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException("this file system cannot append");
  }
}
