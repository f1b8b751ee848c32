package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.TuningSettings.Search;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.Halving;
import dev.lockstep.trainer.search.ParameterRange;
import dev.lockstep.trainer.search.SearchParameter;
import dev.lockstep.trainer.search.SearchSpace;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The {@code tuning} block: reads it and writes it. */
final class TuningBlock {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern WHOLE_TEXT = Pattern.compile("[-+]?(0|[1-9][0-9]{0,17})");
  private static final Pattern NUMBER_TEXT =
      Pattern.compile("[-+]?(0|[1-9][0-9]*)?(\\.[0-9]*)?([eE][-+]?[0-9]+)?");
  private static final Pattern ANY_DIGIT = Pattern.compile("[0-9]");
  private static final Pattern FLAG_TEXT = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Names SEARCHES =
      names("search", Arrays.stream(Search.values()).map(Search::key).toList());
  private static final String CHOICES = "a list of at least one value";
  private static final NumberRange ANY_NUMBER =
      new NumberRange(-Double.MAX_VALUE, true, Double.MAX_VALUE, true, "a number");
  private static final WholeRange TRIALS = new WholeRange(1, TuningSettings.MAX_TRIALS);
  private static final WholeRange FACTORS = new WholeRange(2, Integer.MAX_VALUE);
  private static final WholeRange STEPS = new WholeRange(2, TuningSettings.MAX_TRIALS);
  private static final WholeRange WHOLE =
      new WholeRange(-ParameterRange.Whole.MAX, ParameterRange.Whole.MAX);

  /** The scales: how each is called and made of its two ends. */
  private static final Map<String, Scale> SCALES = new LinkedHashMap<>();

  static {
    SCALES.put("linear", numbers(ANY_NUMBER, ParameterRange.Linear::new));
    SCALES.put("log", numbers(NumberRange.POSITIVE, ParameterRange.Log::new));
    SCALES.put("oneMinusLog", numbers(NumberRange.BELOW_ONE, ParameterRange.OneMinusLog::new));
    SCALES.put("integer", TuningBlock::whole);
  }

  private static final Names SCALE_NAMES = names("scale", List.copyOf(SCALES.keySet()));

  private TuningBlock() {}

  /** Makes a range of a block; null after a problem. */
  private interface Scale {
    ParameterRange read(Block block, int steps);
  }

  private interface NumberScale {
    ParameterRange of(double from, double to, int steps);
  }

  private static Names names(String what, List<String> supported) {
    return Names.of(what, supported, supported);
  }

  static TuningSettings read(Block block, TrainingSettings training) {
    WatchedMetric metric = block.has("metric") ? WatchedMetrics.read(block, "metric") : null;
    String searchName = block.name("search", SEARCHES);
    Search search = Search.GRID.key().equals(searchName) ? Search.GRID : Search.RANDOM;
    Integer trials =
        block.has("trials") || search == Search.RANDOM
            ? Integer.valueOf((int) block.whole("trials", TRIALS, TuningSettings.DEFAULT_TRIALS))
            : null;
    int parallel = block.count("parallel", TuningSettings.DEFAULT_PARALLEL);
    boolean waitsForValidation = metric == null || metric.split().equals("validation");
    Halving halving = halving(block, training, waitsForValidation);
    long seed = block.whole("seed", WholeRange.ANY, TuningSettings.DEFAULT_SEED);
    List<SearchParameter> parameters = parameters(block, halving != null);
    block.finish();
    TuningSettings settings =
        new TuningSettings(
            metric, search, trials, parallel, halving, seed, new SearchSpace(parameters));
    if (search == Search.GRID
        && trials == null
        && settings.space().gridSize() > TuningSettings.MAX_TRIALS) {
      block
          .reading()
          .problems()
          .add(
              block.pathOf("search"),
              block.written("search"),
              "the grid has more than "
                  + TuningSettings.MAX_TRIALS
                  + " trials; give fewer steps or choices, or cut it short with "
                  + block.pathOf("trials"));
    }
    return settings;
  }

  private static Halving halving(
      Block tuning, TrainingSettings training, boolean waitsForValidation) {
    if (!tuning.has("halving")) {
      return null;
    }
    Block block = tuning.block("halving");
    Halving halving =
        new Halving(
            (int) block.whole("factor", FACTORS, Halving.DEFAULT_FACTOR),
            block.count("minEpochs", Halving.DEFAULT_MIN_EPOCHS));
    block.finish();
    if (training.epochs() == null) {
      tuning
          .reading()
          .problems()
          .add(
              tuning.pathOf("halving"),
              tuning.written("halving"),
              "compares trials at epochs, so training.epochs must be given, not training.steps");
    } else if (waitsForValidation && training.validateEveryEpochs() > halving.minEpochs()) {
      tuning
          .reading()
          .problems()
          .add(
              tuning.pathOf("halving"),
              tuning.written("halving"),
              "the first trials are compared after epoch "
                  + halving.minEpochs()
                  + ", before the first validation; give a training.validateEveryEpochs of at most "
                  + halving.minEpochs());
    }
    return halving;
  }

