package dev.lockstep.deploy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The container image that {@code deploy/kubernetes/Dockerfile} describes, as far as it can be had
 * without a container engine: what its last stage copies is found in this build, its variables,
 * working folder, user and entry point are taken from it.
 *
 * @param copies what the image has beside its base: the place in the image, and where that is here
 * @param environment variables
 * @param folder the working folder
 * @param user number of the user
 * @param entryPoint program and arguments
 */
record KubernetesImage(
    Map<String, Path> copies,
    Map<String, String> environment,
    String folder,
    String user,
    List<String> entryPoint) {
  /** The folder of the unpacked distribution in the first stage. */
  static final String UNPACKED = "/unpacked/";

  /** Instructions of the last stage, continued lines joined. */
  static List<String> lastStage(Path dockerfile) throws IOException {
    List<String> stage = new ArrayList<>();
    for (String instruction : instructions(dockerfile)) {
      if (instruction.startsWith("FROM ")) {
        stage.clear();
      }
      stage.add(instruction);
    }
    return stage;
  }

  private static List<String> instructions(Path dockerfile) throws IOException {
    List<String> instructions = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    for (String line : Files.readAllLines(dockerfile)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      boolean goesOn = line.endsWith("\\");
      current.append(goesOn ? line.substring(0, line.length() - 1).strip() + " " : line.strip());
      if (!goesOn) {
        instructions.add(current.toString());
        current.setLength(0);
      }
    }
    return instructions;
  }

  /**
   * Reads a Dockerfile.
   *
   * @param distribution the unpacked distribution
   */
  static KubernetesImage of(Path dockerfile, Path distribution) throws IOException {
    Map<String, Path> copies = new LinkedHashMap<>();
    Map<String, String> environment = new LinkedHashMap<>();
    String folder = "/";
    String user = "";
    List<String> entryPoint = List.of();
    for (String instruction : lastStage(dockerfile)) {
      String[] words = instruction.split(" +", -1);
      switch (words[0]) {
        case "FROM" -> {}
        case "COPY" -> {
          // COPY --from=unpacked SOURCE... TARGET
          String target = words[words.length - 1];
          for (String source : List.of(words).subList(2, words.length - 1)) {
            String place = target.endsWith("/") ? target + Path.of(source).getFileName() : target;
            copies.put(
                place,
                source.startsWith(UNPACKED)
                    ? distribution.resolve(source.substring(UNPACKED.length()))
                    : Path.of(source));
          }
        }
        case "ENV" -> {
          for (String setting : List.of(words).subList(1, words.length)) {
            String[] parts = setting.split("=", 2);
            environment.put(parts[0], parts[1]);
          }
        }
        case "WORKDIR" -> folder = words[1];
        case "USER" -> user = words[1];
        case "ENTRYPOINT" ->
            entryPoint =
                List.of(
                    new ObjectMapper()
                        .readValue(instruction.substring("ENTRYPOINT".length()), String[].class));
        default -> throw new IOException("unexpected in the last stage: " + instruction);
      }
    }
    return new KubernetesImage(copies, environment, folder, user, entryPoint);
  }
}
