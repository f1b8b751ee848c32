package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files a model is read from: JSON and safetensors, and nothing that could run code. */
final class ModelFilesTest {
  private static final List<String> OPENED = new ArrayList<>();
  private static final AtomicInteger RUN = new AtomicInteger();

  @TempDir private Path place;

  /** The local disk under a scheme of its own, which notes what is opened. */
  public static final class NotingFileSystem extends RawLocalFileSystem {
    @Override
    public String getScheme() {
      return "noted";
    }

    @Override
    public URI getUri() {
      return URI.create("noted:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path file, int bufferSize)
        throws IOException {
      OPENED.add(file.getName());
      return super.open(file, bufferSize);
    }
  }

  /** Runs code when Java deserializes it. */
  private static final class Trap implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream input) throws IOException, ClassNotFoundException {
      input.defaultReadObject();
      RUN.incrementAndGet();
    }
  }

  private RunFolder folder(String name) {
    Configuration hadoop = new Configuration(false);
    hadoop.setClass("fs.noted.impl", NotingFileSystem.class, RawLocalFileSystem.class);
    return RunFolder.at("noted://" + place.resolve(name), hadoop);
  }

  private static ModelArtifact model() {
    Network network =
        new Network(
            List.of(new LayerSpec.Dense(1, LayerSpec.Dense.DEFAULT_INITIALIZER, null)),
            Shape.vector(2));
    return new ModelArtifact(
        network,
        new LossSpec.MeanSquaredError(),
        network.initialParameters(1),
        new long[0],
        new Preprocessing(
            List.of("a", "b"),
            List.of(),
            "y",
            List.of(),
            "none",
            new double[] {0, 0},
            new double[] {1, 1}));
  }

  private static byte[] trap() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
      output.writeObject(new Trap());
    }
    return bytes.toByteArray();
  }

  @Test
  void aModelIsReadFromItsThreeFilesAndNoOther() throws IOException {
    ModelFolder.write(model(), folder("model"));
    for (String other : List.of("model.ser", "model.pkl", "model.bin", "_metadata")) {
      Files.write(place.resolve("model").resolve(other), trap());
    }
    Files.write(place.resolve("model/model.onnx"), trap());
    OPENED.clear();
    ModelArtifact read = ModelFolder.read(folder("model"));
    assertThat(read.parameters().values()).isEqualTo(model().parameters().values());
    assertThat(OPENED)
        .containsExactlyInAnyOrder("model.json", "preprocessing.json", "model.safetensors");
    assertThat(RUN).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.json", "preprocessing.json", "model.safetensors"})
  void aSerializedObjectInTheirPlaceIsNoModel(String file) throws IOException {
    ModelFolder.write(model(), folder("model"));
    Files.write(place.resolve("model").resolve(file), trap());
    assertThatThrownBy(() -> ModelFolder.read(folder("model")))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining(file);
    assertThat(RUN).hasValue(0);
  }
}
