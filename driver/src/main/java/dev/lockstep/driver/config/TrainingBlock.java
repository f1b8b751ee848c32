package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.schedule.EarlyStopping;
import java.util.Arrays;
import java.util.List;

/** The {@code training} block: reads it and writes it. */
final class TrainingBlock {
  private static final List<String> KEYS =
      Arrays.stream(Synchronizer.values()).map(Synchronizer::key).toList();

  private static final Names SYNCHRONIZERS = Names.of("synchronizer", KEYS, KEYS);

  private TrainingBlock() {}

  static TrainingSettings read(Block block) {
    Integer epochs = block.optionalCount("epochs");
    Long steps =
        block.has("steps") ? Long.valueOf(block.whole("steps", WholeRange.LONG_COUNT, 1)) : null;
    if (epochs != null && steps != null) {
      block
          .reading()
          .problems()
          .add(
              block.path(),
              block.written("steps"),
              "give either epochs or steps, not both; --set "
                  + block.pathOf("epochs")
                  + "=null takes the epochs out");
      epochs = null;
    }
    int batchSize = block.count("batchSize", TrainingSettings.DEFAULT_BATCH_SIZE);
    Integer shards = block.optionalCount("shards");
    boolean shuffle = block.flag("shuffle", TrainingSettings.DEFAULT_SHUFFLE);
    long seed = block.whole("seed", WholeRange.ANY, TrainingSettings.DEFAULT_SEED);
    Double gradientClipNorm = gradientClipNorm(block);
    String synchronizerName = block.name("synchronizer", SYNCHRONIZERS);
    Synchronizer synchronizer =
        Arrays.stream(Synchronizer.values())
            .filter(any -> any.key().equals(synchronizerName))
            .findFirst()
            .orElse(TrainingSettings.DEFAULT_SYNCHRONIZER);
    int validateEveryEpochs =
        block.count("validateEveryEpochs", TrainingSettings.DEFAULT_VALIDATE_EVERY_EPOCHS);
    EarlyStopping earlyStopping = earlyStopping(block);
    Double targetError =
        block.has("targetError")
            ? Double.valueOf(block.number("targetError", NumberRange.ZERO_TO_ONE, 0.0))
            : null;
    CheckpointSettings checkpoint = checkpoint(block);
    DivergenceSettings onDivergence = onDivergence(block);
    block.finish();
    Integer length =
        epochs == null && steps == null ? Integer.valueOf(TrainingSettings.DEFAULT_EPOCHS) : epochs;
    return new TrainingSettings(
        length,
        steps,
        batchSize,
        shards,
        shuffle,
        seed,
        gradientClipNorm,
        synchronizer,
        earlyStopping,
        targetError,
        validateEveryEpochs,
        checkpoint,
        onDivergence);
  }

  private static Double gradientClipNorm(Block training) {
    if (!training.has("gradientClip")) {
      return null;
    }
    Block block = training.block("gradientClip");
    double norm = block.requiredNumber("norm", NumberRange.POSITIVE, 1.0);
    block.finish();
    return norm;
  }

  private static EarlyStopping earlyStopping(Block training) {
    if (!training.has("earlyStopping")) {
      return null;
    }
    Block block = training.block("earlyStopping");
    EarlyStopping settings =
        new EarlyStopping(
            WatchedMetrics.read(block, "metric"),
            block.count("patience", EarlyStopping.DEFAULT_PATIENCE),
            block.number("minDelta", NumberRange.NOT_NEGATIVE, EarlyStopping.DEFAULT_MIN_DELTA));
    block.finish();
    return settings;
  }

  private static CheckpointSettings checkpoint(Block training) {
    CheckpointSettings otherwise = CheckpointSettings.DEFAULT;
    if (!training.has("checkpoint")) {
      return otherwise;
    }
    Block block = training.block("checkpoint");
    CheckpointSettings settings =
        new CheckpointSettings(
            (int) block.whole("everySteps", WholeRange.COUNT_OR_ZERO, otherwise.everySteps()),
            block.count("keep", otherwise.keep()));
    block.finish();
    return settings;
  }

  private static DivergenceSettings onDivergence(Block training) {
    if (!training.has("onDivergence")) {
      return null;
    }
    Block block = training.block("onDivergence");
    DivergenceSettings settings =
        new DivergenceSettings(
            block.number(
                "reduceRate",
                NumberRange.BETWEEN_ZERO_AND_ONE,
                DivergenceSettings.DEFAULT_REDUCE_RATE),
            block.count("retries", DivergenceSettings.DEFAULT_RETRIES));
    block.finish();
    return settings;
  }

  /**
   * Puts every key, in the order of the manual; of {@code epochs} and {@code steps} the one that
   * counts.
   */
  static void write(TrainingSettings training, ObjectNode target) {
    if (training.steps() == null) {
      target.put("epochs", training.epochs());
    } else {
      target.put("steps", training.steps());
    }
    target.put("batchSize", training.batchSize());
    target.put("shards", training.shards());
    target.put("shuffle", training.shuffle());
    target.put("seed", training.seed());
    if (training.gradientClipNorm() == null) {
      target.putNull("gradientClip");
    } else {
      target.putObject("gradientClip").put("norm", training.gradientClipNorm());
    }
    target.put("synchronizer", training.synchronizer().key());
    EarlyStopping earlyStopping = training.earlyStopping();
    if (earlyStopping == null) {
      target.putNull("earlyStopping");
    } else {
      target
          .putObject("earlyStopping")
          .put("metric", earlyStopping.metric().toString())
          .put("patience", earlyStopping.patience())
          .put("minDelta", earlyStopping.minDelta());
    }
    target.put("targetError", training.targetError());
    target
        .putObject("checkpoint")
        .put("everySteps", training.checkpoint().everySteps())
        .put("keep", training.checkpoint().keep());
    DivergenceSettings onDivergence = training.onDivergence();
    if (onDivergence == null) {
      target.putNull("onDivergence");
    } else {
      target
          .putObject("onDivergence")
          .put("reduceRate", onDivergence.reduceRate())
          .put("retries", onDivergence.retries());
    }
    target.put("validateEveryEpochs", training.validateEveryEpochs());
  }
}
