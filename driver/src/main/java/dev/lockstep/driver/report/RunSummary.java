package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Result and provenance of a run, the content of {@code summary.json}.
 *
 * <p>Two summaries are the same when their {@link #toJson} is: the record's own {@code equals}
 * looks at the confusion matrix's identity.
 *
 * @param status {@code completed}, {@code stoppedEarly}, {@code diverged} or {@code interrupted}
 * @param name the run's name
 * @param steps optimizer steps done
 * @param epochs epochs finished
 * @param parameters how many numbers the network learns
 * @param parametersSha256 SHA-256 of the parameter tensors' bytes, in hexadecimal
 * @param sparsity share of the weights that are 0 within 1e-6, as l1 makes them; biases aside
 * @param train metrics of the last epoch's training split, or null
 * @param validation metrics of the validation split, or null
 * @param test metrics of the test split, or null
 * @param examplesPerSecond training throughput
 * @param medianStepMilliseconds median wall time of a step
 * @param p95StepMilliseconds 95th percentile of the wall time of a step
 * @param stepShares where a step's time went, or null where it is not known
 * @param wallSeconds the whole run
 * @param diagnosis what the curves say and what to try, or null
 * @param sparkVersion of the Spark that ran
 * @param javaVersion of the driver's JVM
 * @param blas the linear algebra library that computed
 * @param cores computing at once
 * @param shards logical shards
 * @param synchronizer how the shards' contributions came together: what was taken, where that was
 *     left open; or null where it is not known
 * @param seed of all randomness
 * @param dataFingerprint identifies the data
 * @param badRows rows that could not be used, or null where it is not known
 * @param versions of Lockstep and of what else matters, by name
 * @param classLabels in class order; empty for regression
 * @param testConfusion counts {@code [true class][predicted class]} on the test split, or null
 * @param notes for the user's attention
 */
@SuppressWarnings("ArrayRecordComponent")
public record RunSummary(
    String status,
    String name,
    long steps,
    int epochs,
    long parameters,
    String parametersSha256,
    double sparsity,
    SplitMetrics train,
    SplitMetrics validation,
    SplitMetrics test,
    double examplesPerSecond,
    double medianStepMilliseconds,
    double p95StepMilliseconds,
    StepShares stepShares,
    double wallSeconds,
    String diagnosis,
    String sparkVersion,
    String javaVersion,
    String blas,
    int cores,
    int shards,
    String synchronizer,
    long seed,
    String dataFingerprint,
    BadRowCounts badRows,
    Map<String, String> versions,
    List<String> classLabels,
    long[][] testConfusion,
    List<String> notes) {
  /** Checks that the confusion matrix fits the labels; keeps the order of {@code versions}. */
  public RunSummary {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(name, "name");
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
    classLabels = List.copyOf(classLabels);
    notes = List.copyOf(notes);
    if (testConfusion != null) {
      int classes = classLabels.size();
      if (!isSquare(testConfusion, classes)) {
        throw new IllegalArgumentException(
            "the confusion matrix must be " + classes + " by " + classes + ", as the labels");
      }
    }
  }

  /** The summary as indented JSON with the keys of {@code summary.json}, ending in a newline. */
  public String toJson() {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = Json.MAPPER.getFactory().createGenerator(out)) {
      json.setPrettyPrinter(
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));
      json.writeStartObject();
      json.writeStringField("status", status);
      json.writeStringField("name", name);
      json.writeNumberField("steps", steps);
      json.writeNumberField("epochs", epochs);
      json.writeNumberField("parameters", parameters);
      json.writeStringField("parametersSha256", parametersSha256);
      Json.writeNumber(json, "sparsity", sparsity);
      Json.writeSplit(json, "train", train);
      Json.writeSplit(json, "validation", validation);
      Json.writeSplit(json, "test", test);
      Json.writeNumber(json, "examplesPerSecond", examplesPerSecond);
      json.writeObjectFieldStart("stepMilliseconds");
      Json.writeNumber(json, "median", medianStepMilliseconds);
      Json.writeNumber(json, "p95", p95StepMilliseconds);
      json.writeEndObject();
      writeShares(json);
      Json.writeNumber(json, "wallSeconds", wallSeconds);
      json.writeStringField("diagnosis", diagnosis);
      json.writeStringField("sparkVersion", sparkVersion);
      json.writeStringField("javaVersion", javaVersion);
      json.writeStringField("blas", blas);
      json.writeNumberField("cores", cores);
      json.writeNumberField("shards", shards);
      json.writeStringField("synchronizer", synchronizer);
      json.writeNumberField("seed", seed);
      json.writeStringField("dataFingerprint", dataFingerprint);
      if (badRows != null) {
        badRows.write(json, "badRows");
      }
      json.writeObjectFieldStart("versions");
      for (Map.Entry<String, String> version : versions.entrySet()) {
        json.writeStringField(version.getKey(), version.getValue());
      }
      json.writeEndObject();
      if (!classLabels.isEmpty()) {
        writeStrings(json, "classLabels", classLabels);
      }
      if (testConfusion != null) {
        writeConfusion(json);
      }
      writeStrings(json, "notes", notes);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out + "\n";
  }

  private void writeShares(JsonGenerator json) throws IOException {
    if (stepShares == null) {
      json.writeNullField("stepShares");
      return;
    }
    json.writeObjectFieldStart("stepShares");
    Json.writeNumber(json, "compute", stepShares.compute());
    Json.writeNumber(json, "aggregate", stepShares.aggregate());
    Json.writeNumber(json, "update", stepShares.update());
    Json.writeNumber(json, "broadcast", stepShares.broadcast());
    Json.writeNumber(json, "notCompute", stepShares.notCompute());
    json.writeEndObject();
  }

  private static StepShares shares(JsonNode node) {
    return node.isObject()
        ? new StepShares(
            Json.number(node.path("compute")),
            Json.number(node.path("aggregate")),
            Json.number(node.path("update")),
            Json.number(node.path("broadcast")))
        : null;
  }

  private void writeConfusion(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("confusionMatrix");
    writeStrings(json, "labels", classLabels);
    json.writeArrayFieldStart("counts");
    for (long[] row : testConfusion) {
      json.writeArray(row, 0, row.length);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeStrings(JsonGenerator json, String key, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(key);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /**
   * Reads what {@link #toJson} wrote. Unknown keys, as a later release may add them, are passed
   * over.
   *
   * @throws LockstepException if it is no summary
   */
  public static RunSummary fromJson(String json) {
    JsonNode root;
    try {
      root = Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new LockstepException(
          ErrorKind.DATA, "summary.json is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.path("status").isTextual()) {
      throw LockstepException.data(
          "summary.json has no \"status\", so it is not the summary of a run; name a run folder.");
    }
    Map<String, String> versions = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> version : root.path("versions").properties()) {
      versions.put(version.getKey(), text(version.getValue()));
    }
    List<String> classLabels = strings(root.path("classLabels"));
    long[][] confusion = counts(root.path("confusionMatrix").path("counts"));
    if (confusion != null && !isSquare(confusion, classLabels.size())) {
      throw LockstepException.data(
          "summary.json: confusionMatrix.counts must be "
              + classLabels.size()
              + " by "
              + classLabels.size()
              + ", as classLabels are.");
    }
    return new RunSummary(
        text(root.path("status")),
        root.path("name").asText(""),
        root.path("steps").asLong(),
        root.path("epochs").asInt(),
        root.path("parameters").asLong(),
        text(root.path("parametersSha256")),
        root.path("sparsity").asDouble(),
        Json.split(root.path("train")),
        Json.split(root.path("validation")),
        Json.split(root.path("test")),
        Json.number(root.path("examplesPerSecond")),
        Json.number(root.path("stepMilliseconds").path("median")),
        Json.number(root.path("stepMilliseconds").path("p95")),
        shares(root.path("stepShares")),
        Json.number(root.path("wallSeconds")),
        text(root.path("diagnosis")),
        text(root.path("sparkVersion")),
        text(root.path("javaVersion")),
        text(root.path("blas")),
        root.path("cores").asInt(),
        root.path("shards").asInt(),
        text(root.path("synchronizer")),
        root.path("seed").asLong(),
        text(root.path("dataFingerprint")),
        BadRowCounts.read(root.path("badRows")),
        versions,
        classLabels,
        confusion,
        strings(root.path("notes")));
  }

  private static boolean isSquare(long[][] counts, int size) {
    boolean square = counts.length == size;
    for (long[] row : counts) {
      square &= row.length == size;
    }
    return square;
  }

  private static String text(JsonNode node) {
    return node.asText(null);
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    for (JsonNode value : array) {
      values.add(value.asText());
    }
    return values;
  }

  private static long[][] counts(JsonNode rows) {
    if (!rows.isArray()) {
      return null;
    }
    long[][] counts = new long[rows.size()][];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new long[rows.get(i).size()];
      for (int j = 0; j < counts[i].length; j++) {
        counts[i][j] = rows.get(i).get(j).asLong();
      }
    }
    return counts;
  }
}
