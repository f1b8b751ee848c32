package dev.lockstep.driver.folder;

import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Files of this machine under a scheme of their own, so that nothing of what is done for local
 * files only is done for them.
 */
public final class OtherScheme extends RawLocalFileSystem {
  static final String SCHEME = "elsewhere";

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  /** Settings that know the scheme. */
  static Configuration hadoop() {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs." + SCHEME + ".impl", OtherScheme.class, OtherScheme.class);
    return hadoop;
  }
}
