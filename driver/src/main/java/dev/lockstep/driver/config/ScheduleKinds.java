package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;

import dev.lockstep.trainer.schedule.Schedule;
import java.util.List;

/** The kinds of learning-rate schedules. */
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
              ScheduleKinds::readConstant,
              (schedule, target) -> {}));

  /** Kind of a {@code schedule} block that names none. */
  static final String DEFAULT_KIND = "constant";

  private ScheduleKinds() {}

  private static Schedule.Constant readConstant(Block block) {
    block.notYet("warmupSteps");
    return new Schedule.Constant();
  }
}
