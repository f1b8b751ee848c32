package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SparkStartTest {
  /** Identifiers as Spark gives them: by a standalone master, by itself, by other masters. */
  @Test
  void aMasterThatAcceptsGivesTheIdentifier() {
    assertThat(SparkStart.isRefused("spark://host:7077", "app-20260102030405-0000")).isFalse();
    assertThat(SparkStart.isRefused("spark://host:7077", "spark-application-1767323045000"))
        .isTrue();
    assertThat(SparkStart.isRefused("local[2]", "local-1767323045000")).isFalse();
    assertThat(SparkStart.isRefused("k8s://https://host:6443", "spark-application-1767323045000"))
        .isFalse();
  }
}
