package dev.lockstep.driver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.ManifestFiles;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import dev.lockstep.driver.run.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The content of {@code manifest.json}, which makes a folder a version: what files it has, how
 * large they are and their SHA-256. Only the files that versions have can be named.
 *
 * @param files by name
 */
record VersionManifest(Map<String, FileDigest> files) {
  static final String FILE = "manifest.json";
  static final String STATISTICS = "statistics.json";
  static final String DECISION = "decision.json";

  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 1 << 16;

  /** Takes a copy, ordered by name. */
  VersionManifest {
    files = new TreeMap<>(files);
  }

  private static List<String> known() {
    List<String> known = new ArrayList<>(ModelFolder.FILES);
    known.addAll(List.of(Lineage.FILE, STATISTICS, DECISION));
    return known;
  }

  private static List<String> required() {
    List<String> required = new ArrayList<>(ModelFolder.REQUIRED);
    required.addAll(List.of(Lineage.FILE, DECISION));
    return required;
  }

  /** The file's bytes. */
  byte[] toBytes() {
    ObjectNode root = StrictJson.object();
    root.put("format", FORMAT);
    ManifestFiles.write(files, root);
    return StrictJson.bytes(root);
  }

  /**
   * Reads the manifest of a version.
   *
   * @param folder the version's own folder
   */
  static VersionManifest read(RunFolder folder) {
    Block root =
        StrictJson.parse(DigestedFiles.bytes(folder, FILE, MAX_BYTES), folder.name() + "/" + FILE);
    if (root.count("format") != FORMAT) {
      throw root.wrong("format", Integer.toString(FORMAT) + ", the format this version knows");
    }
    return new VersionManifest(ManifestFiles.read(root, known(), required()));
  }

  /** Reads every file of a version; what is not as it was published is an error of kind data. */
  void verify(RunFolder folder) {
    files.forEach(
        (name, digest) -> {
          ManifestFiles.requireSize(folder, name, digest);
          DigestedFiles.read(folder, name, digest, input -> digest);
        });
  }
}
