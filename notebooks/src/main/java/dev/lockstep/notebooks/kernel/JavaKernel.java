package dev.lockstep.notebooks.kernel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import jdk.jshell.SourceCodeAnalysis.Documentation;
import jdk.jshell.SourceCodeAnalysis.Suggestion;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.LanguageInfo;
import org.dflib.jjava.jupyter.kernel.ReplacementOptions;
import org.dflib.jjava.jupyter.kernel.comm.CommManager;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.magic.MagicsRegistry;
import org.dflib.jjava.jupyter.kernel.util.StringStyler;

/**
 * Answers Jupyter's requests with a {@link CellEvaluator}. The protocol, and the way of stdout and
 * stderr into the notebook, are the base class's.
 */
final class JavaKernel extends BaseKernel {
  private static final String VERSION = "1.0";
  private static final int MAX_TRACE = 20;

  private final CellEvaluator evaluator;

  /** A kernel over an evaluator, which {@link #onShutdown} closes. */
  JavaKernel(CellEvaluator evaluator) {
    super(
        "lockstep-java",
        VERSION,
        new LanguageInfo.Builder("java")
            .version(String.valueOf(Runtime.version().feature()))
            .mimetype("text/x-java-source")
            .fileExtension(".jshell")
            .pygments("java")
            .codemirror("text/x-java")
            .build(),
        List.of(),
        null,
        new JupyterIO(StandardCharsets.UTF_8),
        new CommManager(),
        new Renderer(),
        null,
        new MagicsRegistry(),
        false,
        new StringStyler.Builder().build());
    this.evaluator = evaluator;
  }

  @Override
  public Object evalRaw(String source) {
    return evaluator.evaluate(source).orElse(null);
  }

  @Override
  public DisplayData eval(String source) {
    return evaluator.evaluate(source).map(DisplayData::new).orElse(null);
  }

  @Override
  public DisplayData inspect(String code, int position, boolean extraDetail) {
    String signatures =
        evaluator.analysis().documentation(code, position, false).stream()
            .map(Documentation::signature)
            .collect(Collectors.joining("\n"));
    return signatures.isEmpty() ? null : new DisplayData(signatures);
  }

  @Override
  public ReplacementOptions complete(String code, int position) {
    int[] anchor = new int[1];
    List<String> continuations =
        evaluator.analysis().completionSuggestions(code, position, anchor).stream()
            .map(Suggestion::continuation)
            .distinct()
            .toList();
    return new ReplacementOptions(continuations, anchor[0], position);
  }

  @Override
  public String isComplete(String code) {
    return switch (evaluator.analysis().analyzeCompletion(code).completeness()) {
      case COMPLETE, COMPLETE_WITH_SEMI, EMPTY -> IS_COMPLETE_YES;
      case DEFINITELY_INCOMPLETE, CONSIDERED_INCOMPLETE -> "  ";
      case UNKNOWN -> IS_COMPLETE_BAD;
    };
  }

  /** The message and where it came from, plainly. */
  @Override
  public List<String> formatError(Throwable failure) {
    List<String> lines = new ArrayList<>(String.valueOf(failure.getMessage()).lines().toList());
    StackTraceElement[] trace = failure.getStackTrace();
    for (int i = 0; i < Math.min(trace.length, MAX_TRACE); i++) {
      lines.add("    at " + trace[i]);
    }
    return lines;
  }

  @Override
  public void interrupt() {
    evaluator.stop();
  }

  @Override
  public void onShutdown(boolean isRestarting) {
    super.onShutdown(isRestarting);
    evaluator.close();
  }
}
