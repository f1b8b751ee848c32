package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A saved model gives the metrics that its run ended with. */
final class EvaluateTest {
  private final TrainedRun run = TrainedRun.get();

  @TempDir private Path folder;

  private Outcome evaluate(Path model, String... more) {
    String[] arguments = new String[more.length + 4];
    arguments[0] = "evaluate";
    arguments[1] = model.toString();
    arguments[2] = "--master";
    arguments[3] = "local[2]";
    System.arraycopy(more, 0, arguments, 4, more.length);
    return Outcome.of(arguments);
  }

  private static void assertSame(JsonNode found, JsonNode expected) {
    assertThat(found.path("examples")).isEqualTo(expected.path("examples"));
    assertThat(found.path("accuracy")).isEqualTo(expected.path("accuracy"));
    assertThat(found.path("macroF1")).isEqualTo(expected.path("macroF1"));
    double loss = expected.path("loss").asDouble();
    assertThat(found.path("loss").asDouble()).isCloseTo(loss, within(1e-9 * loss));
  }

  @Test
  void theTestSplitOfItsConfigurationIsTheDefault() {
    Outcome outcome = evaluate(run.folder(), "--data", run.configuration().toString());
    assertThat(outcome.err()).isEmpty();
    assertSame(outcome.outAsJson(), run.summary().path("test"));
  }

  @Test
  void otherSplitsAreNamed() {
    Path model = run.folder().resolve("model");
    String resolved = run.folder().resolve("config.yaml").toString();
    assertSame(
        evaluate(model, "--data", resolved, "--split", "validation").outAsJson(),
        run.summary().path("validation"));
    assertSame(
        evaluate(model, "--data", resolved, "--split", "train").outAsJson(),
        run.summary().path("train"));
    Outcome none =
        evaluate(model, "--data", resolved, "--split", "test", "--set", "data.test.fraction=0");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("--split", "no test split");
  }

  @Test
  void aFileIsEvaluatedAsAWhole() {
    JsonNode all =
        evaluate(run.folder(), "--data", run.data().toString(), "--option", TrainedRun.DIALECT)
            .outAsJson();
    assertThat(all.path("examples").asInt()).isEqualTo(TrainedRun.ROWS);
    double right = 0;
    double loss = 0;
    for (String split : new String[] {"train", "validation", "test"}) {
      JsonNode part = run.summary().path(split);
      right += part.path("accuracy").asDouble() * part.path("examples").asInt();
      loss += part.path("loss").asDouble() * part.path("examples").asInt();
    }
    assertThat(all.path("accuracy").asDouble()).isCloseTo(right / TrainedRun.ROWS, within(1e-12));
    assertThat(all.path("loss").asDouble()).isCloseTo(loss / TrainedRun.ROWS, within(1e-9));
  }

  @Test
  void aLabelThatTheModelDoesNotKnowIsADataError() throws IOException {
    Path rows =
        Files.writeString(
            folder.resolve("dog.csv"), "length,height,weight,animal\n1,2,3,ant\n1,2,3,dog\n");
    Outcome outcome = evaluate(run.folder(), "--data", rows.toString());
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .contains("dog.csv", "row 2", "column 'animal'", "'dog'")
        .doesNotContain("\tat ");
  }

  @Test
  void aModelThatIsDamagedIsADataError() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : new String[] {"model.json", "preprocessing.json", "model.safetensors"}) {
      Files.copy(run.folder().resolve("model").resolve(file), model.resolve(file));
    }
    byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
    Files.write(model.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length - 4));
    Outcome outcome =
        evaluate(model, "--data", run.data().toString(), "--option", TrainedRun.DIALECT);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("model.safetensors").doesNotContain("\tat ");
  }
}
