package dev.lockstep.driver.folder;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A class of the tests that is run by a small JVM of its own. */
public final class JavaProgram {
  private JavaProgram() {}

  /** What starts it; what it writes to stderr is shown. */
  public static ProcessBuilder of(Class<?> program, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }
}
