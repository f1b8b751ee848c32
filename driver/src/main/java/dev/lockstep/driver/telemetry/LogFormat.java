package dev.lockstep.driver.telemetry;

import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;

/** How the program's messages, events and errors are written to stderr. */
public enum LogFormat {
  /** Sentences for people, and events as words of the form {@code key=value}. */
  text,
  /** One JSON object a line. */
  json;

  /** The option of the command line. */
  public static final String OPTION = "--log-format";

  /** The variable of the environment that counts where there is no option. */
  public static final String VARIABLE = "LOCKSTEP_LOG_FORMAT";

  /** The Spark setting that hands the variable on to executors, whose containers look at it. */
  public static final String OF_EXECUTORS = "spark.executorEnv." + VARIABLE;

  /**
   * The one that a command line asks for, before the command line is understood. Values that are
   * none stand for {@link #text}: see {@link #requireValid}.
   */
  public static LogFormat asked(List<String> arguments, Map<String, String> environment) {
    String asked = environment.getOrDefault(VARIABLE, "");
    for (int i = 0; i < arguments.size() && !arguments.get(i).equals("--"); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(OPTION + "=")) {
        asked = argument.substring(OPTION.length() + 1);
      } else if (argument.equals(OPTION) && i + 1 < arguments.size()) {
        asked = arguments.get(i + 1);
      }
    }
    return asked.equals(json.name()) ? json : text;
  }

  /**
   * Refuses a variable that is neither.
   *
   * @throws LockstepException of kind usage
   */
  public static void requireValid(Map<String, String> environment) {
    String value = environment.getOrDefault(VARIABLE, "");
    if (!value.isEmpty() && !value.equals(text.name()) && !value.equals(json.name())) {
      throw LockstepException.usage(
          VARIABLE
              + ": '"
              + value
              + "' is no format of logs. Set it to text or json, or unset it.");
    }
  }
}
