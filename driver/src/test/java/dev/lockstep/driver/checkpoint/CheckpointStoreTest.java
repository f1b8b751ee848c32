package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.CheckpointSettings;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointStoreTest {
  @TempDir private Path place;

  private RunFolder run() {
    return RunFolder.at(place.toString(), new Configuration());
  }

  private CheckpointStore store() {
    return States.store(run(), 3);
  }

  private Path folder(long step) {
    return place.resolve("checkpoints").resolve(CheckpointStore.nameOf(step));
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(place.resolve("checkpoints"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsWrittenIsReadBitForBit() {
    for (long step : new long[] {0, 500, 501}) {
      States.write(store(), step);
      StoredCheckpoint found = store().newestIntact().found().orElseThrow();
      States.assertSame(found.state(), States.at(step));
      assertThat(found.identity()).isEqualTo(States.identity());
      assertThat(found.position()).isEqualTo(States.position(step));
      assertThat(found.name()).isEqualTo(CheckpointStore.nameOf(step));
      assertThat(found.step()).isEqualTo(step);
    }
  }

  @Test
  void aFolderHoldsItsFilesAndNothingElse() throws IOException {
    States.write(store(), 500);
    try (var files = Files.walk(place)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> place.relativize(file).toString()))
          .containsExactlyInAnyOrder(
              "checkpoints/step-000000500/manifest.json",
              "checkpoints/step-000000500/parameters.safetensors",
              "checkpoints/step-000000500/optimizer.safetensors",
              "checkpoints/step-000000500/best.safetensors",
              "checkpoints/step-000000500/state.json");
    }
  }

  @Test
  void whatAnInterruptionLeftGoesOnceThereIsALaterOne() throws IOException {
    CheckpointStore store =
        new CheckpointStore(run(), States.LAYOUT, States.SLOTS, new CheckpointSettings(10, 2));
    for (long step : new long[] {10, 20, 30, 37}) {
      States.write(store, step);
    }
    assertThat(names()).containsExactly("step-000000020", "step-000000030", "step-000000037");
    States.write(store, 38);
    assertThat(names()).containsExactly("step-000000020", "step-000000030", "step-000000038");
    States.write(store, 40);
    assertThat(names()).containsExactly("step-000000030", "step-000000040");
  }

  @Test
  void oneThatWasDueByEarlierSettingsCountsAsIfItWereByTheseOnes() throws IOException {
    ObjectNode configuration = States.identity().configuration();
    ((ObjectNode) configuration.get("training")).putObject("checkpoint").put("everySteps", 20);
    RunIdentity earlier =
        new RunIdentity(configuration, "3f2a", Map.of("lockstep", "0.1.0"), "JavaBLAS");
    CheckpointStore store =
        new CheckpointStore(run(), States.LAYOUT, States.SLOTS, new CheckpointSettings(17, 3));
    for (long step : new long[] {160, 180, 183}) {
      store.write(States.at(step), earlier, States.position(step));
    }
    States.write(store, 187);
    assertThat(names()).containsExactly("step-000000160", "step-000000180", "step-000000187");
    assertThat(store.isRegular(180)).isTrue();
    States.write(store, 188, 204);
    assertThat(store.isRegular(188)).isFalse();
    assertThat(names()).containsExactly("step-000000180", "step-000000187", "step-000000204");
  }

  @Test
  void whereTheFirstWeightsCameFromIsReadBack() {
    String sha256 = "0123456789abcdef".repeat(4);
    store().write(States.at(5), States.identity().withInitialWeights(sha256), States.position(5));
    assertThat(store().newestIntact().found().orElseThrow().identity().initialWeights())
        .isEqualTo(sha256);
  }

  @Test
  void theNewestAmongSomeStepsIsFound() {
    for (long step : new long[] {10, 20, 30}) {
      States.write(store(), step);
    }
    assertThat(store().newestIntact(step -> step < 30).found().orElseThrow().step()).isEqualTo(20);
    Search none = store().newestIntact(step -> step > 30);
    assertThat(none.found()).isEmpty();
    assertThat(none.skipped()).isEmpty();
  }

  @Test
  void parametersServeAsInitialWeights() {
    States.write(store(), 501);
    ParameterVector parameters = new ParameterVector(new float[States.LAYOUT.length()]);
    long[] batches =
        ModelFolder.readWeights(
            run().folder("checkpoints").folder("step-000000501"),
            "parameters.safetensors",
            States.NETWORK,
            parameters);
    assertThat(batches).containsExactly(501);
    assertThat(parameters.values()).isEqualTo(States.at(501).parameters().values());
  }

  @Test
  void tensorsAreNamedByParameterAndSlot() throws IOException {
    States.write(store(), 501);
    assertThat(tensors(folder(501).resolve("parameters.safetensors")))
        .extracting(Tensor::name)
        .containsExactly(
            "0.weight",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "3.weight",
            "3.bias");
    assertThat(tensors(folder(501).resolve("optimizer.safetensors")))
        .extracting(Tensor::name)
        .containsExactly(
            "0.weight.firstMoment",
            "0.weight.secondMoment",
            "1.weight.firstMoment",
            "1.weight.secondMoment",
            "1.bias.firstMoment",
            "1.bias.secondMoment",
            "3.weight.firstMoment",
            "3.weight.secondMoment",
            "3.bias.firstMoment",
            "3.bias.secondMoment");
  }

  private static List<Tensor> tensors(Path file) throws IOException {
    try (InputStream input = Files.newInputStream(file)) {
      return SafeTensors.read(input, Files.size(file), file.toString());
    }
  }

  @Test
  void anOptimizerWithoutMemoryHasAnEmptyFile() throws IOException {
    TrainingState state =
        new TrainingState(
            States.at(5).parameters(),
            new OptimizerState(List.of(), States.LAYOUT.trainableLength()),
            new RunningStatistics(States.LAYOUT, new long[] {5}),
            5);
    CheckpointStore plain = new CheckpointStore(run(), States.LAYOUT, List.of(), 1);
    plain.write(state, States.identity(), States.position(5));
    assertThat(tensors(folder(5).resolve("optimizer.safetensors"))).isEmpty();
    States.assertSame(plain.newestIntact().found().orElseThrow().state(), state);
  }

  @Test
  void theNewestStay() throws IOException {
    CheckpointStore store = store();
    States.write(store, 1, 2, 3, 4, 5);
    assertThat(store.steps()).containsExactly(5L, 4L, 3L);
    assertThat(names()).containsExactly("step-000000003", "step-000000004", "step-000000005");
    assertThat(store.nameOfNewest()).contains("step-000000005");
  }

  @Test
  void numbersOfAnySizeAreInOrder() {
    CheckpointStore store = store();
    States.write(store, 999_999_999L, 1_000_000_000L, 123_456_789_012L);
    assertThat(store.steps()).containsExactly(123_456_789_012L, 1_000_000_000L, 999_999_999L);
    States.assertSame(
        store.newestIntact().found().orElseThrow().state(), States.at(123_456_789_012L));
  }

  @Test
  void anAbandonedFutureIsRemovedAndNeverCountsAsTheNewest() {
    CheckpointStore store = States.store(run(), 5);
    States.write(store, 1, 2, 3, 4);
    store.removeAfter(2);
    assertThat(store.steps()).containsExactly(2L, 1L);
    assertThat(store.newestIntact().found().orElseThrow().step()).isEqualTo(2);
  }

  @Test
  void aCheckpointBehindTheNewestDoesNotPushItselfOut() {
    States.write(store(), 100, 200, 300);
    States.write(States.store(run(), 1), 150);
    assertThat(store().steps()).containsExactly(300L, 200L, 150L);
  }

  @Test
  void oneOfTheSameStepIsReplaced() throws IOException {
    States.write(store(), 7);
    TrainingState other = States.at(7, true);
    store().write(other, States.identity(), States.position(8));
    StoredCheckpoint found = store().newestIntact().found().orElseThrow();
    States.assertSame(found.state(), other);
    assertThat(found.position()).isEqualTo(States.position(8));
    assertThat(names()).containsExactly("step-000000007");
  }

  @Test
  void whatDeadWritersLeftGoes() throws IOException {
    States.write(store(), 1, 2);
    Path folders = place.resolve("checkpoints");
    Files.createDirectories(folders.resolve(".step-000000003.partial/some"));
    Files.writeString(folders.resolve(".step-000000003.partial/parameters.safetensors"), "half");
    Files.createDirectories(folders.resolve(".step-000000001.replaced"));
    Files.createDirectories(folders.resolve("notes"));
    assertThat(store().newestIntact().found().orElseThrow().step()).isEqualTo(2);
    assertThat(names()).containsExactly("notes", "step-000000001", "step-000000002");
  }

  @Test
  void oneThatWasAwayToBeReplacedComesBack() throws IOException {
    States.write(store(), 1, 2);
    Files.move(folder(2), place.resolve("checkpoints/.step-000000002.replaced"));
    States.assertSame(store().newestIntact().found().orElseThrow().state(), States.at(2));
    assertThat(names()).containsExactly("step-000000001", "step-000000002");
  }

  @Test
  void withoutAFolderThereIsNothing() {
    Search search = store().newestIntact();
    assertThat(search.found()).isEmpty();
    assertThat(search.skipped()).isEmpty();
    assertThat(store().nameOfNewest()).isEmpty();
    assertThat(CheckpointStore.peek(run())).isEmpty();
    store().removeAfter(0);
    assertThat(place).isEmptyDirectory();
  }

  @Test
  void theIdentityIsKnownWithoutANetwork() throws IOException {
    States.write(store(), 500, 1000);
    StoredIdentity seen = CheckpointStore.peek(run()).orElseThrow();
    assertThat(seen)
        .isEqualTo(
            new StoredIdentity("step-000001000", 1000, States.identity(), States.position(1000)));
    assertThat(seen.identity().shards()).hasValue(4);

    Files.writeString(folder(1000).resolve("state.json"), "{}");
    assertThat(CheckpointStore.peek(run()).orElseThrow().step()).isEqualTo(500);
  }

  @Test
  void aConfigurationIsTheSameWhateverItWasMadeOf() {
    var tree = StrictJson.object();
    tree.put("name", "digits");
    tree.putObject("optimizer").put("learningRate", 1.0e-3f);
    tree.putObject("training").put("shards", (short) 4).put("seed", 42);
    RunIdentity identity = States.identity();
    assertThat(
            new RunIdentity(tree, identity.dataFingerprint(), identity.versions(), identity.blas()))
        .isEqualTo(identity);
    tree.putObject("training");
    assertThat(
            new RunIdentity(tree, identity.dataFingerprint(), identity.versions(), identity.blas())
                .shards())
        .isEmpty();
  }

  @Test
  void aNetworkOfOtherShapeIsToldFromDamage() {
    States.write(store(), 500);
    CheckpointStore other = new CheckpointStore(run(), States.LAYOUT, List.of("velocity"), 3);
    Search search = other.newestIntact();
    assertThat(search.found()).isEmpty();
    assertThat(search.skipped()).hasSize(1);
    assertThat(search.skipped().get(0).reason())
        .contains("optimizer.safetensors does not fit the network")
        .contains("0.weight.velocity");
  }

  @Test
  void anotherFileSystemWillDo() {
    RunFolder run =
        RunFolder.at(HookedFileSystem.location(place), HookedFileSystem.configuration());
    CheckpointStore store = States.store(run, 2);
    States.write(store, 1, 2, 3);
    States.assertSame(
        States.store(run, 2).newestIntact().found().orElseThrow().state(), States.at(3));
    assertThat(store.steps()).containsExactly(3L, 2L);
  }

  @Test
  void aFailureNamesFolderCauseAndTheLastGoodOne() throws IOException {
    RunFolder run =
        RunFolder.at(HookedFileSystem.location(place), HookedFileSystem.configuration());
    CheckpointStore store = States.store(run, 2);
    HookedFileSystem.install(
        (operation, path) -> {
          if (operation.equals("write")) {
            throw new IOException("No space left on device");
          }
        },
        false);
    try {
      assertThatThrownBy(() -> States.write(store, 1))
          .hasMessageContaining("step-000000001")
          .hasMessageContaining(place.resolve("checkpoints").toString())
          .hasMessageContaining("No space left on device.")
          .hasMessageEndingWith("There is no earlier one.");
      HookedFileSystem.uninstall();
      States.write(store, 1);
      HookedFileSystem.install(
          (operation, path) -> {
            if (operation.equals("sync")) {
              throw new IOException("Input/output error");
            }
          },
          false);
      assertThatThrownBy(() -> States.write(States.store(run, 2), 2))
          .hasMessageContaining("Input/output error.")
          .hasMessageEndingWith("The last good one is step-000000001.");
    } finally {
      HookedFileSystem.uninstall();
    }
    States.assertSame(
        States.store(run, 2).newestIntact().found().orElseThrow().state(), States.at(1));
    assertThat(names()).containsExactly("step-000000001");
  }

  @Test
  void whatDoesNotReadBackIsNoCheckpoint() throws IOException {
    RunFolder run =
        RunFolder.at(HookedFileSystem.location(place), HookedFileSystem.configuration());
    States.write(States.store(run, 2), 1);
    HookedFileSystem.install(
        (operation, path) -> {
          if (operation.equals("read") && path.toString().endsWith("2.partial/state.json")) {
            Files.write(Path.of(path.toUri().getPath()), new byte[] {1, 2, 3});
          }
        },
        false);
    try {
      assertThatThrownBy(() -> States.write(States.store(run, 2), 2))
          .hasMessageContaining("does not read back")
          .hasMessageEndingWith("The last good one is step-000000001.");
    } finally {
      HookedFileSystem.uninstall();
    }
    assertThat(States.store(run, 2).steps()).containsExactly(1L);
  }
}
