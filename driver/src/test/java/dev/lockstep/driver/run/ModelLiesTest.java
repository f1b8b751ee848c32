package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.Initializer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose files say what cannot be. */
final class ModelLiesTest {
  @TempDir Path folder;

  @BeforeEach
  void writeModel() {
    Network network =
        new Network(List.of(new LayerSpec.Dense(2, new Initializer.He(), null)), Shape.vector(3));
    Preprocessing preprocessing =
        new Preprocessing(
            List.of("x", "city=Paris", "city=Rome"),
            List.of(new CategoricalColumn("city", 1, false, List.of("Paris", "Rome"))),
            "label",
            List.of("no", "yes"),
            "standard",
            new double[] {1.5, 0, 0},
            new double[] {0.5, 1, 1});
    ModelFolder.write(
        new ModelArtifact(
            network,
            new LossSpec.SoftmaxCrossEntropy(),
            network.initialParameters(1),
            new long[0],
            preprocessing),
        run());
  }

  private RunFolder run() {
    return RunFolder.at(folder.toString(), new Configuration(false));
  }

  private String errorWith(String file, String pattern, String lie) throws IOException {
    Path path = folder.resolve(file);
    String text = Files.readString(path);
    String changed = text.replaceFirst(pattern, lie);
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(path, changed);
    LockstepException error =
        catchThrowableOfType(LockstepException.class, () -> ModelFolder.read(run()));
    Files.writeString(path, text);
    assertThat(error.kind()).as(error.getMessage()).isEqualTo(ErrorKind.DATA);
    return error.getMessage();
  }

  @Test
  void aNetworkLargerThanItsWeightsIsRefusedBeforeItIsInMemory() throws IOException {
    assertThat(errorWith("model.json", "\"units\" : 2", "\"units\" : 500000000"))
        .startsWith(
            folder
                + "/model.json is not a model of this program: its network needs 8000000000 bytes of parameters, and model.safetensors has ");
    assertThat(errorWith("model.json", "\"units\" : 2", "\"units\" : 2147483647"))
        .contains("model.json is not a model of this program", "do not fit one array");
  }

  @Test
  void placesOfColumnsDoNotWrapAround() throws IOException {
    assertThat(
            errorWith(
                "preprocessing.json", "\"firstFeature\" : 1", "\"firstFeature\" : 2147483647"))
        .contains("the features of categorical column 'city' are not among the 3 features");
  }

  @Test
  void numbersBeyondAllBoundsAreRefused() throws IOException {
    assertThat(errorWith("preprocessing.json", "\"offset\" : 1.5", "\"offset\" : 1e999"))
        .contains("features[0] needs a text name and the finite numbers offset and scale");
    assertThat(
            errorWith("preprocessing.json", "\"offset\" : 1.5", "\"offset\" : " + "9".repeat(5000)))
        .contains("preprocessing.json cannot be read as JSON", "5000");
  }

  @Test
  void textsNestedTooDeepAreRefused() throws IOException {
    assertThat(errorWith("preprocessing.json", "\"no\"", "[".repeat(500) + "]".repeat(500)))
        .contains("preprocessing.json cannot be read as JSON");
    assertThat(errorWith("model.json", "\"he\"", "[".repeat(500) + "]".repeat(500)))
        .contains("model.json cannot be read as JSON");
  }
}
