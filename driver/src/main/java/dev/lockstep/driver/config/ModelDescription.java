package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import java.util.List;
import java.util.Map;

/**
 * What a saved model says about its network, in the words of the configuration.
 *
 * @param inputShape shape of one example
 * @param layers the layers, in order
 * @param loss the loss that it was trained with
 */
public record ModelDescription(Shape inputShape, List<LayerSpec> layers, LossSpec loss) {
  private static final String FORMAT = "lockstep-model";
  private static final int FORMAT_VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Takes an immutable copy. */
  public ModelDescription {
    layers = List.copyOf(layers);
  }

  /** The description as indented JSON, ending in a newline. */
  public String toJson(String lockstepVersion) {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT);
    root.put("formatVersion", FORMAT_VERSION);
    root.put("lockstepVersion", lockstepVersion);
    root.putObject("inputShape")
        .put("height", inputShape.height())
        .put("width", inputShape.width())
        .put("channels", inputShape.channels());
    NetworkBlock.writeLayers(layers, root.putObject("network"));
    root.set("loss", LossKinds.TABLE.write(loss));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param source the file's name, for messages
   * @throws LockstepException of kind data where the text is something else
   */
  public static ModelDescription fromJson(String text, String source) {
    Problems problems = new Problems(source);
    try {
      Value value = ValueParser.parse(text, line -> "line " + line, "", problems);
      Block root =
          Block.of(
              new Reading(problems, new Substitution(Map.of()), new PathResolver(null)), "", value);
      String format = root.requiredText("format", "\"" + FORMAT + "\"");
      int version = root.requiredCount("formatVersion");
      root.know(List.of("lockstepVersion"));
      if (!FORMAT.equals(format) || version != FORMAT_VERSION) {
        throw LockstepException.data(
            source
                + " is of format "
                + format
                + " version "
                + version
                + "; this program reads "
                + FORMAT
                + " version "
                + FORMAT_VERSION
                + ".");
      }
      Block shape = root.block("inputShape");
      int height = shape.requiredCount("height");
      int width = shape.requiredCount("width");
      int channels = shape.requiredCount("channels");
      shape.finish();
      Block network = root.block("network");
      List<LayerSpec> layers = NetworkBlock.layers(network);
      network.finish();
      LossSpec loss = LossKinds.TABLE.read(root, "loss", null);
      if (loss == null) {
        root.missing("loss", "the loss of the model");
      }
      root.finish();
      if (!problems.isEmpty()) {
        throw LockstepException.data(problems.toException().getMessage());
      }
      return new ModelDescription(new Shape(height, width, channels), layers, loss);
    } catch (ValueParser.SyntaxException malformed) {
      throw LockstepException.data(source + " cannot be read as JSON, " + malformed.getMessage());
    } catch (IllegalArgumentException impossible) {
      throw LockstepException.data(source + ": " + impossible.getMessage() + ".");
    }
  }
}
