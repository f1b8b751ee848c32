package dev.lockstep.driver.container;

import dev.lockstep.driver.telemetry.LogFormat;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The image's entry point. By its first argument a container becomes
 *
 * <pre>
 *   driver ...    a driver that Spark sent here (cluster mode); the rest is for spark-submit
 *   executor      an executor; everything else is in the environment
 *   anything else a command of Lockstep, such as train or retrain, with the driver in this container
 * </pre>
 *
 * <p>Whatever it is runs in a JVM of its own, with exactly the heap and the options that Spark asks
 * for, and this one waits for its end: it passes terminations on and ends with the same exit code.
 */
public final class EntryPoint {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  /** Exit codes, separated by blanks, that Kubernetes is to take for success. */
  private static final String SUCCESS = "LOCKSTEP_SUCCESS_CODES";

  private EntryPoint() {}

  /** Runs what the arguments ask for and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.getenv()));
  }

  private static int run(List<String> arguments, Map<String, String> environment) {
    Notices notices = new Notices(isJson(arguments, environment));
    try {
      String success = environment.getOrDefault(SUCCESS, "");
      return ChildProcess.run(plan(arguments, environment), code -> told(code, success, notices));
    } catch (ContainerException unable) {
      System.err.println(notices.exit(USAGE, unable.getMessage(), Instant.now()));
      return USAGE;
    } catch (IOException failure) {
      String sentence = "the process could not be started: " + failure.getMessage();
      System.err.println(notices.exit(FAILED, sentence, Instant.now()));
      return FAILED;
    } catch (InterruptedException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** What Kubernetes is told of a driver's or an executor's end. */
  private static int told(int code, String success, Notices notices) {
    if (code == 0 || !isSuccess(code, success)) {
      return code;
    }
    String sentence = "exit code " + code + " is told as 0, since " + SUCCESS + " has it.";
    System.err.println(notices.message(sentence, Instant.now()));
    return 0;
  }

  private static ProcessPlan plan(List<String> arguments, Map<String, String> environment)
      throws ContainerException, IOException, InterruptedException {
    if (arguments.isEmpty()) {
      throw new ContainerException(
          "a command is needed, such as train CONFIG; --help lists all of them.");
    }
    Image image = Image.around(environment);
    List<String> rest = arguments.subList(1, arguments.size());
    return switch (arguments.get(0)) {
      case "executor" ->
          withLog(image, ExecutorPlan.of(image, environment), isJson(List.of(), environment));
      case "driver" -> driver(image, DriverPlan.sentBySpark(rest, environment), environment);
      default -> planOfCommand(image, arguments, environment);
    };
  }

  private static ProcessPlan planOfCommand(
      Image image, List<String> arguments, Map<String, String> environment)
      throws ContainerException, IOException, InterruptedException {
    Map<String, String> day = RunDate.of(environment, Instant.now(), ZoneId.systemDefault());
    String date = day.getOrDefault(RunDate.VARIABLE, environment.get(RunDate.VARIABLE));
    List<String> command = new ArrayList<>();
    for (String argument : arguments) {
      command.add(RunDate.expand(argument, date));
    }
    ProcessPlan driver =
        driver(image, DriverPlan.command(image, command, environment), environment);
    Map<String, String> variables = new LinkedHashMap<>(driver.environment());
    variables.putAll(day);
    return new ProcessPlan(driver.command(), variables);
  }

  private static ProcessPlan driver(
      Image image, List<String> submit, Map<String, String> environment)
      throws ContainerException, IOException, InterruptedException {
    return withLog(image, DriverPlan.of(image, submit), isJson(submit, environment));
  }

  private static ProcessPlan withLog(Image image, ProcessPlan plan, boolean json) {
    return json ? plan.withJsonLog(image) : plan;
  }

  /** Whether all that the container writes to stderr is to be JSON. */
  private static boolean isJson(List<String> arguments, Map<String, String> environment) {
    return LogFormat.asked(arguments, environment) == LogFormat.json;
  }

  /** Whether a list such as {@code "5"} or {@code "4 5"} has this code. */
  static boolean isSuccess(int code, String codes) {
    return List.of(codes.strip().split(" +")).contains(Integer.toString(code));
  }
}
