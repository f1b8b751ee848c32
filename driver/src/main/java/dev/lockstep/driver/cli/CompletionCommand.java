package dev.lockstep.driver.cli;

import dev.lockstep.trainer.error.LockstepException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lockstep completion bash}. */
@Command(
    name = "completion",
    description = "Prints a completion script: source <(lockstep completion bash)")
final class CompletionCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "SHELL",
      description = "bash; zsh reads the same script after bashcompinit.")
  private String shell;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (!shell.equals("bash")) {
      throw LockstepException.usage(
          "completion: there is a script for bash, not for '" + shell + "'.");
    }
    System.out.println(AutoComplete.bash("lockstep", spec.root().commandLine()));
    return ExitCode.DONE;
  }
}
