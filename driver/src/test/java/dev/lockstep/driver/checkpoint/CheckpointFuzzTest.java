package dev.lockstep.driver.checkpoint;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.apache.hadoop.conf.Configuration;

/**
 * Spoiled manifests and states of checkpoints are read or refused, in bounded time and memory, also
 * where somebody makes their SHA-256 fit.
 */
@Tag("fuzz")
class CheckpointFuzzTest {
  /** Each costs system calls of many files; the single readers get twenty times as many. */
  private static final int FOLDERS =
      Math.max(200, Integer.getInteger("lockstep.fuzz.tries", 1000) / 20);

  private static final long STEP = 4;
  private static final Path FOLDER = Path.of("target", "fuzz", "checkpoint").toAbsolutePath();
  private static final RunFolder CHECKPOINT = written();
  private static final List<byte[]> MANIFESTS = List.of(content(Manifest.NAME));
  private static final List<byte[]> STATES = List.of(content(StateFile.NAME), state(STEP + 1));

  private static final ReaderTrial MANIFEST =
      new ReaderTrial(
          "manifest.json",
          1000,
          1 << 20,
          file -> {
            Files.write(Path.of(CHECKPOINT.name(), Manifest.NAME), file);
            Manifest.read(CHECKPOINT, STEP);
          });
  private static final ReaderTrial STATE =
      new ReaderTrial("state.json", 1000, 1 << 20, file -> StateFile.read(file, StateFile.NAME));

  private static RunFolder written() {
    RunFolder run = RunFolder.at(FOLDER.toString(), new Configuration(false));
    States.write(States.store(run, 1), STEP);
    return run.folder("checkpoints").folder(CheckpointStore.nameOf(STEP));
  }

  private static byte[] content(String file) {
    try {
      return Files.readAllBytes(Path.of(CHECKPOINT.name(), file));
    } catch (IOException unreadable) {
      throw new IllegalStateException(unreadable);
    }
  }

  private static byte[] state(long step) {
    return StateFile.write(
        States.at(step), States.identity(), States.position(step), Instant.EPOCH);
  }

  @Property(tries = 1)
  void spoiledManifestsAreReadOrRefused() {
    for (int i = 0; i < FOLDERS; i++) {
      MANIFEST.assertReadOrRefused(Corruption.any(MANIFESTS.size()).sample().of(MANIFESTS));
    }
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledStatesAreReadOrRefused(@ForAll("states") Corruption corruption) {
    STATE.assertReadOrRefused(corruption.of(STATES));
  }

  @Provide
  Arbitrary<Corruption> states() {
    return Corruption.any(STATES.size());
  }
}
