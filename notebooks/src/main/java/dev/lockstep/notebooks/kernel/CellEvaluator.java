package dev.lockstep.notebooks.kernel;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.execution.LocalExecutionControlProvider;

/**
 * Evaluates cells of Java, statement by statement, in this JVM. What a cell declares, later cells
 * see. Everything before a statement that fails has happened.
 */
public final class CellEvaluator implements AutoCloseable {
  private final JShell shell;
  private final SourceCodeAnalysis analysis;
  private volatile boolean stopped;

  /**
   * An evaluator that knows nothing yet.
   *
   * @param classPath what cells can import, as {@code java.class.path} has it
   * @param imports imports that hold in every cell, without the keyword, such as {@code
   *     java.util.*} or {@code static java.lang.Math.*}
   */
  public CellEvaluator(String classPath, List<String> imports) {
    shell = JShell.builder().executionEngine(new LocalExecutionControlProvider(), Map.of()).build();
    shell.addToClasspath(classPath);
    analysis = shell.sourceCodeAnalysis();
    for (String name : imports) {
      evaluate("import " + name + ";");
    }
  }

  /** How JShell completes and explains code. */
  SourceCodeAnalysis analysis() {
    return analysis;
  }

  /**
   * Evaluates a cell.
   *
   * @return the value of its last statement, as JShell writes it, where that is an expression
   *     without a semicolon behind it
   * @throws CellFailure where the cell does not compile or throws
   */
  public Optional<String> evaluate(String cell) {
    stopped = false;
    String value = null;
    String rest = cell;
    while (!rest.isBlank()) {
      CompletionInfo next = analysis.analyzeCompletion(rest);
      if (next.completeness() == Completeness.EMPTY) {
        break;
      }
      boolean whole = next.source() == null || next.completeness() == Completeness.UNKNOWN;
      String statement = whole ? rest : next.source();
      rest = whole ? "" : next.remaining();
      String result = evaluateStatement(statement);
      value = statement.stripTrailing().endsWith(";") ? null : result;
    }
    return Optional.ofNullable(value);
  }

  /** Ends the statement that is running, from another thread; the cell fails. */
  void stop() {
    stopped = true;
    shell.stop();
  }

  /** Forgets everything. */
  @Override
  public void close() {
    shell.close();
  }

  /** The value of a statement, or null where it has none to show. */
  private String evaluateStatement(String statement) {
    String value = null;
    for (SnippetEvent event : shell.eval(statement)) {
      if (event.exception() != null) {
        throw thrown(event.exception());
      }
      if (event.causeSnippet() == null) {
        if (event.status() == Status.REJECTED || event.status() == Status.RECOVERABLE_NOT_DEFINED) {
          throw rejected(statement, event.snippet());
        }
        value = isExpression(event.snippet()) ? event.value() : null;
      }
    }
    if (stopped) {
      throw new CellFailure("interrupted");
    }
    return value == null || value.isEmpty() ? null : value;
  }

  /** JShell keeps the value of a call in a variable of its own making, so that is one too. */
  private static boolean isExpression(Snippet snippet) {
    return snippet.subKind() == SubKind.TEMP_VAR_EXPRESSION_SUBKIND
        || (snippet instanceof ExpressionSnippet
            && snippet.subKind() != SubKind.ASSIGNMENT_SUBKIND);
  }

  private CellFailure rejected(String statement, Snippet snippet) {
    String reasons =
        shell
            .diagnostics(snippet)
            .filter(Diag::isError)
            .map(problem -> problem.getMessage(Locale.ROOT))
            .collect(Collectors.joining("\n"));
    if (reasons.isEmpty()) {
      reasons = "the statement needs something that is not defined";
    }
    return new CellFailure(reasons + "\nin: " + statement.strip());
  }

  private CellFailure thrown(JShellException exception) {
    if (exception instanceof UnresolvedReferenceException unresolved) {
      String names =
          shell.unresolvedDependencies(unresolved.getSnippet()).collect(Collectors.joining(", "));
      return new CellFailure("not defined yet: " + names, exception);
    }
    return new CellFailure(describe(exception), exception);
  }

  /** Name and message of what was thrown, and of what caused it. */
  private static String describe(Throwable thrown) {
    String name =
        thrown instanceof EvalException evaluation
            ? evaluation.getExceptionClassName()
            : thrown.getClass().getName();
    String text = thrown.getMessage() == null ? name : name + ": " + thrown.getMessage();
    Throwable cause = thrown.getCause();
    return cause == null ? text : text + "\ncaused by " + describe(cause);
  }
}
