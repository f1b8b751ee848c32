package dev.lockstep.driver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Where a version comes from: the content of its {@code lineage.json}.
 *
 * @param version its number, from 1
 * @param parent the version whose weights its training began with; null where it began anew
 * @param replaced the champion whose place it took; null for the first one
 * @param name of the run that trained it
 * @param runDate what it was trained for, or null
 * @param createdAt when it was published, ISO-8601
 * @param runFolder where the run that trained it left its results
 * @param dataFingerprint identifies the data
 * @param lockstepVersion that trained it
 * @param publisher who published it
 * @param metrics of the hold-out by which it was compared, with {@code loss}, in the order they are
 *     shown
 * @param configuration resolved, without secrets
 */
public record Lineage(
    int version,
    Integer parent,
    Integer replaced,
    String name,
    String runDate,
    String createdAt,
    String runFolder,
    String dataFingerprint,
    String lockstepVersion,
    Publisher publisher,
    Map<String, Double> metrics,
    ObjectNode configuration) {
  static final String FILE = "lineage.json";

  private static final int MAX_BYTES = 16 << 20;

  /** Takes copies; keeps the order of the metrics. */
  public Lineage {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(createdAt, "createdAt");
    Objects.requireNonNull(runFolder, "runFolder");
    Objects.requireNonNull(dataFingerprint, "dataFingerprint");
    Objects.requireNonNull(lockstepVersion, "lockstepVersion");
    Objects.requireNonNull(publisher, "publisher");
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    configuration = StrictJson.normalized(configuration);
  }

  /** All of it as a tree. */
  public ObjectNode toTree() {
    ObjectNode root = summary();
    root.set("configuration", configuration);
    return root;
  }

  /** All but the configuration as a tree, for lists. */
  public ObjectNode summary() {
    ObjectNode root = StrictJson.object();
    root.put("version", version);
    root.put("parent", parent);
    root.put("replaced", replaced);
    root.put("name", name);
    root.put("runDate", runDate);
    root.put("createdAt", createdAt);
    root.put("runFolder", runFolder);
    root.put("dataFingerprint", dataFingerprint);
    root.put("lockstepVersion", lockstepVersion);
    publisher.write(root.putObject("publisher"));
    ObjectNode values = root.putObject("metrics");
    metrics.forEach((key, value) -> values.set(key, StrictJson.number(value)));
    return root;
  }

  /**
   * Reads the lineage of a version.
   *
   * @param folder the version's own folder
   */
  static Lineage read(RunFolder folder, int version) {
    String source = folder.name() + "/" + FILE;
    Block root = StrictJson.parse(DigestedFiles.bytes(folder, FILE, MAX_BYTES), source);
    if (root.count("version") != version) {
      throw root.wrong("version", version + ", as the folder's name says");
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    Block values = root.block("metrics");
    for (Map.Entry<String, JsonNode> value : values.node().properties()) {
      metrics.put(value.getKey(), values.number(value.getKey()));
    }
    return new Lineage(
        version,
        versionOrNull(root, "parent"),
        versionOrNull(root, "replaced"),
        root.text("name"),
        textOrNull(root, "runDate"),
        root.text("createdAt"),
        root.text("runFolder"),
        root.text("dataFingerprint"),
        root.text("lockstepVersion"),
        Publisher.read(root.block("publisher")),
        metrics,
        root.block("configuration").node());
  }

  static Integer versionOrNull(Block root, String key) {
    return root.node().path(key).isNull() ? null : Integer.valueOf(root.smallCount(key));
  }

  static String textOrNull(Block root, String key) {
    return root.node().path(key).isNull() ? null : root.text(key);
  }
}
