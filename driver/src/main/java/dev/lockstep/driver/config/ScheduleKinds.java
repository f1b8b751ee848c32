package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.List;

/** The kinds of learning-rate schedules; each takes {@code warmupSteps} beside its own settings. */
final class ScheduleKinds {
  static final KindTable<Schedule> TABLE =
      new KindTable<>(
          List.of(
              "constant",
              "inverseTime",
              "exponential",
              "inverseSqrt",
              "step",
              "cosine",
              "linear",
              "plateau"),
          kind(
              "constant",
              Schedule.Constant.class,
              block -> new Schedule.Constant(warmupSteps(block)),
              ScheduleKinds::writeWarmup),
          kind(
              "inverseTime",
              Schedule.InverseTime.class,
              block ->
                  new Schedule.InverseTime(
                      block.requiredNumber("decay", NumberRange.NOT_NEGATIVE, 0),
                      warmupSteps(block)),
              (schedule, target) -> writeWarmup(schedule, target.put("decay", schedule.decay()))),
          kind(
              "exponential",
              Schedule.Exponential.class,
              block ->
                  new Schedule.Exponential(
                      block.number(
                          "rate", NumberRange.ABOVE_ZERO_TO_ONE, Schedule.Exponential.DEFAULT_BASE),
                      warmupSteps(block)),
              (schedule, target) -> writeWarmup(schedule, target.put("rate", schedule.base()))),
          kind(
              "inverseSqrt",
              Schedule.InverseSqrt.class,
              block ->
                  new Schedule.InverseSqrt(
                      block.number("k", NumberRange.POSITIVE, Schedule.InverseSqrt.DEFAULT_K),
                      warmupSteps(block)),
              (schedule, target) -> writeWarmup(schedule, target.put("k", schedule.k()))),
          kind(
              "step",
              Schedule.Step.class,
              block ->
                  new Schedule.Step(
                      block.requiredCount("every"),
                      block.requiredNumber("factor", NumberRange.ABOVE_ZERO_TO_ONE, 1),
                      warmupSteps(block)),
              (schedule, target) ->
                  writeWarmup(
                      schedule,
                      target.put("every", schedule.every()).put("factor", schedule.drop()))),
          kind(
              "cosine",
              Schedule.Cosine.class,
              block -> new Schedule.Cosine(finalFraction(block), warmupSteps(block)),
              (schedule, target) ->
                  writeWarmup(schedule, target.put("finalFraction", schedule.finalFraction()))),
          kind(
              "linear",
              Schedule.Linear.class,
              block -> new Schedule.Linear(finalFraction(block), warmupSteps(block)),
              (schedule, target) ->
                  writeWarmup(schedule, target.put("finalFraction", schedule.finalFraction()))),
          kind(
              "plateau",
              Schedule.Plateau.class,
              block ->
                  new Schedule.Plateau(
                      WatchedMetrics.read(block, "metric"),
                      block.number(
                          "factor", NumberRange.ABOVE_ZERO_TO_ONE, Schedule.Plateau.DEFAULT_FACTOR),
                      block.count("patience", Schedule.Plateau.DEFAULT_PATIENCE),
                      warmupSteps(block)),
              (schedule, target) ->
                  writeWarmup(
                      schedule,
                      target
                          .put("metric", schedule.metric().toString())
                          .put("factor", schedule.reduction())
                          .put("patience", schedule.patience()))));

  /** Kind of a {@code schedule} block that names none. */
  static final String DEFAULT_KIND = "constant";

  private static final WholeRange STEPS = new WholeRange(0, Long.MAX_VALUE);

  private ScheduleKinds() {}

  private static long warmupSteps(Block block) {
    return block.whole("warmupSteps", STEPS, 0);
  }

  private static double finalFraction(Block block) {
    return block.number("finalFraction", NumberRange.ZERO_TO_ONE, 0);
  }

  private static void writeWarmup(Schedule schedule, ObjectNode target) {
    target.put("warmupSteps", schedule.warmupSteps());
  }
}
