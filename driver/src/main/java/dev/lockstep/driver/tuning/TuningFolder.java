package dev.lockstep.driver.tuning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.driver.report.TrialsLog;
import dev.lockstep.driver.report.TuningReport;
import dev.lockstep.driver.report.TuningSummary;
import dev.lockstep.driver.run.TrialData;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The folder of a search and what is known of its trials. Each change is in {@code trials.jsonl}
 * when the call returns; the file is always in the order of rungs and trials, whatever the order in
 * which they ended. Safe on several threads.
 */
final class TuningFolder {
  /** The file whose presence means that the search ended. */
  static final String OUTCOME = "tuning.json";

  /** Not called as in a run folder, so that neither is taken for the other. */
  private static final String CONFIGURATION = "tuning.yaml";

  private static final String TRIALS = "trials.jsonl";
  private static final int MAX_TEXT_BYTES = 64 << 20;
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private record Key(int rung, int trial) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return rung != other.rung
          ? Integer.compare(rung, other.rung)
          : Integer.compare(trial, other.trial);
    }
  }

  private final RunFolder folder;
  private Map<String, String> environment = System.getenv();
  private final TreeMap<Key, TrialRecord> records = new TreeMap<>();

  /** A folder at a place where there may be nothing yet. */
  TuningFolder(RunFolder folder) {
    this.folder = folder;
  }

  /** How to call the folder, or a file in it, in messages. */
  String name(String file) {
    return folder.name() + "/" + file;
  }

  /** The folder of a trial. */
  RunFolder trial(int number) {
    return folder.folder(TrialRecord.folder(number));
  }

  /** Whether the search that lies here has ended. */
  boolean isFinished() {
    return folder.has(OUTCOME);
  }

  /**
   * The configuration of the search that lies here; empty for an empty folder.
   *
   * @throws LockstepException of kind usage where something else lies here
   */
  Optional<RunConfiguration> configuration() {
    if (!folder.isInUse()) {
      return Optional.empty();
    }
    folder.restore(CONFIGURATION);
    if (!folder.has(CONFIGURATION)) {
      folder.requireFresh();
    }
    String written = folder.readText(CONFIGURATION, ConfigurationReader.MAX_SIZE);
    environment = ConfigurationReader.standingIn(written, System.getenv());
    RunConfiguration found =
        ConfigurationReader.read(
            written, name(CONFIGURATION), folder.name(), List.of(), environment);
    if (found.tuning() == null) {
      throw LockstepException.data(name(CONFIGURATION) + " is no search: it has no tuning block.");
    }
    return Optional.of(found);
  }

  /** Refuses to go on with a search of another configuration; how many run at once may differ. */
  void requireSame(RunConfiguration found, RunConfiguration wanted) {
    JsonNode there = tree(found, environment);
    JsonNode here = tree(wanted, System.getenv());
    String difference = difference("", there, here);
    if (difference != null) {
      throw LockstepException.usage(
          "--output: "
              + folder.name()
              + " holds a search of another configuration: "
              + difference
              + ". Choose another folder or remove this one.");
    }
  }

  private static JsonNode tree(RunConfiguration configuration, Map<String, String> environment) {
    RunConfiguration comparable = configuration.withTuning(configuration.tuning().withParallel(1));
    try {
      return YAML.readTree(ConfigurationWriter.toYaml(comparable, environment));
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException("reading what was just written", impossible);
    }
  }

  /** The first key whose values differ, in words; null where there is none. */
  private static String difference(String path, JsonNode there, JsonNode here) {
    if (there.equals(here)) {
      return null;
    }
    if (there.isObject() && here.isObject()) {
      TreeSet<String> keys = new TreeSet<>();
      addKeys(there, keys);
      addKeys(here, keys);
      for (String key : keys) {
        String inside =
            difference(path.isEmpty() ? key : path + "." + key, there.path(key), here.path(key));
        if (inside != null) {
          return inside;
        }
      }
    }
    if (there.isArray() && here.isArray() && there.size() == here.size()) {
      for (int i = 0; i < there.size(); i++) {
        String inside = difference(path + "[" + i + "]", there.get(i), here.get(i));
        if (inside != null) {
          return inside;
        }
      }
    }
    return path + " is " + shown(there) + " there and " + shown(here) + " now";
  }

  private static void addKeys(JsonNode block, Collection<String> keys) {
    for (Iterator<String> names = block.fieldNames(); names.hasNext(); ) {
      keys.add(names.next());
    }
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "absent" : node.toString();
  }

  /** Begins a search here. */
  void begin(RunConfiguration configuration) {
    folder.requireFresh();
    folder.create();
    folder.writeAsIs(CONFIGURATION, ConfigurationWriter.toYaml(configuration));
  }

  /**
   * Takes up what is known of the trials.
   *
   * @throws LockstepException of kind data where it is not of these trials
   */
  synchronized void load(List<Trial> trials) {
    folder.restore(TRIALS);
    if (!folder.has(TRIALS)) {
      return;
    }
    for (TrialRecord record :
        TrialsLog.read(folder.readText(TRIALS, MAX_TEXT_BYTES), name(TRIALS))) {
      int number = record.trial();
      if (number < 1
          || number > trials.size()
          || !TrialsLog.sameParameters(record.parameters(), trials.get(number - 1).parameters())) {
        throw LockstepException.data(
            name(TRIALS)
                + ": trial "
                + number
                + " is none of this search. Choose another folder or remove this one.");
      }
      records.put(
          new Key(record.rung(), number),
          record.withParameters(trials.get(number - 1).parameters()));
    }
  }

  /** What is known of a trial at the end of a rung. */
  synchronized Optional<TrialRecord> record(int rung, int trial) {
    return Optional.ofNullable(records.get(new Key(rung, trial)));
  }

  /** The last that is known of a trial. */
  synchronized Optional<TrialRecord> last(int trial) {
    TrialRecord last = null;
    for (TrialRecord record : records.values()) {
      last = record.trial() == trial ? record : last;
    }
    return Optional.ofNullable(last);
  }

  /** Keeps records, in place of earlier ones of the same trials and rungs. */
  synchronized void keep(List<TrialRecord> more) {
    for (TrialRecord record : more) {
      records.put(new Key(record.rung(), record.trial()), record);
    }
    folder.writeAsIs(TRIALS, TrialsLog.write(records.values()));
  }

  /** Ends the search: writes everything that is made of its outcome, the outcome itself last. */
  void finish(TuningSummary summary, RunConfiguration configuration) {
    folder.writeText("ranking.csv", summary.toCsv());
    folder.writeText("parallel-coordinates.svg", TuningReport.picture(summary));
    folder.writeText(
        "report.html", TuningReport.render(summary, ConfigurationWriter.toYaml(configuration)));
    summary.best().ifPresent(best -> writeBest(summary, best));
    folder.writeText(OUTCOME, summary.toJson());
  }

  private void writeBest(TuningSummary summary, TrialRecord best) {
    String yaml = trial(best.trial()).readText("config.yaml", ConfigurationReader.MAX_SIZE);
    folder.writeAsIs(
        TuningRun.BEST,
        "# Trial "
            + best.trial()
            + ", the best of "
            + summary.ranking().size()
            + ": "
            + summary.metric()
            + " "
            + best.value()
            + "\n"
            + yaml);
  }

  /** Refuses to compare with a trial on other data. */
  void requireSameData(TrialRecord record, TrialData data) {
    if (!record.dataFingerprint().equals(data.fingerprint())) {
      throw LockstepException.data(
          name(TRIALS)
              + ": trial "
              + record.trial()
              + " was trained on other data (fingerprint "
              + record.dataFingerprint()
              + ", now "
              + data.fingerprint()
              + "). Begin anew in another folder.");
    }
  }

  /** A result that does not come out again as it did before. */
  LockstepException changed(Trial trial, int epochs, double before, double now) {
    return new LockstepException(
        ErrorKind.DATA,
        name(TRIALS)
            + ": trial "
            + trial.number()
            + " had "
            + before
            + " after epoch "
            + epochs
            + ", and now it has "
            + now
            + ": the data, the program or the machine changed since. Begin anew in another folder.");
  }
}
