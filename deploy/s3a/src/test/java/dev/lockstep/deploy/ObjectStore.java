package dev.lockstep.deploy;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A server that speaks S3 on the loopback interface, as a process that keeps objects in memory,
 * with one bucket; and the settings by which Hadoop's S3A finds it.
 */
final class ObjectStore implements AutoCloseable {
  /** What its URIs begin with. */
  static final String BUCKET = "s3a://models";

  /** What nobody else knows, and what must not be told. */
  static final String SECRET = "the-credential-of-this-test";

  private static final Path TARGET = JavaProcess.ROOT.resolve("deploy/s3a/target");
  private static final String IDENTITY = "identity-of-this-test";

  private final JavaProcess server;
  private final String endpoint;

  private ObjectStore(JavaProcess server, String endpoint) {
    this.server = server;
    this.endpoint = endpoint;
  }

  /**
   * Starts one and waits until it has its bucket.
   *
   * @param logs folder for what it prints
   */
  static ObjectStore start(Path logs) throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String endpoint = "http://127.0.0.1:" + port;
    Path settings = logs.resolve("server.properties");
    Files.writeString(
        settings,
        String.join(
            "\n",
            "s3proxy.endpoint=" + endpoint,
            "s3proxy.authorization=aws-v2-or-v4",
            "s3proxy.identity=" + IDENTITY,
            "s3proxy.credential=" + SECRET,
            // Conditions on copying, which S3A sends and this server does not know.
            "s3proxy.ignore-unknown-headers=true",
            "jclouds.provider=transient",
            "jclouds.identity=unused",
            "jclouds.credential=unused",
            ""));
    Path logging = logs.resolve("logback.xml");
    Files.writeString(
        logging,
        """
        <configuration>
          <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
            <encoder><pattern>%d %level %logger: %msg%n</pattern></encoder>
          </appender>
          <root level="warn"><appender-ref ref="console"/></root>
        </configuration>
        """);
    List<String> options =
        List.of(
            "-Xmx512m",
            "-Dlogback.configurationFile=" + logging,
            "-cp",
            String.join(
                File.pathSeparator,
                TARGET.resolve("s3proxy/jars") + File.separator + "*",
                clientClassPath()));
    JavaProcess server =
        JavaProcess.start(
            logs,
            "server",
            options,
            "org.gaul.s3proxy.Main",
            List.of("--properties", settings.toString()));
    ObjectStore store = new ObjectStore(server, endpoint);
    try {
      Waiting.until("the server makes a bucket", store::makesBucket);
      return store;
    } catch (InterruptedException | RuntimeException | Error failure) {
      server.close();
      throw failure;
    }
  }

  private boolean makesBucket() {
    if (!server.isAlive()) {
      throw new AssertionError("the server ended: " + server.output() + server.errors());
    }
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(URI.create(endpoint))
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create(IDENTITY, SECRET)))
            .httpClientBuilder(Apache5HttpClient.builder())
            .build()) {
      client.createBucket(request -> request.bucket(URI.create(BUCKET).getHost()));
      return true;
    } catch (SdkException notYet) {
      return false;
    }
  }

  /** Hadoop's settings for it. */
  Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    settings.put("fs.s3a.endpoint", endpoint);
    settings.put("fs.s3a.endpoint.region", "us-east-1");
    settings.put("fs.s3a.path.style.access", "true");
    settings.put("fs.s3a.access.key", IDENTITY);
    settings.put("fs.s3a.secret.key", SECRET);
    return settings;
  }

  /** Its bucket, as Hadoop sees it. */
  FileSystem files() throws IOException {
    Configuration hadoop = new Configuration();
    settings().forEach(hadoop::set);
    return FileSystem.newInstance(URI.create(BUCKET), hadoop);
  }

  /** What a JVM needs on its class path besides Spark. */
  static String clientClassPath() {
    return TARGET.resolve("s3a/jars") + File.separator + "*";
  }

  @Override
  public void close() {
    server.close();
  }
}
