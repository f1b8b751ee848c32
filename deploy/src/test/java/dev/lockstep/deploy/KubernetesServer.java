package dev.lockstep.deploy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API server on the loopback interface: fabric8's mock server, which keeps objects and tells
 * watchers, with what Spark needs beyond that, and with rights. Whoever brings the token of a known
 * account may do what the account's rules say, and is refused all else; without a token everything
 * is allowed. What was asked is kept.
 */
final class KubernetesServer implements AutoCloseable {
  private static final Pattern PATH =
      Pattern.compile("/api/v1/namespaces/([^/]+)/([a-z]+)(?:/([^/?]+))?(/[^?]+)?(?:\\?(.*))?");
  private static final String BEARER = "Bearer ";

  /** It tells of every request. A field, since loggers that nobody holds are forgotten. */
  private static final Logger REQUESTS = Logger.getLogger(MockWebServer.class.getName());

  private final Map<String, List<PolicyRule>> accounts = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> asked = new ConcurrentHashMap<>();
  private final Set<String> refused = new ConcurrentSkipListSet<>();
  private final KubernetesMockServer server;
  private final KubernetesClient client;

  /** Starts one on a free port. */
  KubernetesServer() {
    REQUESTS.setLevel(Level.WARNING);
    server =
        new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new Store(), false);
    server.init(InetAddress.getLoopbackAddress(), 0);
    Config config =
        new ConfigBuilder()
            .withMasterUrl(url())
            .withNamespace("lockstep")
            .withAutoConfigure(false)
            .build();
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  /** Where it listens. */
  String url() {
    return "http://127.0.0.1:" + server.getPort();
  }

  /** Somebody who may do everything. */
  KubernetesClient client() {
    return client;
  }

  /** Makes an account known, with its name for a token. */
  void allow(String account, List<PolicyRule> rules) {
    accounts.put(account, rules);
  }

  /** What an account has asked for, such as {@code create pods}. */
  Set<String> asked(String account) {
    return new TreeSet<>(asked.getOrDefault(account, Set.of()));
  }

  /** What was refused: account, verb, resource. */
  Set<String> refused() {
    return new TreeSet<>(refused);
  }

  @Override
  public void close() {
    client.close();
    server.destroy();
  }

  private boolean isAllowed(String account, String verb, String resource) {
    return accounts.getOrDefault(account, List.of()).stream()
        .anyMatch(
            rule ->
                rule.getApiGroups().contains("")
                    && rule.getResources().contains(resource)
                    && rule.getVerbs().contains(verb));
  }

  /** The objects and what is done with them. */
  private final class Store extends KubernetesCrudDispatcher {
    @Override
    public MockResponse dispatch(RecordedRequest request) {
      String authorization = request.getHeader("Authorization");
      if (authorization != null && authorization.startsWith(BEARER)) {
        String account = authorization.substring(BEARER.length());
        String resource = resource(request);
        for (String verb : verbs(request)) {
          asked
              .computeIfAbsent(account, unknown -> new ConcurrentSkipListSet<>())
              .add(verb + " " + resource);
          if (!isAllowed(account, verb, resource)) {
            refused.add(account + ": " + verb + " " + resource);
            return forbidden(verb + " " + resource + " is not allowed to " + account);
          }
        }
      }
      return super.dispatch(request);
    }

    /** Applying needs the right to create as well, where there may be no such object yet. */
    private List<String> verbs(RecordedRequest request) {
      return isApply(request) ? List.of("create", "patch") : List.of(verb(request));
    }

    private boolean isApply(RecordedRequest request) {
      return String.valueOf(request.getHeader("Content-Type")).contains("apply-patch");
    }

    private String verb(RecordedRequest request) {
      Matcher path = PATH.matcher(request.getPath());
      boolean one = path.matches() && path.group(3) != null;
      boolean watch =
          path.matches() && path.group(5) != null && path.group(5).contains("watch=true");
      return switch (request.getMethod()) {
        case "POST" -> "create";
        case "PUT" -> "update";
        case "PATCH" -> "patch";
        case "DELETE" -> one ? "delete" : "deletecollection";
        default -> watch ? "watch" : one ? "get" : "list";
      };
    }

    private String resource(RecordedRequest request) {
      Matcher path = PATH.matcher(request.getPath());
      if (!path.matches()) {
        return request.getPath();
      }
      return path.group(2) + (path.group(4) == null ? "" : path.group(4));
    }

    private MockResponse forbidden(String message) {
      return new MockResponse()
          .setResponseCode(403)
          .setHeader("Content-Type", "application/json")
          .setBody(
              Serialization.asJson(
                  new StatusBuilder()
                      .withCode(403)
                      .withReason("Forbidden")
                      .withMessage(message)
                      .build()));
    }

    /** A pod waits for a node; Spark looks at its phase and its age. */
    @Override
    public MockResponse handleCreate(RecordedRequest request) {
      if (!resource(request).equals("pods")) {
        return super.handleCreate(request);
      }
      Pod pod = Serialization.unmarshal(request.getUtf8Body(), Pod.class);
      Pod pending =
          new PodBuilder(pod)
              .editMetadata()
              .withCreationTimestamp(Instant.now().toString())
              .endMetadata()
              .withNewStatus()
              .withPhase("Pending")
              .endStatus()
              .build();
      return super.handleCreate(
          with(request, HttpMethod.POST, request.getPath(), request.getHeaders(), pending));
    }

    /** Applying is creating where there is no such object yet, and merging where there is. */
    @Override
    public MockResponse handlePatch(RecordedRequest request) {
      if (!isApply(request)) {
        return super.handlePatch(request);
      }
      String path = request.getPath().replaceAll("\\?.*", "");
      Object object =
          Serialization.unmarshal(request.getUtf8Body(), GenericKubernetesResource.class);
      boolean exists = handleGet(path).code() == 200;
      Headers headers =
          Headers.builder()
              .add("Content-Type", exists ? "application/merge-patch+json" : "application/json")
              .build();
      return exists
          ? super.handlePatch(with(request, HttpMethod.PATCH, path, headers, object))
          : handleCreate(
              with(
                  request,
                  HttpMethod.POST,
                  path.substring(0, path.lastIndexOf('/')),
                  headers,
                  object));
    }

    private RecordedRequest with(
        RecordedRequest request, HttpMethod method, String path, Headers headers, Object body) {
      byte[] json = Serialization.asJson(body).getBytes(StandardCharsets.UTF_8);
      return new RecordedRequest(request.getHttpVersion(), method, path, headers, new Buffer(json));
    }
  }
}
