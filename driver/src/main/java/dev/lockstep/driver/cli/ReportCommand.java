package dev.lockstep.driver.cli;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.HtmlReport;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code lockstep report}. */
@Command(name = "report", description = "Rebuilds report.html from a run folder.")
final class ReportCommand implements Callable<Integer> {
  private static final int MAX_TEXT_BYTES = 64 << 20;
  private static final String REPORT = "report.html";

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private String run;

  @Mixin private FileSystemOptions files;

  @Override
  public Integer call() throws IOException {
    RunFolder folder = RunFolder.at(run, files.hadoop());
    if (!folder.has(RunFolder.SUMMARY)) {
      throw LockstepException.usage(
          folder.name() + " is no finished run: it has no " + RunFolder.SUMMARY + ".");
    }
    RunSummary summary = RunSummary.fromJson(folder.readText(RunFolder.SUMMARY, MAX_TEXT_BYTES));
    String configuration = folder.readText("config.yaml", MAX_TEXT_BYTES);
    try (InputStream metrics = folder.open("metrics.jsonl")) {
      folder.writeText(REPORT, HtmlReport.render(summary, MetricsLog.read(metrics), configuration));
    }
    System.out.println(folder.name() + "/" + REPORT);
    return ExitCode.DONE;
  }
}
