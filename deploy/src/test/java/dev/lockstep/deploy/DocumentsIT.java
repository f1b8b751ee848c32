package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.Test;

/** Links between documents lead somewhere, in the source tree and in the archives. */
final class DocumentsIT {
  private static final Path DEPLOY = JavaProcess.ROOT.resolve("deploy");
  private static final Path ARCHIVE_README = DEPLOY.resolve("src/main/distribution/README.md");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+)$");
  private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```|`[^`\n]*`");

  @Test
  void linksOfTheSourceTreeLeadSomewhere() throws IOException {
    List<Path> documents = documentsIn(DEPLOY.resolve("docs"), DEPLOY.resolve("schedulers"));
    documents.add(JavaProcess.ROOT.resolve("README.md"));
    List<String> broken = new ArrayList<>();
    for (Path document : documents) {
      for (String link : links(document)) {
        Path target = target(document, link);
        if (!Files.exists(target) || !hasHeading(target, link)) {
          broken.add(JavaProcess.ROOT.relativize(document) + ": " + link);
        }
      }
    }
    assertThat(documents).hasSizeGreaterThan(10);
    assertThat(broken).isEmpty();
  }

  /** The archive has the folders of deploy/ beside each other, and a README of its own. */
  @Test
  void linksOfTheArchiveLeadSomewhere() throws IOException {
    Set<String> names = new TreeSet<>();
    for (TarArchiveEntry each : Archives.entries(Archives.WITHOUT_SPARK)) {
      String name = each.getName().substring(Archives.NAME.length() + 1);
      // A folder is there where something in it is.
      for (Path path = Path.of(name); path != null; path = path.getParent()) {
        names.add(path.toString());
      }
    }
    List<String> broken = new ArrayList<>();
    for (Path document : documentsIn(DEPLOY.resolve("docs"), DEPLOY.resolve("schedulers"))) {
      for (String link : links(document)) {
        String target = DEPLOY.relativize(target(document, link)).toString();
        if (!names.contains(target)) {
          broken.add(DEPLOY.relativize(document) + ": " + link);
        }
      }
    }
    for (String link : links(ARCHIVE_README)) {
      if (!names.contains(link)) {
        broken.add("README.md: " + link);
      }
    }
    assertThat(broken).isEmpty();
  }

  private static List<Path> documentsIn(Path... folders) throws IOException {
    List<Path> documents = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> tree = Files.walk(folder)) {
        tree.filter(each -> each.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    return documents;
  }

  /** The links to other files and to headings. */
  private static List<String> links(Path document) throws IOException {
    List<String> links = new ArrayList<>();
    Matcher link = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
    while (link.find()) {
      if (!link.group(1).matches("[a-z]+:.*")) {
        links.add(link.group(1));
      }
    }
    return links;
  }

  private static Path target(Path document, String link) {
    String file = link.replaceFirst("#.*", "");
    return file.isEmpty() ? document : document.resolveSibling(file).normalize();
  }

  private static boolean hasHeading(Path target, String link) throws IOException {
    if (!link.contains("#")) {
      return true;
    }
    String wanted = link.substring(link.indexOf('#') + 1);
    Matcher heading = HEADING.matcher(Files.readString(target));
    while (heading.find()) {
      String name = heading.group(1).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", "");
      if (name.strip().replace(' ', '-').equals(wanted)) {
        return true;
      }
    }
    return false;
  }
}
