package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.junit.jupiter.api.Test;

/** How the exit code reaches whoever started the program. */
final class EndOfTheProgramTest {
  @Test
  void theJvmIsEndedButWhereItIsYarnsAndAllIsWell() {
    assertThat(Main.mustEndTheJvm(0, properties("local[*]", "client"))).isTrue();
    assertThat(Main.mustEndTheJvm(0, new Properties())).isTrue();
    assertThat(Main.mustEndTheJvm(0, properties("yarn", "client"))).isTrue();
    assertThat(Main.mustEndTheJvm(0, properties("yarn", "cluster"))).isFalse();
    assertThat(Main.mustEndTheJvm(3, properties("yarn", "cluster"))).isTrue();
    assertThat(Main.mustEndTheJvm(0, properties("spark://host:7077", "cluster"))).isTrue();
  }

  private static Properties properties(String master, String deployMode) {
    Properties properties = new Properties();
    properties.setProperty("spark.master", master);
    properties.setProperty("spark.submit.deployMode", deployMode);
    return properties;
  }
}