  private static List<SearchParameter> parameters(Block tuning, boolean halving) {
    List<SearchParameter> parameters = new ArrayList<>();
    Block block = tuning.block("parameters");
    if (block.writtenKeys().isEmpty()) {
      tuning.missing(
          "parameters",
          "a block of key paths, such as optimizer.learningRate: {scale: log, from: 1e-4, to: 1}");
    }
    for (String path : block.writtenKeys()) {
      if (isFixed(path, halving)) {
        block
            .reading()
            .problems()
            .add(
                block.pathOf(path),
                block.written(path),
                "cannot vary from trial to trial" + (halving ? " with halving" : ""));
        block.know(List.of(path));
        continue;
      }
      refuseOverwriting(block, path);
      refuseSecrets(block, path, path, block.written(path));
      ParameterRange range = range(block.block(path));
      if (range != null) {
        parameters.add(new SearchParameter(path, range));
      }
    }
    block.finish();
    return parameters;
  }

  /** A trial's values are set in order, so a block must come before what varies inside it. */
  private static void refuseOverwriting(Block block, String path) {
    for (String earlier : block.writtenKeys()) {
      if (earlier.equals(path)) {
        return;
      }
      if (earlier.startsWith(path + ".") || earlier.startsWith(path + "[")) {
        block
            .reading()
            .problems()
            .add(
                block.pathOf(path),
                block.written(path),
                "would replace the values of " + earlier + "; put it before " + earlier);
      }
    }
  }

  /** The list of trials tells their values, so what is tried must be no secret. */
  private static void refuseSecrets(Block block, String parameter, String key, Value value) {
    Redaction redaction = Redaction.ofProcess();
    if (value instanceof Value.Mapping mapping) {
      mapping.entries().forEach((inside, entry) -> refuseSecrets(block, parameter, inside, entry));
    } else if (value instanceof Value.Sequence sequence) {
      sequence.items().forEach(item -> refuseSecrets(block, parameter, key, item));
    } else if (value instanceof Value.Scalar scalar
        && scalar.text() != null
        && !scalar.text().contains("${")
        && (redaction.isSecret(parameter)
            || redaction.isSecret(key)
            || !redaction.partsOf(scalar.text()).isEmpty()
            || (Secrets.isFreeText(parameter)
                && !redaction.inFile(scalar.text()).equals(scalar.text())))) {
      block
          .reading()
          .problems()
          .add(
              block.pathOf(parameter),
              scalar,
              "a secret cannot be listed; write ${NAME} for it and set that environment variable");
    }
  }

  /** Trials that are compared at the same epoch must have the same length. */
  private static boolean isFixed(String path, boolean halving) {
    boolean length = path.matches("training(\\.(epochs|steps|validateEveryEpochs))?");
    return path.equals("name")
        || path.matches("(tuning|registry|retraining)\\b.*")
        || (halving && length);
  }

  private static ParameterRange range(Block block) {
    Value choices = block.find("choice");
    if (choices != null) {
      for (String key : List.of("scale", "from", "to", "steps")) {
        block.refuse(key, "either a scale with from and to, or a choice, not both");
      }
      block.finish();
      return choice(block, choices);
    }
    String scale = block.name("scale", SCALE_NAMES);
    if (scale == null) {
      if (!block.has("scale")) {
        block.missing(
            "scale", "one of " + String.join(", ", SCALES.keySet()) + ", or a choice: [...]");
      }
      block.know(List.of("from", "to", "steps"));
      block.finish();
      return null;
    }
    int steps = (int) block.whole("steps", STEPS, ParameterRange.DEFAULT_STEPS);
    ParameterRange range = SCALES.get(scale).read(block, steps);
    block.finish();
    return range;
  }

  private static Scale numbers(NumberRange allowed, NumberScale scale) {
    return (block, steps) -> {
      double from = block.requiredNumber("from", allowed, Double.NaN);
      double to = block.requiredNumber("to", allowed, Double.NaN);
      if (Double.isNaN(from) || Double.isNaN(to)) {
        return null;
      }
      return isRising(block, from < to) ? scale.of(from, to, steps) : null;
    };
  }

