package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.checkpoint.StoredCheckpoint;
import dev.lockstep.driver.config.DivergenceSettings;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.TrainingState;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The way back from a divergence: to the last good state, with a lower learning rate.
 *
 * <p>Where it leads depends on the states and on the checkpoints that were due, and on nothing that
 * only this process knows: a run that is killed on its way, or interrupted, and resumed comes to
 * the same place.
 *
 * @param now the run that goes back
 * @param settings what to do, or null for nothing
 * @param first the state before the first step
 */
record DivergenceRecovery(
    RunFolder folder,
    CheckpointStore store,
    RunIdentity now,
    DivergenceSettings settings,
    Supplier<TrainingState> first) {

  /**
   * The newest checkpoint that is good, by name.
   *
   * <p>Where there is an older one, removes that of the state itself from which training diverged:
   * whatever the learning rate, its next loss would be the same.
   *
   * @param diverged the state whose next mini-batch had no finite loss or gradient
   */
  Optional<String> lastGoodCheckpoint(TrainingState diverged) {
    Optional<StoredCheckpoint> older =
        CheckpointSearch.in(folder, store, step -> step < diverged.step()).checkpoint();
    if (older.isEmpty()) {
      // Better the state before the bad step than nothing.
      return store.nameOfNewest();
    }
    store.removeAfter(diverged.step() - 1);
    return older.map(StoredCheckpoint::name);
  }

  /** Whether training may return once more. */
  boolean mayReturn(TrainingState diverged) {
    return settings != null && diverged.returns() < settings.retries();
  }

  /**
   * Goes back: to the newest checkpoint or, where training has returned to that already, to the one
   * before, and to the first state where there is none. What came after is taken out of the folder.
   *
   * @param diverged as above
   * @param notes told of checkpoints that cannot be used
   */
  StartingPoint goBack(TrainingState diverged, RunNotes notes) {
    long bad = diverged.step();
    CheckpointSearch search = search(bad);
    if (search.checkpoint().isPresent()
        && search.checkpoint().get().state().returns() < diverged.returns()) {
      // Written before the last return, so that return led here.
      long used = search.checkpoint().get().step();
      search = search(used);
    }
    search.skippedSentences().forEach(notes::tell);
    StartingPoint point = search.point().orElseGet(() -> StartingPoint.first(first.get()));
    point.dropWhatFollowed(folder, store);
    point.state().returnedFrom(diverged, settings.reduceRate());
    return point;
  }

  /** The newest checkpoint before a step, with nothing in its memory that no longer applies. */
  private CheckpointSearch search(long step) {
    CheckpointSearch search =
        CheckpointSearch.in(folder, store, each -> each < step && store.isRegular(each));
    search.checkpoint().ifPresent(checkpoint -> OutdatedMemory.forget(checkpoint, now));
    return search;
  }
}
