package dev.lockstep.driver.config;

import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.schedule.Schedule;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads a run configuration, YAML or JSON. Everything that is wrong is reported in one {@link
 * LockstepException} of kind usage: the first line names the file, each further line one key, where
 * it stands, what was found and what is allowed.
 */
public final class ConfigurationReader {
  /** Longest configuration, in bytes of a file and in characters of a text. */
  public static final int MAX_SIZE = 1 << 20;

  private static final Pattern EXTENSION = Pattern.compile("(?<=.)\\.[A-Za-z0-9]+$");
  private static final Pattern UNFIT_FOR_FOLDER =
      Pattern.compile("[/\\\\\\p{Cntrl}\\u202A-\\u202E\\u2066-\\u2069]|^\\.{1,2}$");

  private ConfigurationReader() {}

  /**
   * Reads a local file.
   *
   * @param file path or {@code file:} URI; the text of a file elsewhere goes to {@link
   *     #read(String, String, String, List, Map)}
   * @param overrides values of {@code --set}, {@code key.path=value}, applied in order
   * @param environment what <code>${NAME}</code> refers to
   */
  public static RunConfiguration read(
      String file, List<String> overrides, Map<String, String> environment) {
    Path path = localPath(file);
    Path folder = path.toAbsolutePath().normalize().getParent();
    return read(
        content(path, file),
        file,
        folder == null ? "/" : folder.toString(),
        overrides,
        environment);
  }

  /**
   * Reads a text.
   *
   * @param text YAML or JSON
   * @param sourceName the file's path or URI, for messages and for the run's default name
   * @param baseFolder folder or URI that relative paths start from; null for the current folder
   * @param overrides values of {@code --set}, {@code key.path=value}, applied in order
   * @param environment what <code>${NAME}</code> refers to
   */
  public static RunConfiguration read(
      String text,
      String sourceName,
      String baseFolder,
      List<String> overrides,
      Map<String, String> environment) {
    if (text.length() > MAX_SIZE) {
      throw tooLarge(sourceName);
    }
    Problems problems = new Problems(sourceName);
    Value root = parse(text, sourceName, problems);
    for (String override : overrides) {
      root = CommandLineSetting.apply(root, override, problems);
    }
    Reading reading =
        new Reading(
            problems,
            new Substitution(RetrainingBlock.withRunDate(root, environment)),
            new PathResolver(baseFolder));
    Secrets.learn(root, reading.substitution(), problems);
    RunConfiguration configuration = read(Block.of(reading, "", root), defaultName(sourceName));
    if (!problems.isEmpty()) {
      throw problems.toException();
    }
    return configuration;
  }

  /**
   * {@code environment}, with something for every secret that a configuration written by {@link
   * ConfigurationWriter} leaves out and that the environment does not have. With it, such a
   * configuration can be read, and written, to compare it with another; it is not fit to train by.
   */
  public static Map<String, String> standingIn(String written, Map<String, String> environment) {
    return Secrets.standingIn(written, environment);
  }