  private static ParameterRange whole(Block block, int steps) {
    if (!block.has("from") || !block.has("to")) {
      block.missing(block.has("from") ? "to" : "from", WholeRange.ANY.text());
      block.know(List.of("from", "to"));
      return null;
    }
    long from = block.whole("from", WHOLE, 0);
    long to = block.whole("to", WHOLE, Long.MAX_VALUE);
    if (to == Long.MAX_VALUE) {
      return null;
    }
    return isRising(block, from < to) ? new ParameterRange.Whole(from, to, steps) : null;
  }

  private static boolean isRising(Block block, boolean rising) {
    if (!rising) {
      block
          .reading()
          .problems()
          .add(
              block.pathOf("to"),
              block.written("to"),
              "must be above from, which is "
                  + block.find("from").shown()
                  + ", found "
                  + block.find("to").shown());
    }
    return rising;
  }

  private static ParameterRange choice(Block block, Value choices) {
    List<Value> items = block.reading().items(block.pathOf("choice"), choices, CHOICES);
    if (items.isEmpty()) {
      if (choices instanceof Value.Sequence) {
        block.reading().wrong(block.pathOf("choice"), choices, CHOICES);
      }
      return null;
    }
    return new ParameterRange.Choice(items.stream().map(item -> json(item).toString()).toList());
  }

  /**
   * A value as JSON. References to the environment stay as they are: they are replaced when a
   * trial's configuration is read, so that no secret gets into the list of trials.
   */
  private static JsonNode json(Value value) {
    if (value instanceof Value.Mapping mapping) {
      ObjectNode object = JSON.createObjectNode();
      mapping.entries().forEach((key, entry) -> object.set(key, json(entry)));
      return object;
    }
    if (value instanceof Value.Sequence sequence) {
      ArrayNode array = JSON.createArrayNode();
      sequence.items().forEach(item -> array.add(json(item)));
      return array;
    }
    return value instanceof Value.Scalar scalar ? json(scalar) : JSON.nullNode();
  }

  private static JsonNode json(Value.Scalar scalar) {
    String text = scalar.text();
    if (text == null) {
      return JSON.nullNode();
    }
    if (!scalar.quoted()) {
      if (WHOLE_TEXT.matcher(text).matches()) {
        return JSON.getNodeFactory().numberNode(Long.parseLong(text));
      }
      if (NUMBER_TEXT.matcher(text).matches()
          && ANY_DIGIT.matcher(text).find()
          && Double.isFinite(Double.parseDouble(text))) {
        return JSON.getNodeFactory().numberNode(Double.parseDouble(text));
      }
      if (FLAG_TEXT.matcher(text).matches()) {
        return JSON.getNodeFactory().booleanNode(Boolean.parseBoolean(text));
      }
    }
    return JSON.getNodeFactory().textNode(text);
  }

  /** Puts every key, in the order of the manual. */
  static void write(TuningSettings tuning, ObjectNode target) {
    target.put("metric", tuning.metric() == null ? null : tuning.metric().toString());
    target.put("trials", tuning.trials());
    target.put("search", tuning.search().key());
    target.put("parallel", tuning.parallel());
    if (tuning.halving() == null) {
      target.putNull("halving");
    } else {
      target
          .putObject("halving")
          .put("factor", tuning.halving().factor())
          .put("minEpochs", tuning.halving().minEpochs());
    }
    target.put("seed", tuning.seed());
    ObjectNode parameters = target.putObject("parameters");
    for (SearchParameter parameter : tuning.space().parameters()) {
      write(parameter.range(), parameters.putObject(parameter.path()));
    }
  }

  private static void write(ParameterRange range, ObjectNode target) {
    if (range instanceof ParameterRange.Linear linear) {
      write("linear", linear.from(), linear.to(), linear.steps(), target);
    } else if (range instanceof ParameterRange.Log log) {
      write("log", log.from(), log.to(), log.steps(), target);
    } else if (range instanceof ParameterRange.OneMinusLog log) {
      write("oneMinusLog", log.from(), log.to(), log.steps(), target);
    } else if (range instanceof ParameterRange.Whole whole) {
      target.put("scale", "integer").put("from", whole.from()).put("to", whole.to());
      target.put("steps", whole.steps());
    } else if (range instanceof ParameterRange.Choice choice) {
      ArrayNode options = target.putArray("choice");
      for (String option : choice.options()) {
        try {
          options.add(JSON.readTree(option));
        } catch (JsonProcessingException impossible) {
          throw new UncheckedIOException("a choice is JSON: " + option, impossible);
        }
      }
    }
  }

  private static void write(String scale, double from, double to, int steps, ObjectNode target) {
    target.put("scale", scale).put("from", from).put("to", to).put("steps", steps);
  }
}
