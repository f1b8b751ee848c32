package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.OnnxFile;
import dev.lockstep.trainer.model.ModelArtifact;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lockstep export}. */
@Command(
    name = "export",
    description = "Writes a saved model as an ONNX file: raw features in, answers out.")
final class ExportCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description = "Run folder, its model folder, a registry or a version in it.")
  private String model;

  @Option(
      names = "--onnx",
      required = true,
      paramLabel = "FILE",
      description = "File to write, a path or any Hadoop URI; replaced where it exists.")
  private String onnx;

  @Mixin private FileSystemOptions files;

  @Override
  public Integer call() {
    Configuration hadoop = files.hadoop();
    ModelArtifact artifact = ModelLocation.read(model, hadoop);
    System.out.println(OnnxFile.write(artifact, onnx, hadoop));
    return ExitCode.DONE;
  }
}
