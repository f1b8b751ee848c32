package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.Version;
import dev.lockstep.trainer.kernel.Blas;
import java.util.concurrent.Callable;
import org.apache.spark.package$;
import picocli.CommandLine.Command;

/** {@code lockstep version}. */
@Command(name = "version", description = "Prints the versions of Lockstep and of what it runs on.")
final class VersionCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.out.println("lockstep " + Version.LOCKSTEP);
    System.out.println("spark    " + package$.MODULE$.SPARK_VERSION());
    System.out.println("scala    " + scala.util.Properties.versionNumberString());
    System.out.println("java     " + System.getProperty("java.version"));
    System.out.println("blas     " + Blas.backendName());
    return ExitCode.DONE;
  }
}
