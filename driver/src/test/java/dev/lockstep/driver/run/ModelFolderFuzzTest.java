package dev.lockstep.driver.run;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.Initializer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.apache.hadoop.conf.Configuration;

/** Spoiled files of a model are read or refused, each alone and in its folder. */
@Tag("fuzz")
class ModelFolderFuzzTest {
  /** Each costs system calls of many files; the single readers get twenty times as many. */
  private static final int FOLDERS =
      Math.max(200, Integer.getInteger("lockstep.fuzz.tries", 1000) / 20);

  private static final List<String> NAMES =
      List.of("model.json", "preprocessing.json", "model.safetensors");
  private static final Path FOLDER = Path.of("target", "fuzz", "model").toAbsolutePath();
  private static final List<byte[]> FILES = written();
  private static final List<byte[]> PREPROCESSING =
      List.of(
          FILES.get(1),
          "{\"label\":\"y\",\"classLabels\":[],\"normalization\":\"none\",\"features\":[{\"name\":\"a\",\"offset\":1e3,\"scale\":0}]}"
              .getBytes(StandardCharsets.UTF_8));

  private static final ReaderTrial FOLDER_TRIAL =
      new ReaderTrial(
          "model folder",
          2000,
          4 << 20,
          file -> {
            // The first byte says which of the three files it is.
            Path path = FOLDER.resolve(NAMES.get(file[0]));
            byte[] good = FILES.get(file[0]);
            byte[] content = new byte[file.length - 1];
            System.arraycopy(file, 1, content, 0, content.length);
            Files.write(path, content);
            try {
              ModelFolder.read(RunFolder.at(FOLDER.toString(), new Configuration(false)));
            } finally {
              Files.write(path, good);
            }
          });
  private static final ReaderTrial PREPROCESSING_TRIAL =
      new ReaderTrial(
          "preprocessing.json",
          1000,
          1 << 20,
          file -> {
            Preprocessing read =
                PreprocessingJson.read(
                    new String(file, StandardCharsets.UTF_8), "preprocessing.json");
            read.levelFeatures();
            read.columns();
          });

  private static List<byte[]> written() {
    Network network =
        new Network(
            List.of(
                new LayerSpec.Dense(4, new Initializer.He(), null),
                new LayerSpec.Dense(2, new Initializer.He(), null)),
            Shape.vector(3));
    Preprocessing preprocessing =
        new Preprocessing(
            List.of("x", "city=Paris", "city=Rome"),
            List.of(new CategoricalColumn("city", 1, false, List.of("Paris", "Rome"))),
            "label",
            List.of("no", "yes"),
            "standard",
            new double[] {1.5, 0, 0},
            new double[] {0.5, 1, 1});
    try {
      Files.createDirectories(FOLDER);
      ModelFolder.write(
          new ModelArtifact(
              network,
              new LossSpec.SoftmaxCrossEntropy(),
              network.initialParameters(1),
              new long[0],
              preprocessing),
          RunFolder.at(FOLDER.toString(), new Configuration(false)));
      return List.of(
          Files.readAllBytes(FOLDER.resolve(NAMES.get(0))),
          Files.readAllBytes(FOLDER.resolve(NAMES.get(1))),
          Files.readAllBytes(FOLDER.resolve(NAMES.get(2))));
    } catch (IOException | LockstepException unwritable) {
      throw new IllegalStateException(unwritable);
    }
  }

  @Property(tries = 1)
  void spoiledModelsAreReadOrRefused() {
    for (int i = 0; i < FOLDERS; i++) {
      Corruption corruption = Corruption.any(FILES.size()).sample();
      byte[] spoiled = corruption.of(FILES);
      byte[] named = new byte[spoiled.length + 1];
      named[0] = (byte) corruption.file();
      System.arraycopy(spoiled, 0, named, 1, spoiled.length);
      FOLDER_TRIAL.assertReadOrRefused(named);
    }
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledPreprocessingIsReadOrRefused(@ForAll("preprocessingFiles") Corruption corruption) {
    PREPROCESSING_TRIAL.assertReadOrRefused(corruption.of(PREPROCESSING));
  }

  @Provide
  Arbitrary<Corruption> preprocessingFiles() {
    return Corruption.any(PREPROCESSING.size());
  }
}
