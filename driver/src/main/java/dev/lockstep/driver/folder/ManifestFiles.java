package dev.lockstep.driver.folder;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.StrictJson.Block;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The key {@code files} of a manifest: the files of its folder, with what is known of each. */
public final class ManifestFiles {
  private static final String KEY = "files";

  private ManifestFiles() {}

  /** Adds the files to a manifest, in the order of the map. */
  public static void write(Map<String, FileDigest> files, ObjectNode manifest) {
    ArrayNode list = manifest.putArray(KEY);
    files.forEach(
        (name, digest) ->
            list.addObject()
                .put("name", name)
                .put("size", digest.size())
                .put("sha256", digest.sha256()));
  }

  /**
   * Reads the files of a manifest.
   *
   * @param known names that may be there
   * @param required names that must
   * @return by name
   */
  public static Map<String, FileDigest> read(
      Block manifest, List<String> known, List<String> required) {
    Map<String, FileDigest> files = new TreeMap<>();
    for (Block file : manifest.blocks(KEY, known.size())) {
      String name = file.text("name");
      if (!known.contains(name) || files.containsKey(name)) {
        throw file.wrong("name", "one of " + known + ", each once");
      }
      String sha256 = file.text("sha256");
      if (!FileDigest.isSha256(sha256)) {
        throw file.wrong("sha256", "64 hexadecimal digits");
      }
      files.put(name, new FileDigest(file.count("size"), sha256));
    }
    for (String name : required) {
      if (!files.containsKey(name)) {
        throw manifest.wrong(KEY, "a list that has " + name);
      }
    }
    return files;
  }

  /**
   * Refuses a file that has not as many bytes as the manifest says.
   *
   * @throws LockstepException of kind data
   */
  public static void requireSize(RunFolder folder, String name, FileDigest entry) {
    long size = folder.size(name);
    if (size != entry.size()) {
      throw LockstepException.data(
          folder.name()
              + "/"
              + name
              + " has "
              + size
              + " bytes; its manifest says "
              + entry.size()
              + ".");
    }
  }
}
