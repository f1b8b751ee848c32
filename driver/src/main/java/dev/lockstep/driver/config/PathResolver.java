package dev.lockstep.driver.config;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Makes paths of a configuration independent of the current folder: a relative local path is
 * relative to the configuration's own folder; an absolute path or one with a scheme ({@code
 * hdfs://…}, {@code s3a://…}, {@code file:/…}) stays as it is.
 */
final class PathResolver {
  private static final Pattern SCHEME =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:/.*", Pattern.DOTALL);
  private static final Pattern GLOB = Pattern.compile("[*?\\[\\]{}]");

  private final String baseFolder;

  /** {@code baseFolder} is a local folder or a URI; null or empty means the current folder. */
  PathResolver(String baseFolder) {
    this.baseFolder = baseFolder == null ? "" : baseFolder;
  }

  static boolean hasScheme(String path) {
    return SCHEME.matcher(path).matches();
  }

  /** The absolute form; throws {@link IllegalArgumentException} for what can be no path. */
  String resolve(String path) {
    if (hasScheme(path)) {
      return path;
    }
    if (hasScheme(baseFolder)) {
      return path.startsWith("/")
          ? path
          : baseFolder + (baseFolder.endsWith("/") ? "" : "/") + path;
    }
    Path absolute = Path.of(baseFolder).toAbsolutePath().normalize().resolve(path);
    return (GLOB.matcher(path).find() ? absolute : absolute.normalize()).toString();
  }
}