  /**
   * Reads what {@link ConfigurationWriter} has written of an earlier run: to compare it with
   * another, not to train by it, since something stands in for every secret that was left out and
   * that the environment of this process does not have.
   *
   * @param text the YAML that was written
   * @param sourceName for messages
   * @param baseFolder folder or URI that relative paths start from
   */
  public static RunConfiguration readWritten(String text, String sourceName, String baseFolder) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    // What was written has its own, even where that is none.
    environment.remove(RetrainingSettings.RUN_DATE);
    return read(text, sourceName, baseFolder, List.of(), standingIn(text, environment));
  }

  private static RunConfiguration read(Block block, String defaultName) {
    String name = name(block, defaultName);
    DataSettings data = DataBlock.read(block.block("data"));
    NetworkSettings network = NetworkBlock.read(block.block("network"));
    LossSpec loss = LossKinds.TABLE.read(block, "loss", null);
    Regularization regularization = regularization(block.block("regularization"));
    Optimizer optimizer =
        OptimizerKinds.TABLE.read(
            block, "optimizer", RunConfiguration.DEFAULT_OPTIMIZER, OptimizerKinds.DEFAULT_KIND);
    Schedule schedule =
        ScheduleKinds.TABLE.read(
            block, "schedule", RunConfiguration.DEFAULT_SCHEDULE, ScheduleKinds.DEFAULT_KIND);
    TrainingSettings training = TrainingBlock.read(block.block("training"));
    TuningSettings tuning =
        block.has("tuning") ? TuningBlock.read(block.block("tuning"), training) : null;
    RegistrySettings registry =
        block.has("registry") ? RegistryBlock.read(block.block("registry")) : null;
    RetrainingSettings retraining =
        block.has("retraining") ? RetrainingBlock.read(block.block("retraining")) : null;
    block.finish();
    if (block.reading().problems().isEmpty()) {
      NetworkBlock.requireMeeting(network, training.synchronizer(), block.reading().problems());
    }
    return new RunConfiguration(
        name,
        data,
        network,
        loss,
        regularization,
        optimizer,
        schedule,
        training,
        tuning,
        registry,
        retraining);
  }

  private static String name(Block block, String defaultName) {
    String expected = "a name fit for a folder, without slashes";
    String name = block.text("name", expected, defaultName);
    if (name != null && UNFIT_FOR_FOLDER.matcher(name).find()) {
      block.reading().wrong("name", block.find("name"), expected);
    }
    return name;
  }

  private static Regularization regularization(Block block) {
    Regularization otherwise = RunConfiguration.DEFAULT_REGULARIZATION;
    double l1 = block.number("l1", NumberRange.NOT_NEGATIVE, otherwise.l1());
    double l2 = block.number("l2", NumberRange.NOT_NEGATIVE, otherwise.l2());
    block.finish();
    return new Regularization(l1, l2);
  }

  private static Value parse(String text, String sourceName, Problems problems) {
    String withoutMark = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try {
      Value root = ValueParser.parse(withoutMark, line -> "line " + line, "", problems);
      if (Value.isNothing(root)) {
        throw LockstepException.usage(
            sourceName + " is empty; it must be a YAML or JSON run configuration");
      }
      return root;
    } catch (ValueParser.SyntaxException malformed) {
      String message = sourceName + " cannot be read as YAML or JSON, " + malformed.getMessage();
      throw new LockstepException(ErrorKind.USAGE, message, malformed);
    }
  }

  /** The file's name without folder and extension. */
  private static String defaultName(String sourceName) {
    String file =
        sourceName.substring(
            Math.max(sourceName.lastIndexOf('/'), sourceName.lastIndexOf('\\')) + 1);
    String name = EXTENSION.matcher(file).replaceFirst("");
    return name.isBlank() ? "run" : name;
  }

  private static Path localPath(String file) {
    try {
      if (!PathResolver.hasScheme(file)) {
        return Path.of(file);
      }
      if (file.toLowerCase(Locale.ROOT).startsWith("file:")) {
        return Path.of(URI.create(file).getPath());
      }
    } catch (IllegalArgumentException noPath) {
      throw new LockstepException(
          ErrorKind.USAGE, "configuration " + file + " is not a usable path", noPath);
    }
    throw LockstepException.usage("configuration " + file + " is not a local file");
  }

  private static String content(Path path, String file) {
    if (Files.isDirectory(path)) {
      throw LockstepException.usage(
          "configuration " + file + " is a folder; it must be a YAML or JSON file");
    }
    try (InputStream stream = Files.newInputStream(path)) {
      byte[] bytes = stream.readNBytes(MAX_SIZE + 1);
      if (bytes.length > MAX_SIZE) {
        throw tooLarge(file);
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException missing) {
      throw cannotRead(file, "there is no such file", missing);
    } catch (CharacterCodingException notText) {
      throw cannotRead(file, "it is not UTF-8 text", notText);
    } catch (IOException unreadable) {
      throw cannotRead(file, unreadable.toString(), unreadable);
    }
  }

  private static LockstepException cannotRead(String file, String reason, IOException cause) {
    String message = "cannot read configuration " + file + ": " + reason;
    return new LockstepException(ErrorKind.USAGE, message, cause);
  }

  private static LockstepException tooLarge(String sourceName) {
    return LockstepException.usage(
        "configuration " + sourceName + " is larger than 1 MiB; is it the right file?");
  }
}
