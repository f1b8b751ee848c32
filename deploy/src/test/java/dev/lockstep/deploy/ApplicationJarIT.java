package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the application's jar brings along. */
final class ApplicationJarIT {
  /** What was not moved into {@code dev.lockstep.shaded}, by the first names of its packages. */
  @Test
  void onlyKnownLibrariesKeepTheirNames() throws IOException {
    Set<String> libraries = new TreeSet<>();
    for (String each : JarPackages.of(Archives.JAR)) {
      if (!each.startsWith("dev/lockstep/") && !JarPackages.SHARED.contains(each)) {
        libraries.add(each.startsWith("org/") ? each.split("/", 3)[1] : each.split("/", 2)[0]);
      }
    }
    // Neither is in any jar of Spark 3.5 or 4.1; JavaCPP's native code knows its classes by name.
    assertThat(libraries).containsExactly("bytedeco", "picocli");
  }

  @Test
  void noPackageIsAlsoSparks() throws IOException {
    JarPackages.assertNoneIsSharedUnlisted(Archives.JAR, JavaProcess.SPARK.resolve("jars"));
  }

  @Test
  void whatItsClassesNameIsInSpark() throws IOException {
    JarLinks.Result result = JarLinks.check(Archives.JAR, JavaProcess.SPARK.resolve("jars"));

    assertThat(result.missing()).isEmpty();
    assertThat(result.found()).isGreaterThan(500);
  }
}
