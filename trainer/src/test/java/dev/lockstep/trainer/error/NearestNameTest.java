package dev.lockstep.trainer.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  private static final List<String> NAMES =
      List.of("learningRate", "beta1", "beta2", "epsilon", "relu", "dense");

  @ParameterizedTest
  @CsvSource({
    "learning_rate, learningRate",
    "LEARNING-RATE, learningRate",
    "rleu, relu",
    "dens, dense",
    "epsilom, epsilon",
    "lear, learningRate"
  })
  void aMistypedNameIsRecognized(String typed, String meant) {
    assertThat(NearestName.of(typed, NAMES)).contains(meant);
  }

  @Test
  void aNameThatIsLikeNoneHasNoNearest() {
    assertThat(NearestName.of("convolution", NAMES)).isEmpty();
    assertThat(NearestName.of("", NAMES)).isEmpty();
    assertThat(NearestName.of("x".repeat(1000), NAMES)).isEmpty();
  }

  @Test
  void theFirstOfEquallyNearNamesWins() {
    assertThat(NearestName.of("beta", NAMES)).contains("beta1");
  }
}
