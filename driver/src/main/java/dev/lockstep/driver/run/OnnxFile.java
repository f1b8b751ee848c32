package dev.lockstep.driver.run;

import dev.lockstep.driver.export.OnnxModel;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A model as an ONNX file of its own, wherever the user wants it. */
public final class OnnxFile {
  private OnnxFile() {}

  /**
   * Writes {@code model} to the file at {@code location}, a path or URI; one that exists is
   * replaced. The folder around it is created where it is missing.
   *
   * @return how to call the file: a plain path where it is on this machine
   */
  public static String write(ModelArtifact model, String location, Configuration hadoop) {
    Path path = path(location);
    if (path.getName().isEmpty()) {
      throw LockstepException.usage("--onnx: '" + location + "' is a folder; name a file.");
    }
    String around = path.getParent() == null ? "" : path.getParent().toString();
    RunFolder folder = RunFolder.at(around.isEmpty() ? Path.CUR_DIR : around, hadoop);
    String file = folder.name() + "/" + path.getName();
    if (folder.hasFolder(path.getName())) {
      throw LockstepException.usage("--onnx: " + file + " is a folder; name a file.");
    }
    folder.create();
    folder.write(path.getName(), output -> OnnxModel.write(model, Version.LOCKSTEP, output));
    return file;
  }

  private static Path path(String location) {
    try {
      return new Path(location);
    } catch (IllegalArgumentException malformed) {
      throw LockstepException.usage(
          "--onnx: '" + location + "' is no path: " + malformed.getMessage() + ".");
    }
  }
}
