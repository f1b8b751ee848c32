package dev.lockstep.driver.run;

import dev.lockstep.driver.config.ModelDescription;
import dev.lockstep.driver.export.OnnxModel;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A model on disk: {@code model.json} (network and loss), {@code model.safetensors} (weights in
 * PyTorch's names and layouts) and {@code preprocessing.json}; beside them, for other programs and
 * never read here, {@code model.onnx} with all of it in one.
 */
public final class ModelFolder {
  /** Its name in the folder of a run. */
  public static final String NAME = "model";

  private static final String MODEL = "model.json";

  /** The file of the weights. */
  public static final String WEIGHTS = "model.safetensors";

  private static final String PREPROCESSING = "preprocessing.json";
  private static final String ONNX = "model.onnx";

  /** The files without which a folder holds no model. */
  public static final List<String> REQUIRED = List.of(MODEL, WEIGHTS, PREPROCESSING);

  /** All files of a model folder; not every model has every one. */
  public static final List<String> FILES = List.of(MODEL, WEIGHTS, PREPROCESSING, ONNX);

  private static final int MAX_MODEL_BYTES = 16 << 20;
  private static final int MAX_JSON_BYTES = 64 << 20;

  private ModelFolder() {}

  /**
   * Writes a model into {@code folder}, the weights first and {@code model.json} last. A model that
   * is too large for an ONNX file goes without.
   */
  public static void write(ModelArtifact model, RunFolder folder) {
    folder.create();
    List<Tensor> tensors =
        ModelTensors.of(model.network().layout(), model.parameters(), model.batchesTracked());
    folder.write(WEIGHTS, output -> SafeTensors.write(tensors, output));
    // Its texts are the data's own, and without one of them the model would be another.
    folder.writeAsIs(PREPROCESSING, PreprocessingJson.write(model.preprocessing()));
    if (OnnxModel.obstacle(model).isEmpty()) {
      folder.write(ONNX, output -> OnnxModel.write(model, Version.LOCKSTEP, output));
    }
    ModelDescription description =
        new ModelDescription(model.network().inputShape(), model.network().specs(), model.loss());
    // Kinds, sizes and rates: no text of anybody's that could be a secret.
    folder.writeAsIs(MODEL, description.toJson(Version.LOCKSTEP));
  }

  /** Reads a model from its own folder or from the run folder around it. */
  public static ModelArtifact read(RunFolder given) {
    RunFolder folder = given.has(MODEL) ? given : given.folder(NAME);
    if (!folder.has(MODEL)) {
      throw LockstepException.usage(
          "There is no model in "
              + given.name()
              + ": neither "
              + MODEL
              + " nor model/"
              + MODEL
              + " exists. Give a run folder or its model folder.");
    }
    ModelDescription description =
        ModelDescription.fromJson(
            folder.readText(MODEL, MAX_MODEL_BYTES), folder.name() + "/" + MODEL);
    Network network = network(description, folder);
    Preprocessing preprocessing =
        PreprocessingJson.read(
            folder.readText(PREPROCESSING, MAX_JSON_BYTES), folder.name() + "/" + PREPROCESSING);
    if (preprocessing.featureCount() != network.inputShape().size()) {
      throw broken(
          folder,
          PREPROCESSING,
          "it has "
              + preprocessing.featureCount()
              + " features, the network takes "
              + network.inputShape().size());
    }
    requireRoom(folder, network);
    ParameterVector parameters = new ParameterVector(new float[network.layout().length()]);
    long[] batches = readWeights(folder, WEIGHTS, network, parameters);
    ModelArtifact model =
        new ModelArtifact(network, description.loss(), parameters, batches, preprocessing);
    if (model.boundLoss().outputs() != network.outputs()) {
      throw broken(
          folder,
          PREPROCESSING,
          "it has "
              + preprocessing.classLabels().size()
              + " classes, the network "
              + network.outputs()
              + " outputs");
    }
    return model;
  }

  /** The network that a description promises; one that cannot be is a fault of the file. */
  private static Network network(ModelDescription description, RunFolder folder) {
    try {
      return new Network(description.layers(), description.inputShape());
    } catch (LockstepException | IllegalArgumentException impossible) {
      throw broken(folder, MODEL, impossible.getMessage());
    }
  }

  /** Refuses a description of more parameters than the weights file can hold. */
  private static void requireRoom(RunFolder folder, Network network) {
    long needed = (long) Float.BYTES * network.layout().length();
    long size = folder.size(WEIGHTS);
    if (needed > size) {
      throw broken(
          folder,
          MODEL,
          "its network needs "
              + needed
              + " bytes of parameters, and "
              + WEIGHTS
              + " has "
              + size
              + " bytes");
    }
  }

  /**
   * Fills {@code parameters} from a safetensors file.
   *
   * @return steps that had moved the running statistics, per batch-norm layer
   */
  public static long[] readWeights(
      RunFolder folder, String file, Network network, ParameterVector parameters) {
    String source = folder.name() + "/" + file;
    try (InputStream input = folder.open(file)) {
      List<Tensor> tensors = SafeTensors.read(input, folder.size(file), source);
      return ModelTensors.load(tensors, network.layout(), parameters, source);
    } catch (IOException failure) {
      throw LockstepException.data(source + " could not be read: " + failure.getMessage());
    }
  }

  private static LockstepException broken(RunFolder folder, String file, String why) {
    return LockstepException.data(
        folder.name()
            + "/"
            + file
            + " is not a model of this program: "
            + why.replaceFirst("\\.$", "")
            + ".");
  }
}
