package dev.lockstep.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.schedule.Schedule.Position;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void everyScheduleIsCovered() {
    assertThat(Set.of(Schedule.class.getPermittedSubclasses()))
        .isEqualTo(Set.of(Schedule.Constant.class));
  }

  @Test
  void constantRateStays() {
    Schedule schedule = new Schedule.Constant();
    for (long step : new long[] {1, 2, 1000}) {
      assertThat(schedule.rate(0.3, new Position(step, 1000, (int) step / 10))).isEqualTo(0.3);
    }
  }
}
