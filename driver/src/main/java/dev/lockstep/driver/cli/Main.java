package dev.lockstep.driver.cli;

import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.driver.telemetry.JsonOutput;
import dev.lockstep.driver.telemetry.LogFormat;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.slf4j.event.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code lockstep}: finds the command, and turns its outcome into an exit code and one
 * plain paragraph on stderr.
 */
@Command(
    name = "lockstep",
    description = "Trains neural networks on Apache Spark: the same bits on any cluster.",
    subcommands = {
      TrainCommand.class,
      TuneCommand.class,
      LearningRateCommand.class,
      GradcheckCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      ExportCommand.class,
      ReportCommand.class,
      BenchCommand.class,
      DatasetsCommand.class,
      CompletionCommand.class,
      VersionCommand.class,
      HelpCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footer =
        "%nExit codes: 0 done, 1 unexpected failure, 2 usage or configuration, 3 data, 4 training diverged, 6 gradient check failed, 130 and 143 interrupted.")
public final class Main implements Runnable {
  @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Stack traces with errors.")
  private boolean verbose;

  /** For help and checks: {@link LogFormat#asked} needs it before the command line is parsed. */
  @SuppressWarnings("UnusedVariable")
  @Option(
      names = LogFormat.OPTION,
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = {
        "How messages, events and errors are written to stderr: ${COMPLETION-CANDIDATES}",
        "(default: the environment's " + LogFormat.VARIABLE + ", else text)."
      })
  private LogFormat logFormat;

  @Spec private CommandSpec spec;

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    int code = run(arguments);
    if (mustEndTheJvm(code, System.getProperties())) {
      System.exit(code);
    }
  }

  /**
   * Whether the exit code must be told by ending the JVM. In YARN's cluster mode the JVM belongs to
   * Spark's application master, which takes any such end for a failure and starts the application
   * again; all is well there when {@code main} returns.
   *
   * @param properties of the system, into which Spark puts its settings
   */
  static boolean mustEndTheJvm(int code, Properties properties) {
    boolean inApplicationMaster =
        properties.getProperty("spark.master", "").startsWith("yarn")
            && properties.getProperty("spark.submit.deployMode", "").equals("cluster");
    return code != ExitCode.DONE || !inApplicationMaster;
  }

  /**
   * Runs a command and returns its exit code. Whatever is printed meanwhile, by whomever, passes
   * without secrets and control characters.
   */
  static int run(String... arguments) {
    PrintStream stdout = System.out;
    PrintStream stderr = System.err;
    Redaction secrets = Redaction.ofProcess();
    secrets.learnEnvironment(System.getenv());
    System.setOut(GuardedOutput.before(stdout, secrets));
    boolean json = LogFormat.asked(List.of(arguments), System.getenv()) == LogFormat.json;
    System.setErr(
        json ? JsonOutput.before(stderr, secrets) : GuardedOutput.before(stderr, secrets));
    try {
      int code = perform(arguments);
      if (code != ExitCode.DONE && System.err instanceof JsonOutput lines) {
        lines.tellExit(Level.WARN, code, "Ended with exit code " + code + ".");
      }
      return code;
    } finally {
      System.out.flush();
      System.err.flush();
      System.setOut(stdout);
      System.setErr(stderr);
    }
  }

  private static int perform(String... arguments) {
    Main main = new Main();
    try {
      Redaction.ofProcess().learnArguments(List.of(arguments));
      LogFormat.requireValid(System.getenv());
    } catch (LockstepException malformed) {
      return main.report(malformed);
    }
    CommandLine line = new CommandLine(main);
    // Help is no data: it may be in color.
    line.setOut(
        new PrintWriter(
            new OutputStreamWriter(GuardedOutput.forDrawing(System.out), StandardCharsets.UTF_8),
            true));
    offerHelp(line);
    line.setParameterExceptionHandler(usageErrors());
    line.setExecutionExceptionHandler((failure, command, parsed) -> main.report(failure));
    try {
      return line.execute(arguments);
    } catch (Error failure) {
      return main.report(failure);
    }
  }

  /** {@code --help} for every command; {@code help COMMAND} has its own. */
  private static void offerHelp(CommandLine line) {
    if (!(line.getCommand() instanceof HelpCommand)) {
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder("-h", "--help")
                  .usageHelp(true)
                  .type(boolean.class)
                  .description("Shows this help.")
                  .build());
    }
    line.getSubcommands().values().forEach(Main::offerHelp);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is needed.");
  }

  private static IParameterExceptionHandler usageErrors() {
    return (failure, arguments) -> {
      CommandLine line = failure.getCommandLine();
      StringWriter text = new StringWriter();
      PrintWriter paragraph = new PrintWriter(text);
      paragraph.println(sentence(failure));
      UnmatchedArgumentException.printSuggestions(failure, paragraph);
      paragraph.print("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
      return end(ExitCode.USAGE, text.toString());
    };
  }

  /** Says why the program ends with this code, and returns it. */
  private static int end(int code, String sentence) {
    if (System.err instanceof JsonOutput lines) {
      lines.tellExit(Level.ERROR, code, sentence);
    } else {
      System.err.println("lockstep: " + sentence);
    }
    return code;
  }

  private static String sentence(ParameterException failure) {
    boolean atTheStart = failure.getCommandLine().getParent() == null;
    if (atTheStart
        && failure instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()) {
      return "'" + unmatched.getUnmatched().get(0) + "' is not a command.";
    }
    return failure.getMessage();
  }

  private int report(Throwable failure) {
    if (isShuttingDown()) {
      // Ctrl-C or a termination: Spark stops under the command's feet, which is no failure. The JVM
      // ends with 130 or 143 by itself.
      System.err.println("lockstep: interrupted.");
      return ExitCode.FAILED;
    }
    LockstepException known = LockstepException.in(failure).orElse(null);
    if (known != null && known.kind() != ErrorKind.INTERNAL) {
      int code = end(ExitCode.of(known.kind()), known.getMessage());
      if (verbose) {
        printTrace(failure);
      }
      return code;
    }
    String sentence = known != null ? known.getMessage() : firstLine(failure);
    int code = end(ExitCode.FAILED, "unexpected failure: " + sentence);
    if (verbose) {
      printTrace(failure);
    } else {
      System.err.println(keepTrace(failure));
    }
    return code;
  }

  private static void printTrace(Throwable failure) {
    System.err.println(traceOf(failure).stripTrailing());
  }

  private static String traceOf(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }

  private static boolean isShuttingDown() {
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException inProgress) {
      return true;
    }
  }

  private static String firstLine(Throwable failure) {
    String text = String.valueOf(failure.getMessage()).strip();
    int end = text.indexOf('\n');
    return failure.getClass().getSimpleName() + ": " + (end < 0 ? text : text.substring(0, end));
  }

  private static String keepTrace(Throwable failure) {
    try {
      Path log = Files.createTempFile("lockstep-failure-", ".log");
      String safe = Redaction.ofProcess().inMessage(traceOf(failure));
      Files.writeString(log, safe, StandardCharsets.UTF_8);
      return "The stack trace is in " + log + "; --verbose prints it.";
    } catch (IOException unwritable) {
      return "Run again with --verbose for the stack trace.";
    }
  }
}
