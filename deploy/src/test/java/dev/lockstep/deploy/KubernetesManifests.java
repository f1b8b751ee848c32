package dev.lockstep.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files in {@code deploy/kubernetes}. */
final class KubernetesManifests {
  /** Where they are. */
  static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/kubernetes");

  private static final ObjectMapper STRICT = strict();

  private KubernetesManifests() {}

  /** Kubernetes' own types, which otherwise keep what they do not know for the way back. */
  private static ObjectMapper strict() {
    ObjectMapper mapper = new ObjectMapper(new YAMLFactory());
    mapper.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    mapper.setAnnotationIntrospector(
        new JacksonAnnotationIntrospector() {
          @Override
          public Boolean hasAnySetter(Annotated field) {
            return false;
          }
        });
    return mapper;
  }

  /** The documents of a file. */
  static List<JsonNode> documents(Path file) throws IOException {
    try (MappingIterator<JsonNode> documents =
        new ObjectMapper(new YAMLFactory())
            .readerFor(JsonNode.class)
            .readValues(Files.readString(file))) {
      return documents.readAll();
    }
  }

  /** A document as one of Kubernetes' types; a field that the type has not is an error. */
  static <T> T typed(JsonNode document, Class<T> type) throws IOException {
    return STRICT.treeToValue(document, type);
  }

  /** The document of a kind in a file. */
  static <T> T read(String file, String kind, String name, Class<T> type) throws IOException {
    for (JsonNode document : documents(FOLDER.resolve(file))) {
      if (document.path("kind").asText().equals(kind)
          && document.path("metadata").path("name").asText().equals(name)) {
        return typed(document, type);
      }
    }
    throw new IOException("there is no " + kind + " " + name + " in " + file);
  }

  /** The job that looks after the registry: without a name, as each use gets another one. */
  static Job registryJob() throws IOException {
    return typed(documents(FOLDER.resolve("registry-job.yaml")).get(0), Job.class);
  }

  /** A config map with the files that {@code kustomization.yaml} puts into it. */
  static ConfigMap configMap(String name) throws IOException {
    ConfigMapBuilder map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("lockstep")
            .endMetadata();
    for (JsonNode generator :
        documents(FOLDER.resolve("kustomization.yaml")).get(0).path("configMapGenerator")) {
      if (generator.path("name").asText().equals(name)) {
        for (JsonNode file : generator.path("files")) {
          Path path = FOLDER.resolve(file.asText());
          map.addToData(path.getFileName().toString(), Files.readString(path));
        }
      }
    }
    return map.build();
  }
}
