package dev.lockstep.driver.registry;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.driver.secret.Redaction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What is to become a version.
 *
 * @param model the folder of the model's files
 * @param lineage where it comes from
 * @param statistics of its training data as JSON; null where none were taken
 * @param decision why it is published, as JSON; recorded for the run date, where there is one
 */
@SuppressWarnings("ArrayRecordComponent")
public record Publication(RunFolder model, Lineage lineage, byte[] statistics, byte[] decision) {
  /** What is written into the version besides the model's own files. */
  Map<String, byte[]> texts() {
    String origin = new String(StrictJson.bytes(lineage.toTree()), StandardCharsets.UTF_8);
    byte[] safe = Redaction.ofProcess().inJson(origin).getBytes(StandardCharsets.UTF_8);
    return statistics == null
        ? Map.of(Lineage.FILE, safe, VersionManifest.DECISION, decision)
        : Map.of(
            Lineage.FILE,
            safe,
            VersionManifest.DECISION,
            decision,
            VersionManifest.STATISTICS,
            statistics);
  }

  /** The model's files that are there: some models have no ONNX file. */
  List<String> modelFiles() {
    return ModelFolder.FILES.stream().filter(model::has).toList();
  }
}
