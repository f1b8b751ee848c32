package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.network.NetworkBuffers;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ready configurations under deploy/conf/lessons show what they say they show. */
final class LessonsTest {
  private static final double GUESSING = Math.log(2);
  private static final double SATURATED = 0.99;

  @TempDir private Path folder;

  private JsonNode train(String lesson, String... more) {
    Path configuration = Path.of("..", "deploy", "conf", "lessons", lesson + ".yaml");
    return Outcome.train(configuration, folder.resolve(lesson), more);
  }

  private double firstLoss(String lesson) {
    return Outcome.metrics(folder.resolve(lesson), "step").get(0).path("loss").asDouble();
  }

  /** Tensor {@code name} of the model that a lesson left. */
  private float[] tensor(String lesson, String name) {
    ModelArtifact model =
        ModelFolder.read(RunFolder.at(folder.resolve(lesson).toString(), new Configuration()));
    return model.network().layout().windows().stream()
        .filter(window -> window.name().equals(name))
        .map(
            window ->
                Arrays.copyOfRange(model.parameters().values(), window.offset(), window.end()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void zeroInitializationNeverBreaksSymmetry() {
    JsonNode summary = train("initialization-zeros");
    assertThat(firstLoss("initialization-zeros")).isCloseTo(GUESSING, within(1e-6));
    assertThat(summary.path("train").path("accuracy").asDouble()).isLessThan(0.55);
    assertThat(summary.path("diagnosis").asText()).startsWith("high bias");
    assertThat(summary.path("notes").toString())
        .contains("network.layers[0]", "network.layers[2]", "symmetry is never broken");
    for (String hidden : new String[] {"0.weight", "0.bias", "2.weight", "2.bias", "4.weight"}) {
      assertThat(tensor("initialization-zeros", hidden)).as(hidden).containsOnly(0f);
    }
    assertThat(tensor("initialization-zeros", "4.bias")[0]).isNotZero();
  }

  @Test
  void tooLargeInitializationStartsWithALargeLossAndSaturates() {
    JsonNode summary = train("initialization-large");
    assertThat(firstLoss("initialization-large")).isGreaterThan(5 * GUESSING);
    assertThat(summary.path("train").path("accuracy").asDouble()).isLessThan(0.7);
    assertThat(saturatedShare("initialization-large")).isGreaterThan(0.7);
  }

  @Test
  void theRightScaleStartsWhereGuessingDoesAndLearns() {
    JsonNode summary = train("initialization-xavier");
    assertThat(firstLoss("initialization-xavier")).isCloseTo(GUESSING, within(0.2));
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThan(0.98);
    assertThat(saturatedShare("initialization-xavier")).isLessThan(0.2);
  }

  /**
   * Share of the second hidden layer's units, over a grid of inputs, that the tanh has flattened.
   */
  private double saturatedShare(String lesson) {
    ModelArtifact model =
        ModelFolder.read(RunFolder.at(folder.resolve(lesson).toString(), new Configuration()));
    Network whole = model.network();
    Network hidden = new Network(whole.specs().subList(0, 4), whole.inputShape());
    float[] first = whole.initialParameters(3).values();
    int rows = 441;
    NetworkBuffers buffers = new NetworkBuffers(hidden, rows, false);
    for (int row = 0; row < rows; row++) {
      buffers.input()[2 * row] = (row % 21 - 10) / 10f;
      buffers.input()[2 * row + 1] = (row / 21 - 10) / 10f;
    }
    Pass pass = new Pass(hidden.layout());
    pass.evaluate(first, rows);
    hidden.forward(pass, buffers);
    int saturated = 0;
    for (int i = 0; i < rows * hidden.outputs(); i++) {
      saturated += Math.abs(buffers.output()[i]) > SATURATED ? 1 : 0;
    }
    return (double) saturated / (rows * hidden.outputs());
  }
}
