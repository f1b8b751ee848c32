package dev.lockstep.driver.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every configuration that people are given to begin with has only keys that there are. */
final class ExamplesTest {
  private static final Path REPOSITORY = Path.of("..");
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
  private static final Map<String, String> ENVIRONMENT = Map.of("RUN_DATE", "2026-01-31");
  private static final String NETWORK = "network: {layers: [{kind: dense, units: 2}]}\n";

  /** The files that {@code train}, {@code tune} and {@code retrain} are started with. */
  static List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String folder : List.of("deploy/conf", "deploy/kubernetes/config")) {
      files.addAll(filesIn(folder, ".yaml"));
    }
    return files;
  }

  private static List<Path> filesIn(String folder, String extension) throws IOException {
    try (Stream<Path> tree = Files.walk(REPOSITORY.resolve(folder))) {
      return tree.filter(file -> file.toString().endsWith(extension)).sorted().toList();
    }
  }

  /** The configurations in documents; what is shown of retraining has no network. */
  static List<String> blocks() throws IOException {
    List<Path> documents = new ArrayList<>(filesIn("deploy", ".md"));
    documents.removeIf(document -> document.toString().contains("/target/"));
    documents.add(REPOSITORY.resolve("README.md"));
    List<String> blocks = new ArrayList<>();
    for (Path document : documents) {
      Matcher block = BLOCK.matcher(Files.readString(document));
      while (block.find()) {
        String text = block.group(1);
        blocks.add(text.contains("\nnetwork:") ? text : NETWORK + text);
      }
    }
    return blocks;
  }

  @Test
  void allOfThemAreFound() throws IOException {
    assertThat(files().stream().map(file -> file.getFileName().toString()))
        .contains("digits.yaml", "digits-tune.yaml", "train.yaml", "retrain.yaml");
    assertThat(blocks()).hasSizeGreaterThanOrEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileIsAConfiguration(Path file) {
    RunConfiguration read = ConfigurationReader.read(file.toString(), List.of(), ENVIRONMENT);
    assertThat(read.network().layers()).isNotEmpty();
    assertThat(read.retraining() != null).as("retrains").isEqualTo(file.endsWith("retrain.yaml"));
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void aBlockOfADocumentIsAConfiguration(String block) {
    assertThat(Configurations.read(block, ENVIRONMENT).data()).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("files")
  void aMisspeltKeyIsFound(Path file) throws IOException {
    String misspelt = Files.readString(file).replaceFirst("(?m)^training:", "trainin:");
    assertThat(Configurations.errorOf(misspelt, ENVIRONMENT)).contains("trainin", "training");
  }
}
