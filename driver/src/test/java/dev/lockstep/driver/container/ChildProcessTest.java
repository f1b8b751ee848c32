package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Scripts as children of a JVM of their own, which has nothing else to do. */
final class ChildProcessTest {
  private static final int KEPT = 55;

  private Process parent;

  /** The program of that JVM: runs its arguments and ends as they do. */
  static final class Program {
    private Program() {}

    public static void main(String[] command) throws Exception {
      System.exit(
          ChildProcess.run(
              new ProcessPlan(List.of(command), Map.of("GREETING", "good evening")),
              code -> {
                System.out.println("ended with " + code);
                return code == KEPT ? 0 : code;
              }));
    }
  }

  @AfterEach
  void endParent() {
    parent.descendants().forEach(ProcessHandle::destroyForcibly);
    parent.destroyForcibly();
  }

  @Test
  void theExitCodeAndWhatIsPrintedAreTheChilds() throws Exception {
    BufferedReader output = start("echo $GREETING; exit 5");

    assertThat(output.readLine()).isEqualTo("good evening");
    assertThat(output.readLine()).isEqualTo("ended with 5");
    assertThat(output.readLine()).isNull();
    assertThat(parent.waitFor()).isEqualTo(5);
  }

  @Test
  void aTerminationIsPassedOnAndTheChildMayTakeItsTime() throws Exception {
    BufferedReader output =
        start(
            "trap 'sleep 0.3; echo checkpoint; exit 7' TERM; echo ready; for i in $(seq 1200); do sleep 0.05; done");

    assertThat(output.readLine()).isEqualTo("ready");
    // Its handle leaves what it prints open.
    parent.toHandle().destroy();
    assertThat(output.readLine()).isEqualTo("checkpoint");
    assertThat(parent.waitFor()).isEqualTo(7);
  }

  /** The last moments of a run that has nothing left to stop. */
  @Test
  void whatATerminationMeetsIsToldAsWithoutIt() throws Exception {
    BufferedReader output =
        start("trap 'exit 55' TERM; echo ready; for i in $(seq 1200); do sleep 0.05; done");

    assertThat(output.readLine()).isEqualTo("ready");
    parent.toHandle().destroy();
    assertThat(output.readLine()).isEqualTo("ended with 55");
    assertThat(output.readLine()).isNull();
    assertThat(parent.waitFor()).isZero();
  }

  @Test
  void aChildThatIsKilledIsTold() throws Exception {
    BufferedReader output = start("echo ready; kill -9 $$");

    assertThat(output.readLine()).isEqualTo("ready");
    assertThat(parent.waitFor()).isEqualTo(128 + 9);
  }

  private BufferedReader start(String script) throws IOException {
    Path classes =
        Path.of(ChildProcess.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    Path tests =
        Path.of(
            ChildProcessTest.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx16m", "-cp", classes + ":" + tests, Program.class.getName()));
    command.addAll(List.of("bash", "-c", script));
    parent = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return parent.inputReader();
  }
}
