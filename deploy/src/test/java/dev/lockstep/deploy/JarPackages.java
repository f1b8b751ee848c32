package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Whose classes win: Spark's class loader asks its own jars first, so a package that lies both
 * there and in the application's jar is a version of somebody else's choice.
 */
final class JarPackages {
  /**
   * Packages that a Spark with MLlib has too, and that keep their names: the native library finds
   * these classes by name. Spark 3.5 has netlib 3.0.3, Spark 4.1 has 3.0.4, as we do, and both have
   * the f2j classes of the only release that there is.
   */
  static final Set<String> SHARED =
      Set.of(
          "dev/ludovic/netlib/blas",
          "org/j_paine/formatter",
          "org/netlib/arpack",
          "org/netlib/blas",
          "org/netlib/err",
          "org/netlib/lapack",
          "org/netlib/util");

  private JarPackages() {}

  /** The packages with classes in a jar, as paths. */
  static Set<String> of(Path jar) throws IOException {
    Set<String> packages = new TreeSet<>();
    try (ZipFile file = new ZipFile(jar.toFile())) {
      for (Enumeration<? extends ZipEntry> all = file.entries(); all.hasMoreElements(); ) {
        String name = all.nextElement().getName();
        if (name.endsWith(".class") && name.contains("/") && !name.startsWith("META-INF/")) {
          packages.add(name.substring(0, name.lastIndexOf('/')));
        }
      }
    }
    return packages;
  }

  /** Fails where the application's jar has an unlisted package that one of Spark's jars has too. */
  static void assertNoneIsSharedUnlisted(Path application, Path sparkJars) throws IOException {
    Set<String> own = of(application);
    Map<String, Path> shared = new TreeMap<>();
    int looked = 0;
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(sparkJars, "*.jar")) {
      for (Path jar : jars) {
        looked++;
        for (String each : of(jar)) {
          if (own.contains(each) && !SHARED.contains(each)) {
            shared.put(each, jar.getFileName());
          }
        }
      }
    }
    assertThat(looked).as("jars in %s", sparkJars).isGreaterThan(100);
    assertThat(shared).as("packages of ours that Spark has too").isEmpty();
  }
}
