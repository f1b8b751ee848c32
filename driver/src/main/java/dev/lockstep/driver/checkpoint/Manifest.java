package dev.lockstep.driver.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.ManifestFiles;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The content of {@code manifest.json}, which makes a folder a checkpoint: what files it has, how
 * large they are and their SHA-256. Only the files that checkpoints of this format have can be
 * named.
 *
 * @param step steps taken
 * @param files by name
 */
record Manifest(long step, Map<String, FileDigest> files) {
  static final String NAME = "manifest.json";
  static final String PARAMETERS = "parameters.safetensors";
  static final String OPTIMIZER = "optimizer.safetensors";
  static final String BEST = "best.safetensors";

  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 1 << 16;
  private static final List<String> REQUIRED = List.of(StateFile.NAME, PARAMETERS, OPTIMIZER);
  private static final List<String> KNOWN = List.of(StateFile.NAME, PARAMETERS, OPTIMIZER, BEST);

  /** Takes a copy, ordered by name. */
  Manifest {
    files = new TreeMap<>(files);
  }

  /** The file's bytes. */
  byte[] toBytes() {
    ObjectNode root = StrictJson.object();
    root.put("format", FORMAT);
    root.put("step", step);
    ManifestFiles.write(files, root);
    return StrictJson.bytes(root);
  }

  /**
   * Reads the manifest of a checkpoint and checks that all its files are there in full size.
   *
   * @param folder the checkpoint's own folder
   * @param step as the folder's name says
   * @throws LockstepException of kind data where it cannot be relied on
   */
  static Manifest read(RunFolder folder, long step) {
    String source = folder.name() + "/" + NAME;
    Block root =
        StrictJson.parse(DigestedFiles.bytes(folder, NAME, MAX_BYTES), source)
            .requireOnly(List.of("format", "step", "files"));
    if (root.count("format") != FORMAT) {
      throw root.wrong("format", Integer.toString(FORMAT) + ", the format this version knows");
    }
    if (root.count("step") != step) {
      throw root.wrong("step", step + ", as the folder's name says");
    }
    for (Block file : root.blocks("files", KNOWN.size())) {
      file.requireOnly(List.of("name", "size", "sha256"));
    }
    Map<String, FileDigest> files = ManifestFiles.read(root, KNOWN, REQUIRED);
    files.forEach((name, entry) -> ManifestFiles.requireSize(folder, name, entry));
    return new Manifest(step, files);
  }
}
