package dev.lockstep.driver.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingMemory;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.metric.BestSoFar;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The content of {@code state.json}: all of a checkpoint that is not an array.
 *
 * @param step steps taken
 * @param memory what the steps left, without the best weights
 * @param best the best epoch and its value, or null where no best weights are kept
 * @param identity of the run
 * @param position where the run was
 */
record StateFile(
    long step, TrainingMemory memory, Best best, RunIdentity identity, RunPosition position) {
  static final String NAME = "state.json";

  /** Refuses what no configuration comes near to. */
  static final int MAX_BYTES = 64 << 20;

  private static final List<String> KEYS =
      List.of(
          "step",
          "epoch",
          "metricsBytes",
          "secondsSoFar",
          "epochSums",
          "plateau",
          "stopping",
          "rateReductions",
          "rateFactor",
          "returns",
          "stoppedEarly",
          "best",
          "createdAt",
          "dataFingerprint",
          "initialWeights",
          "blas",
          "versions",
          "configuration");

  /**
   * The best epoch so far.
   *
   * @param epoch counted from 1
   * @param value of the watched metric
   */
  record Best(int epoch, double value) {
    /** With the weights that belong to it. */
    BestWeights with(ModelFile weights) {
      return new BestWeights(epoch, value, weights.parameters(), weights.batchesTracked());
    }
  }

  /** The file's bytes. */
  static byte[] write(
      TrainingState state, RunIdentity identity, RunPosition position, Instant createdAt) {
    TrainingMemory memory = state.memory();
    ObjectNode root = StrictJson.object();
    root.put("step", state.step());
    root.put("epoch", position.epoch());
    root.put("metricsBytes", position.metricsBytes());
    root.set("secondsSoFar", StrictJson.number(position.secondsSoFar()));
    root.set("epochSums", sums(memory.epochSums()));
    root.set("plateau", memoryOf(memory.plateau()));
    root.set("stopping", memoryOf(memory.stopping()));
    root.put("rateReductions", memory.rateReductions());
    root.set("rateFactor", StrictJson.number(memory.rateFactor()));
    root.put("returns", memory.returns());
    root.put("stoppedEarly", memory.stoppedEarly());
    if (memory.bestWeights() != null) {
      root.putObject("best")
          .put("epoch", memory.bestWeights().epoch())
          .set("value", StrictJson.number(memory.bestWeights().value()));
    }
    root.put("createdAt", createdAt.toString());
    root.put("dataFingerprint", identity.dataFingerprint());
    if (identity.initialWeights() != null) {
      root.put("initialWeights", identity.initialWeights());
    }
    root.put("blas", identity.blas());
    ObjectNode versions = root.putObject("versions");
    identity.versions().forEach(versions::put);
    root.set("configuration", identity.configuration());
    return StrictJson.bytes(root);
  }

  private static ObjectNode memoryOf(BestSoFar best) {
    ObjectNode node = StrictJson.object();
    node.set("best", StrictJson.number(best.best()));
    return node.put("since", best.since());
  }

  private static ObjectNode sums(MetricSums sums) {
    ObjectNode node = StrictJson.object();
    node.put("examples", sums.examples());
    node.set("weight", StrictJson.number(sums.weight()));
    node.set("loss", StrictJson.number(sums.lossSum()));
    node.put("correct", sums.correct());
    node.set("squaredError", StrictJson.number(sums.squaredErrorSum()));
    node.set("absoluteError", StrictJson.number(sums.absoluteErrorSum()));
    ObjectNode target = node.putObject("target");
    target.put("count", sums.target().count());
    target.set("mean", StrictJson.number(sums.target().mean()[0]));
    target.set("squaredDeviations", StrictJson.number(sums.target().squaredDeviations()[0]));
    return node;
  }

  /**
   * Reads the file.
   *
   * @param source its name, for error messages
   */
  static StateFile read(byte[] text, String source) {
    Block root = StrictJson.parse(text, source).requireOnly(KEYS);
    return new StateFile(
        root.count("step"), memory(root), best(root), identity(root), position(root));
  }

  private static TrainingMemory memory(Block root) {
    return new TrainingMemory(
        sums(root.block("epochSums")),
        memoryOf(root.block("plateau")),
        memoryOf(root.block("stopping")),
        root.smallCount("rateReductions"),
        root.number("rateFactor"),
        root.smallCount("returns"),
        root.flag("stoppedEarly"),
        null);
  }

  private static BestSoFar memoryOf(Block block) {
    return new BestSoFar(block.number("best"), block.smallCount("since"));
  }

  private static MetricSums sums(Block block) {
    Block target = block.block("target");
    return MetricSums.of(
        block.count("examples"),
        block.number("weight"),
        block.number("loss"),
        block.count("correct"),
        block.number("squaredError"),
        block.number("absoluteError"),
        new Moments(
            target.count("count"),
            new double[] {target.number("mean")},
            new double[] {target.number("squaredDeviations")}),
        0,
        new long[0]);
  }

  private static Best best(Block root) {
    if (!root.has("best")) {
      return null;
    }
    Block best = root.block("best");
    return new Best(best.smallCount("epoch"), best.number("value"));
  }

  private static RunIdentity identity(Block root) {
    Map<String, String> versions = new LinkedHashMap<>();
    Block given = root.block("versions");
    for (Map.Entry<String, JsonNode> version : given.node().properties()) {
      versions.put(version.getKey(), given.text(version.getKey()));
    }
    return new RunIdentity(
        root.block("configuration").node(),
        root.text("dataFingerprint"),
        versions,
        root.text("blas"),
        root.has("initialWeights") ? root.text("initialWeights") : null);
  }

  private static RunPosition position(Block root) {
    double seconds = root.number("secondsSoFar");
    if (!(seconds >= 0.0)) {
      throw root.wrong("secondsSoFar", "a number from 0");
    }
    return new RunPosition(root.smallCount("epoch"), root.count("metricsBytes"), seconds);
  }
}
