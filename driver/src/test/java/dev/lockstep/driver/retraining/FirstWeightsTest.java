package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.config.NetworkSettings;
import dev.lockstep.driver.registry.ModelRegistry;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an earlier attempt began with, as far as its configuration tells. */
final class FirstWeightsTest {
  @TempDir private Path place;

  private FirstWeights ofEarlier(String stored, String given) {
    ModelRegistry registry = ModelRegistry.at(place.toString(), new Configuration());
    return FirstWeights.ofEarlier(
        registry, new NetworkSettings(List.of(), stored), new NetworkSettings(List.of(), given));
  }

  @Test
  void aVersionIsKnownByItsPathWithoutSecretsAndAfterItsRemoval() {
    String path = place + "/versions/v000007/model.safetensors";
    FirstWeights first = ofEarlier("hdfs://me:the value of LOCKSTEP_SECRET_X@host" + path, null);
    assertThat(first.version()).isEqualTo(7);
    assertThat(first.location()).endsWith(path).doesNotContain("LOCKSTEP_SECRET_X");
    assertThat(first.reason()).contains("v000007");
  }

  @Test
  void anythingElseIsTakenFromTheConfiguration() {
    assertThat(ofEarlier(null, null).location()).isNull();
    FirstWeights ofAnother =
        ofEarlier("/other/versions/v000007/model.safetensors", "/other/now.safetensors");
    assertThat(ofAnother.version()).isNull();
    assertThat(ofAnother.location()).isEqualTo("/other/now.safetensors");
  }
}
