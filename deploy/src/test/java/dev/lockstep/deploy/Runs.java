package dev.lockstep.deploy;

import dev.lockstep.driver.run.Lockstep;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The configurations that cluster tests train, and what each gives where nothing disturbs it. */
final class Runs {
  /** Two executors of one core in processes of their own. */
  static final String LOCAL_CLUSTER = "local-cluster[2,1,1024]";

  /** Steps between two validations; the training split has ten mini-batches. */
  private static final int VALIDATE_EVERY_STEPS = 50;

  private static final int STEPS_OF_EPOCH = 10;

  /** At the end, of every split. */
  private static final int LAST_EVALUATIONS = 3;

  private static final Pattern SYNCHRONIZER = Pattern.compile("synchronizer: [a-z]+");
  private static final Map<String, String> UNDISTURBED = new HashMap<>();

  private Runs() {}

  /**
   * Hand-written digits with all that has a state: running statistics, dropout's masks, Adam's
   * moments.
   *
   * @param shards 4 over two partitions bring few sums, which go to the driver; 7 bring more, which
   *     meet in a shuffle
   * @param steps a multiple of 50
   */
  static String yaml(String synchronizer, int shards, int steps) {
    return """
        name: machines
        data: {format: bundled, name: digits, validation: {fraction: 0.1}, test: {fraction: 0.2}}
        network:
          layers:
            - {kind: dense, units: 64}
            - batchNorm
            - relu
            - {kind: dropout, keep: 0.8}
            - {kind: dense, units: 10}
        optimizer: {kind: adam, learningRate: 0.002}
        training:
          steps: %d
          batchSize: 128
          shards: %d
          seed: 11
          validateEveryEpochs: %d
          synchronizer: %s
        """
        .formatted(steps, shards, VALIDATE_EVERY_STEPS / STEPS_OF_EPOCH, synchronizer);
  }

  /** How often a run of so many steps, a multiple of 50, evaluates a split. */
  static int evaluations(int steps) {
    return steps / VALIDATE_EVERY_STEPS + LAST_EVALUATIONS;
  }

  /** The checksum of the parameters that threads of one JVM come to with a configuration. */
  static synchronized String undisturbed(Path folder, String yaml) {
    String alone = SYNCHRONIZER.matcher(yaml).replaceFirst("synchronizer: local");
    return UNDISTURBED.computeIfAbsent(
        alone,
        unknown -> {
          try (Lockstep lockstep = Lockstep.start("local[2]")) {
            String run = folder.resolve("undisturbed").toString();
            return lockstep.train(alone, run).summary().parametersSha256();
          }
        });
  }
}
