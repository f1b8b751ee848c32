package dev.lockstep.deploy;

import java.util.Locale;
import java.util.Random;

/** Rows of a CSV file with three kinds of points, some rows bad, and how to train on them. */
final class Table {
  /** Rows with a cell that is no number. */
  static final int BAD_ROWS = 5;

  private static final int ROWS = 1500;
  private static final int COLUMNS = 6;
  private static final int KINDS = 3;

  private Table() {}

  /** The whole file. */
  static String csv() {
    return csv(5);
  }

  /** One with other rows of the same kind for each seed. */
  static String csv(long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder("a,b,c,d,e,f,kind\n");
    for (int row = 0; row < ROWS; row++) {
      int kind = random.nextInt(KINDS);
      for (int column = 0; column < COLUMNS; column++) {
        double value = random.nextGaussian() + (column % KINDS == kind ? 1 : 0);
        text.append(String.format(Locale.ROOT, "%.4f,", value));
      }
      text.append(kind).append('\n');
      if (row % (ROWS / BAD_ROWS) == 1) {
        text.append("0.5,0.5,n/a,0.5,0.5,0.5,1\n");
      }
    }
    return text.toString();
  }

  /**
   * A run with all that has a state.
   *
   * @param path of the file, as a configuration names it
   */
  static String yaml(String path, String synchronizer, int steps) {
    return """
        name: hadoop
        data:
          format: csv
          path: %s
          options: {header: true}
          label: kind
          validation: {fraction: 0.1}
          test: {fraction: 0.2}
          badRows: quarantine
        network:
          layers:
            - {kind: dense, units: 32}
            - batchNorm
            - relu
            - {kind: dropout, keep: 0.8}
            - {kind: dense, units: 3}
        optimizer: {kind: adam, learningRate: 0.002}
        training:
          steps: %d
          batchSize: 64
          shards: 4
          seed: 11
          validateEveryEpochs: 5
          checkpoint: {everySteps: 20, keep: 2}
          synchronizer: %s
        """
        .formatted(path, steps, synchronizer);
  }

  /**
   * A run that is repeated for every day: the files of a day and the hold-out lie beside the
   * configuration. What was published once is hardly ever beaten by as much as it asks for.
   */
  static String retraining(String registry, String synchronizer, int steps) {
    return yaml("day=${RUN_DATE}", synchronizer, steps)
            .replace("test: {fraction: 0.2}", "test: {path: holdout.csv}")
        + "registry: {path: \"%s\", keep: 5}%nretraining: {minImprovement: 0.5}%n"
            .formatted(registry);
  }
}
