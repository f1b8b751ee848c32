package dev.lockstep.driver.tuning;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.driver.config.TuningSettings;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.SearchParameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A search before it runs: every trial with its whole configuration, each of them read as if its
 * values had been given with {@code --set}.
 *
 * @param base the configuration with its search
 * @param ends trials that never run, numbered 0: each with one end of one range, and else as the
 *     first trial; what lies between valid ends is taken to be valid
 * @param trials in the order of their numbers
 */
public record TuningPlan(RunConfiguration base, List<Trial> ends, List<Trial> trials) {
  /** Takes copies of the lists. */
  public TuningPlan {
    ends = List.copyOf(ends);
    trials = List.copyOf(trials);
  }

  /** Reads the configuration with some more values, as {@code key.path=value} each. */
  public interface Reader {
    /**
     * Reads it.
     *
     * @throws LockstepException of kind usage for everything that is wrong with it
     */
    RunConfiguration read(List<String> settings);
  }

  /**
   * Plans all trials.
   *
   * @throws LockstepException of kind usage where the configuration names no search, or where a
   *     trial or the end of a range gives a configuration that cannot be read
   */
  public static TuningPlan of(Reader reader) {
    RunConfiguration base = reader.read(List.of());
    TuningSettings tuning = base.tuning();
    if (tuning == null) {
      throw LockstepException.usage(
          "tuning: missing; tune needs a block that says what to vary, such as tuning:"
              + " {parameters: {optimizer.learningRate: {scale: log, from: 1e-4, to: 1}}}.");
    }
    List<Trial> ends = ends(reader, tuning);
    List<Trial> trials = new ArrayList<>();
    for (int number = 1; number <= tuning.trialCount(); number++) {
      trials.add(trial(reader, tuning, number, tuning.trial(number)));
    }
    refuseBarriersSideBySide(tuning, trials);
    return new TuningPlan(base, ends, trials);
  }

  private static void refuseBarriersSideBySide(TuningSettings tuning, List<Trial> trials) {
    for (Trial trial : trials) {
      if (trial.configuration().training().synchronizer() == Synchronizer.BARRIER
          && tuning.parallel() > 1) {
        throw LockstepException.usage(
            "training.synchronizer: 'barrier' needs the cluster for one run at a time, but"
                + " tuning.parallel is "
                + tuning.parallel()
                + ". Use training.synchronizer 'auto', or tuning.parallel 1.");
      }
    }
  }

  private static List<Trial> ends(Reader reader, TuningSettings tuning) {
    List<Trial> ends = new ArrayList<>();
    List<SearchParameter> parameters = tuning.space().parameters();
    for (int j = 0; j < parameters.size(); j++) {
      for (String end : parameters.get(j).range().ends()) {
        List<String> values = new ArrayList<>(tuning.trial(1));
        values.set(j, end);
        ends.add(trial(reader, tuning, 0, values));
      }
    }
    return ends;
  }

  private static Trial trial(
      Reader reader, TuningSettings tuning, int number, List<String> values) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int j = 0; j < values.size(); j++) {
      parameters.put(tuning.space().parameters().get(j).path(), values.get(j));
    }
    return new Trial(number, parameters, read(reader, parameters));
  }

  private static RunConfiguration read(Reader reader, Map<String, String> parameters) {
    List<String> settings = new ArrayList<>();
    parameters.forEach((path, value) -> settings.add(path + "=" + value));
    try {
      return reader.read(settings).withTuning(null);
    } catch (LockstepException refused) {
      throw impossible(parameters, refused);
    }
  }

  /** Says of a trial that it cannot run. */
  static LockstepException impossible(Map<String, String> parameters, LockstepException why) {
    StringJoiner settings = new StringJoiner(", ");
    parameters.forEach((path, value) -> settings.add(path + "=" + value));
    String message = "tuning.parameters: a trial cannot have " + settings + ". " + why.getMessage();
    return new LockstepException(why.kind(), message, why);
  }

  /** The same plan with that settled which the data or the cluster decides. */
  TuningPlan settled(int shards, WatchedMetric metric) {
    return new TuningPlan(
        withShards(base, shards).withTuning(base.tuning().withMetric(metric)),
        withShards(ends, shards),
        withShards(trials, shards));
  }

  private static List<Trial> withShards(List<Trial> trials, int shards) {
    List<Trial> settled = new ArrayList<>();
    for (Trial trial : trials) {
      settled.add(
          new Trial(trial.number(), trial.parameters(), withShards(trial.configuration(), shards)));
    }
    return settled;
  }

  private static RunConfiguration withShards(RunConfiguration configuration, int shards) {
    return configuration.training().shards() != null
        ? configuration
        : configuration.withTraining(configuration.training().withShards(shards));
  }
}
