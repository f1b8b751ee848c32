package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the stack trace of a failure goes that nobody foresaw. */
final class FailureTraceTest {
  private static final Pattern KEPT = Pattern.compile("The stack trace is in ([^;]+); --verbose");
  private static final String TRACE = "\n\tat org.apache.spark.";

  @TempDir private Path folder;

  @Test
  void isKeptInAFile() throws Exception {
    String printed = fail(List.of());

    Matcher kept = KEPT.matcher(printed);
    assertThat(kept.find()).as(printed).isTrue();
    Path file = Path.of(kept.group(1));
    assertThat(file).content().contains(TRACE);
    Files.delete(file);
    assertThat(ofTheProgram(printed)).doesNotContain(TRACE);
  }

  @Test
  void isPrintedInAContainerWhoseFilesEndWithIt() throws Exception {
    String printed = fail(List.of("env", Main.CONTAINER + "=true"));

    assertThat(ofTheProgram(printed)).contains(TRACE);
    assertThat(printed).doesNotContain("The stack trace is in");
  }

  /** Without what Spark prints of it. */
  private static String ofTheProgram(String printed) {
    return printed.substring(printed.indexOf("lockstep: unexpected failure: "));
  }

  private String fail(List<String> prefix) throws Exception {
    Path log = folder.resolve("log.txt");
    Process process =
        OwnProcess.start(
            log,
            prefix,
            "train",
            Path.of("../deploy/conf/digits.yaml").toString(),
            "--output",
            folder.resolve("run").toString(),
            "--master",
            "local[1]",
            "--conf",
            "spark.serializer=no.such.Serializer");
    assertThat(OwnProcess.exitCode(process)).isEqualTo(1);
    return Files.readString(log);
  }
}
