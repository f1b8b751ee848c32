package dev.lockstep.driver.run;

import dev.lockstep.driver.report.PlateauWatch;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.StepRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What a run learns from the records of its steps: times, standstill, and how the loss went last.
 * Made of the records alone, so a run that goes on from an earlier step knows it too.
 */
final class RunCourse {
  private static final int LAST_LOSSES = 5;

  private final StepStatistics statistics = new StepStatistics();
  private final PlateauWatch plateaus;
  private final Deque<StepRecord> last = new ArrayDeque<>(LAST_LOSSES);

  private RunCourse(int stepsPerEpoch) {
    this.plateaus = new PlateauWatch(stepsPerEpoch);
  }

  /**
   * The course so far.
   *
   * @param metrics records of the steps that were taken
   * @param notes keep what these records have to tell
   */
  static RunCourse of(RunMetrics metrics, int stepsPerEpoch, RunNotes notes) {
    RunCourse course = new RunCourse(stepsPerEpoch);
    for (StepRecord record : metrics.steps()) {
      course.add(record).ifPresent(notes::keep);
    }
    return course;
  }

  /** Takes in a step; what to tell the user when it ends a long standstill. */
  Optional<String> add(StepRecord record) {
    statistics.add(record);
    if (last.size() == LAST_LOSSES) {
      last.removeFirst();
    }
    last.addLast(record);
    return plateaus.step(record);
  }

  /** Times of all steps. */
  StepStatistics statistics() {
    return statistics;
  }

  /** The losses of the last steps as a sentence; empty before the first step. */
  Optional<String> lastLosses() {
    if (last.isEmpty()) {
      return Optional.empty();
    }
    StringJoiner losses = new StringJoiner(", ");
    last.forEach(record -> losses.add(Double.toString(record.loss())));
    String sentence =
        last.size() == 1
            ? "The loss at step " + last.getLast().step() + " was " + losses + "."
            : "The losses of steps "
                + last.getFirst().step()
                + " to "
                + last.getLast().step()
                + " were "
                + losses
                + ".";
    return Optional.of(sentence);
  }
}
