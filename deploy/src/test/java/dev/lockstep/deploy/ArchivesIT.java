package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The archives hold what they should, and nothing in them depends on when, where and by whom they
 * were built.
 */
final class ArchivesIT {
  /** {@code project.build.outputTimestamp}. */
  private static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

  private static final String TOP = Archives.NAME + "/";
  private static final String JAR = TOP + "lib/" + Archives.NAME + ".jar";
  private static final int PLAIN = 0644;
  private static final int RUNNABLE = 0755;

  private static List<TarArchiveEntry> without;
  private static List<TarArchiveEntry> with;

  @BeforeAll
  static void read() throws IOException {
    without = Archives.entries(Archives.WITHOUT_SPARK);
    with = Archives.entries(Archives.WITH_SPARK);
  }

  @Test
  void oneHoldsTheApplicationAndTheOtherOneSparkToo() {
    Set<String> light = names(without);
    Set<String> heavy = names(with);

    assertThat(light)
        .contains(
            TOP + "bin/lockstep",
            TOP + "bin/standalone-cluster",
            JAR,
            TOP + "conf/digits.yaml",
            TOP + "conf/jvm-options",
            TOP + "conf/log4j2.properties",
            TOP + "data/mnist10k/train-images-idx3-ubyte.gz",
            TOP + "docs/reliability.md",
            TOP + "schedulers/cron/retrain-nightly",
            TOP + "LICENSE",
            TOP + "README.md",
            TOP + "THIRD-PARTY.txt")
        .noneMatch(name -> name.startsWith(TOP + "spark/"));
    Set<String> spark = new TreeSet<>(heavy);
    spark.removeAll(light);
    assertThat(heavy).containsAll(light);
    assertThat(spark)
        .anyMatch(name -> name.startsWith(TOP + "spark/jars/spark-core_"))
        .anyMatch(name -> name.startsWith(TOP + "spark/jars/scala-library-"))
        .allMatch(name -> name.equals(TOP + "spark/jars/") || name.endsWith(".jar"));
  }

  /** Nothing that merely lies there, such as credentials, and nothing forgotten. */
  @Test
  void whatIsPackedIsWhatIsUnderVersionControl() throws Exception {
    assumeTrue(Files.exists(JavaProcess.ROOT.resolve(".git")), "no checkout of a repository");
    ScriptProcess.Result known =
        ScriptProcess.run(
            JavaProcess.ROOT.resolve("deploy"), Map.of(), Path.of("git"), List.of("ls-files"));
    assertThat(known.exitCode()).as(known.err()).isZero();
    Set<String> sources = new TreeSet<>();
    for (String name : known.out().lines().toList()) {
      if (!name.equals("pom.xml") && !name.matches("(src|s3a|yarn)/.*")) {
        sources.add(TOP + name);
      }
    }
    Set<String> packed = new TreeSet<>();
    for (TarArchiveEntry each : without) {
      if (each.isFile()) {
        packed.add(each.getName());
      }
    }
    assertThat(packed)
        .contains(TOP + "LICENSE", TOP + "README.md", TOP + "THIRD-PARTY.txt", JAR)
        .containsAll(sources)
        .hasSize(sources.size() + 4);
  }

  /** And of no version that was embedded before. */
  @Test
  void theEmbeddedSparkHasOnlyWhatThisBuildDependsOn() {
    Set<String> dependencies = new TreeSet<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      dependencies.add(TOP + "spark/jars/" + Path.of(entry).getFileName());
    }
    Set<String> spark = names(with);
    spark.removeIf(name -> !name.startsWith(TOP + "spark/jars/") || name.endsWith("/"));
    assertThat(spark).isNotEmpty().isSubsetOf(dependencies);
  }

  @Test
  void onlyScriptsCanBeRun() {
    for (TarArchiveEntry each : with) {
      boolean runnable =
          each.isDirectory()
              || each.getName().startsWith(TOP + "bin/")
              || each.getName().equals(TOP + "schedulers/cron/retrain-nightly");
      assertThat(each.getMode() & 0777).as(each.getName()).isEqualTo(runnable ? RUNNABLE : PLAIN);
    }
  }

  @Test
  void timesAndOwnersAreFixed() {
    for (List<TarArchiveEntry> archive : List.of(without, with)) {
      for (TarArchiveEntry each : archive) {
        assertThat(each.getLastModifiedTime().toInstant()).as(each.getName()).isEqualTo(TIME);
        assertThat(each.getLongUserId()).isZero();
        assertThat(each.getLongGroupId()).isZero();
        assertThat(each.getUserName()).isEqualTo("root");
        assertThat(each.getGroupName()).isEqualTo("root");
        assertThat(each.isFile() || each.isDirectory()).as(each.getName()).isTrue();
      }
    }
  }

  /** A folder's entries come in the order of their names, not in that of a file system. */
  @Test
  void entriesAreSorted() {
    for (List<TarArchiveEntry> archive : List.of(without, with)) {
      Map<String, String> last = new HashMap<>();
      Set<String> seen = new HashSet<>();
      for (TarArchiveEntry each : archive) {
        String name = each.getName();
        assertThat(seen.add(name)).as("%s once", name).isTrue();
        assertThat(name).startsWith(TOP).doesNotContain("..");
        String folder = name.substring(0, name.lastIndexOf('/', name.length() - 2) + 1);
        // Scripts come before other files, and what the archive names singly before everything.
        String kind = folder + each.isDirectory() + each.getMode();
        if (!folder.equals(TOP)) {
          String before = last.put(kind, name);
          assertThat(before == null || before.compareTo(name) < 0).as(name).isTrue();
        }
      }
    }
  }

  /** The time in the header of a gzip stream says when it was made, if it is not zero. */
  @Test
  void theGzipHeadersTellNoTime() throws IOException {
    for (Path archive : List.of(Archives.WITHOUT_SPARK, Archives.WITH_SPARK)) {
      byte[] header;
      try (InputStream file = Files.newInputStream(archive)) {
        header = file.readNBytes(8);
      }
      assertThat((header[0] & 0xff) | ((header[1] & 0xff) << 8))
          .isEqualTo(GZIPInputStream.GZIP_MAGIC);
      assertThat(header[4] | header[5] | header[6] | header[7]).isZero();
    }
  }

  /** Those of other libraries keep the times of their releases. */
  @Test
  void whatIsOursInTheJarHasOneTime() throws IOException {
    Set<LocalDateTime> times = new HashSet<>();
    try (ZipFile jar = new ZipFile(Archives.JAR.toFile())) {
      for (Enumeration<? extends ZipEntry> all = jar.entries(); all.hasMoreElements(); ) {
        ZipEntry each = all.nextElement();
        if (each.getName().startsWith("dev/lockstep/")
            && !each.getName().startsWith("dev/lockstep/shaded/")) {
          times.add(each.getTimeLocal());
        }
      }
    }
    assertThat(times).containsExactly(LocalDateTime.ofInstant(TIME, ZoneOffset.UTC));
  }

  private static Set<String> names(List<TarArchiveEntry> archive) {
    Set<String> names = new TreeSet<>();
    archive.forEach(each -> names.add(each.getName()));
    return names;
  }
}
