package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.folder.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start of an application knows of itself. */
final class ApplicationAttemptTest {
  @Test
  void onlyALaterAttemptIsARestart() {
    assertThat(new ApplicationAttempt("application_1_0001", 1, true).isRestart()).isFalse();
    assertThat(new ApplicationAttempt("application_1_0001", 2, true).isRestart()).isTrue();
    assertThat(new ApplicationAttempt("local-1", null, false).isRestart()).isFalse();
  }

  @Test
  void aRestartGoesOnWithWhatItsApplicationBeganOnly(@TempDir Path place) throws IOException {
    RunFolder folder = RunFolder.at(place.resolve("run").toString(), new Configuration());
    ApplicationAttempt second = new ApplicationAttempt("application_1_0001", 2, true);
    assertThat(second.hasBegun(folder)).isFalse();
    folder.create();
    RunFiles.writeApplication(folder, new ApplicationAttempt("local-1", null, false));
    assertThat(place.resolve("run")).isEmptyDirectory();
    RunFiles.writeApplication(folder, new ApplicationAttempt("application_1_0001", 1, true));
    assertThat(second.hasBegun(folder)).isTrue();
    assertThat(TrainingRun.isIn(folder)).as("so that it is gone on with").isTrue();
    assertThat(new ApplicationAttempt("application_1_0001", 1, true).hasBegun(folder)).isFalse();
    assertThat(new ApplicationAttempt("application_1_0002", 2, true).hasBegun(folder)).isFalse();
  }

  @Test
  void attemptsAreCountedWhereTheClusterGivesNumbers() {
    assertThat(ApplicationAttempt.number("2")).isEqualTo(2);
    assertThat(ApplicationAttempt.number("appattempt_x")).isNull();
  }

  @Test
  void everyAttemptOnTheClusterComesToTheSameStamp() {
    assertThat(new ApplicationAttempt("application_1_0001", 1, true).stamp("20261125-020000"))
        .isEqualTo(new ApplicationAttempt("application_1_0001", 2, true).stamp("20261125-030000"))
        .isEqualTo("application_1_0001");
    assertThat(new ApplicationAttempt("local-1", null, false).stamp("20261125-020000"))
        .isEqualTo("20261125-020000");
  }

  @Test
  void onThisMachineThereAreNoAttempts() {
    try (Lockstep lockstep = Lockstep.start("local[1]")) {
      JavaSparkContext spark = lockstep.spark();
      assertThat(ApplicationAttempt.of(spark))
          .isEqualTo(new ApplicationAttempt(spark.sc().applicationId(), null, false));
    }
  }
}
