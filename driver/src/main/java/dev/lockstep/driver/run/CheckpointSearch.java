package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.Search;
import dev.lockstep.driver.checkpoint.Search.Skipped;
import dev.lockstep.driver.checkpoint.StoredCheckpoint;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * The newest checkpoint from which a run can go on: intact, and with the records of all its steps
 * in the metrics' file.
 *
 * @param checkpoint the newest one; empty where there is none
 * @param point the same with its records; empty where there is none
 * @param skipped newer ones that cannot be used, the newest first
 */
record CheckpointSearch(
    Optional<StoredCheckpoint> checkpoint, Optional<StartingPoint> point, List<Skipped> skipped) {

  /** Looks at the checkpoints of some steps, and changes nothing. */
  static CheckpointSearch in(RunFolder folder, CheckpointStore store, LongPredicate steps) {
    List<Skipped> skipped = new ArrayList<>();
    long[] before = {Long.MAX_VALUE};
    while (true) {
      Search search = store.newestIntact(step -> step < before[0] && steps.test(step));
      skipped.addAll(search.skipped());
      if (search.found().isEmpty()) {
        return new CheckpointSearch(Optional.empty(), Optional.empty(), List.copyOf(skipped));
      }
      StoredCheckpoint found = search.found().get();
      try {
        StartingPoint point =
            StartingPoint.behind(
                found, MetricsFile.read(folder, found.position().metricsBytes(), found.step()));
        return new CheckpointSearch(Optional.of(found), Optional.of(point), List.copyOf(skipped));
      } catch (LockstepException damagedMetrics) {
        skipped.add(new Skipped(found.name(), damagedMetrics.getMessage()));
        before[0] = found.step();
      }
    }
  }

  /** What to say of each skipped checkpoint. */
  List<String> skippedSentences() {
    return skipped.stream()
        .map(each -> "Checkpoint " + each.name() + " was skipped: " + each.reason())
        .toList();
  }
}
