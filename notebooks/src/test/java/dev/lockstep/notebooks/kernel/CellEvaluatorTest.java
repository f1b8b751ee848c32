package dev.lockstep.notebooks.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cells of Java, without Jupyter. */
final class CellEvaluatorTest {
  private static CellEvaluator evaluator;

  @BeforeAll
  static void start() {
    evaluator = new CellEvaluator(System.getProperty("java.class.path"), List.of("java.util.*"));
  }

  @AfterAll
  static void stop() {
    evaluator.close();
  }

  @Test
  void theLastExpressionIsTheValue() {
    assertThat(evaluator.evaluate("int a = 6;\nint b = 7;\na * b")).contains("42");
    assertThat(evaluator.evaluate("List.of(1, 2).size()")).contains("2");
    assertThat(evaluator.evaluate("a // a comment")).contains("6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  \n",
        "// nothing",
        "int c = 3;",
        "c = 4",
        "List.of(1).size();",
        "Thread.onSpinWait()",
        "import java.time.*;",
        "record Point(int x) {}"
      })
  void whatIsNoExpressionHasNoValue(String cell) {
    evaluator.evaluate("int c = 2;");

    assertThat(evaluator.evaluate(cell)).isEmpty();
  }

  @Test
  void laterCellsSeeMethodsRecordsAndLambdas() {
    evaluator.evaluate(
        "record Pair(int left, int right) {}\nint sum(Pair p) { return p.left() + p.right(); }");

    assertThat(evaluator.evaluate("List.of(new Pair(1, 2)).stream().mapToInt(p -> sum(p)).sum()"))
        .contains("3");
  }

  @Test
  void anExceptionNamesItselfItsCauseAndThePlace() {
    CellFailure failure =
        catchThrowableOfType(
            CellFailure.class,
            () ->
                evaluator.evaluate(
                    "throw new IllegalStateException(\"outer\", new RuntimeException(\"inner\"));"));

    assertThat(failure)
        .hasMessageContaining("java.lang.IllegalStateException: outer")
        .hasMessageContaining("caused by java.lang.RuntimeException: inner");
    assertThat(failure.getStackTrace())
        .isNotEmpty()
        .noneMatch(place -> place.getClassName().startsWith("dev.lockstep.notebooks"));
  }

  @Test
  void anErrorIsAFailureToo() {
    assertThatThrownBy(() -> evaluator.evaluate("throw new AssertionError(\"0.5 is too low\");"))
        .isInstanceOf(CellFailure.class)
        .hasMessageContaining("java.lang.AssertionError: 0.5 is too low");
  }

  @Test
  void whatDoesNotCompileIsShownWithTheReason() {
    assertThatThrownBy(() -> evaluator.evaluate("int d = 1;\nint e = \"text\";\nint f = 2;"))
        .isInstanceOf(CellFailure.class)
        .hasMessageContaining("incompatible types")
        .hasMessageContaining("in: int e = \"text\";");
    assertThat(evaluator.evaluate("d")).contains("1");
    assertThatThrownBy(() -> evaluator.evaluate("f")).hasMessageContaining("cannot find symbol");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Missing m = null;", "class Child extends Missing {}", "for (;;", "new Missing()"})
  void whatIsMissingFailsAtOnce(String cell) {
    assertThatThrownBy(() -> evaluator.evaluate(cell)).isInstanceOf(CellFailure.class);
  }

  @Test
  void aCallOfWhatIsNotDefinedYetNamesIt() {
    evaluator.evaluate("int early() { return late(); }");

    assertThatThrownBy(() -> evaluator.evaluate("early()"))
        .isInstanceOf(CellFailure.class)
        .hasMessageContaining("late()");
  }
}
