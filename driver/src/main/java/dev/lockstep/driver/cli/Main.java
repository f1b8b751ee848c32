package dev.lockstep.driver.cli;

import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.driver.telemetry.JsonOutput;
import dev.lockstep.driver.telemetry.LogFormat;
import dev.lockstep.driver.telemetry.Shutdown;
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
      RetrainCommand.class,
      RegistryCommand.class,
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
        "%nExit codes: 0 done, 1 unexpected failure, 2 usage or configuration, 3 data, 4 training diverged, 5 the champion stays, 6 gradient check failed, 130 and 143 interrupted.")
public final class Main implements Runnable {
  /** An environment variable that is set where only what is printed outlives the program. */
  public static final String CONTAINER = "LOCKSTEP_CONTAINER";

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

  /** Why the command failed, as far as it was said. */
  private String told;

  /** Runs a command and ends the JVM with its exit code, or has YARN's application end with it. */
  public static void main(String[] arguments) {
    Main program = new Main();
    int code = program.runGuarded(arguments);
    if (!isInApplicationMaster(System.getProperties())) {
      System.exit(code);
    }
    tellApplicationMaster(code, program.told);
  }

  /**
   * Returns where YARN is to see an application that succeeded. That a champion stays is one: YARN
   * would decide again what is decided, and the decision lies in the run folder.
   *
   * @param told why the command failed; null where nothing was said
   * @throws FailedCommand for every other ending
   */
  static void tellApplicationMaster(int code, String told) {
    if (code != ExitCode.DONE && code != ExitCode.KEPT) {
      throw new FailedCommand(code, told);
    }
  }

  /**
   * Whether this JVM belongs to Spark's application master, as in YARN's cluster mode. That one
   * takes any end of the JVM for a failure of which it knows nothing; when {@code main} returns,
   * all is well, and what {@code main} throws becomes what YARN tells about the application.
   *
   * @param properties of the system, into which Spark puts its settings
   */
  static boolean isInApplicationMaster(Properties properties) {
    return properties.getProperty("spark.master", "").startsWith("yarn")
        && properties.getProperty("spark.submit.deployMode", "").equals("cluster");
  }

  /**
   * Runs a command and returns its exit code. Whatever is printed meanwhile, by whomever, passes
   * without secrets and control characters.
   */
  static int run(String... arguments) {
    return new Main().runGuarded(arguments);
  }

  private int runGuarded(String... arguments) {
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
      if (code != ExitCode.DONE
          && !Shutdown.isUnderWay()
          && System.err instanceof JsonOutput lines) {
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

  private int perform(String... arguments) {
    try {
      Redaction.ofProcess().learnArguments(List.of(arguments));
      LogFormat.requireValid(System.getenv());
    } catch (LockstepException malformed) {
      return report(malformed);
    }
    CommandLine line = new CommandLine(this);
    // Help is no data: it may be in color.
    line.setOut(
        new PrintWriter(
            new OutputStreamWriter(GuardedOutput.forDrawing(System.out), StandardCharsets.UTF_8),
            true));
    offerHelp(line);
    line.setParameterExceptionHandler(usageErrors());
    line.setExecutionExceptionHandler((failure, command, parsed) -> report(failure));
    try {
      return line.execute(arguments);
    } catch (Error failure) {
      return report(failure);
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

  private IParameterExceptionHandler usageErrors() {
    return (failure, arguments) -> {
      CommandLine line = failure.getCommandLine();
      StringWriter text = new StringWriter();
      PrintWriter paragraph = new PrintWriter(text);
      paragraph.println(sentence(failure));
      UnmatchedArgumentException.printSuggestions(failure, paragraph);
      paragraph.print("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
      int code = end(ExitCode.USAGE, text.toString());
      told = sentence(failure);
      return code;
    };
  }

  /** Says why the program ends with this code, and returns it. */
  private int end(int code, String sentence) {
    told = sentence;
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
    if (Shutdown.isUnderWay()) {
      // Ctrl-C or a termination: Spark stops under the command's feet, which is no failure. The JVM
      // ends with 130 or 143 by itself, whatever code this returns; so none is told.
      told = "interrupted.";
      System.err.println("lockstep: " + told);
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
    if (verbose || isInContainer()) {
      // What a container prints is kept, its temporary files are not.
      printTrace(failure);
    } else {
      System.err.println(keepTrace(failure));
    }
    return code;
  }

  private static boolean isInContainer() {
    return System.getenv(CONTAINER) != null || isInApplicationMaster(System.getProperties());
  }

  private static void printTrace(Throwable failure) {
    System.err.println(traceOf(failure).stripTrailing());
  }

  private static String traceOf(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return trace.toString();
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
