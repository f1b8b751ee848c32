package dev.lockstep.driver.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RecentSteps;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.run.FinishedRun;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.driver.run.TrainingRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Spark's own sinks show of a real run, over HTTP and in files, and whether dashboard, alerts
 * and documentation speak of what there is.
 */
final class MonitoringTest {
  private static final Path DEPLOY = Path.of("..", "deploy");
  private static final String PREFIX = "metrics_spark_driver_lockstep_";
  private static final List<String> TROUBLES =
      List.of("executorsLost", "tasksFailed", "stagesFailed", "stagesRetried");

  private static final int LOOK_AFTER = 35;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private static final String DIGITS =
      """
      name: digits
      data: {format: bundled, name: digits, validation: {fraction: 0.1}, test: {fraction: 0.1}}
      network: {layers: [{kind: dense, units: 16}, relu, {kind: dense, units: 10}]}
      optimizer: {kind: adam}
      schedule: {kind: cosine}
      training: {epochs: 3, batchSize: 64, shards: 2, synchronizer: local, checkpoint: {everySteps: 10}}
      """;

  @TempDir private static Path folder;

  private static SparkSession session;
  private static JavaSparkContext spark;
  private static final List<Event> EVENTS = new ArrayList<>();
  private static FinishedRun run;

  /** Prometheus' text before, within and after the run, as values by name. */
  private static Map<String, Double> before;

  private static Map<String, Double> within;
  private static Map<String, Double> after;

  @BeforeAll
  static void train() throws Exception {
    Files.createDirectories(folder.resolve("csv"));
    String sink = "spark.metrics.conf.*.sink.";
    session =
        SparkStart.start(
            "monitoring",
            "local[2]",
            Map.of(
                "spark.ui.enabled",
                "true",
                "spark.ui.port",
                "0",
                "spark.metrics.namespace",
                "spark",
                sink + "prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet",
                sink + "prometheusServlet.path",
                "/metrics/prometheus",
                sink + "csv.class",
                "org.apache.spark.metrics.sink.CsvSink",
                sink + "csv.directory",
                folder.resolve("csv").toString(),
                sink + "csv.unit",
                "hours"));
    spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    before = scraped();
    int[] asked = {0};
    RunFolder output = RunFolder.at(folder.resolve("run").toString(), spark.hadoopConfiguration());
    try (ChampionMetrics champion =
        ChampionMetrics.show(Clock.fixed(Instant.ofEpochSecond(1_000), ZoneOffset.UTC))) {
      champion.championIs(12, Instant.ofEpochSecond(400));
      train(
          DIGITS,
          output,
          StartMode.NEW,
          () -> {
            if (asked[0]++ == LOOK_AFTER) {
              within = scraped();
            }
            return false;
          },
          EVENTS);
    }
    run = FinishedRun.read(output);
    Files.createDirectories(folder.resolve("first"));
    try (Stream<Path> files = Files.list(folder.resolve("csv"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve("first").resolve(file.getFileName()));
      }
    }
    after = scraped();
  }

  private interface Question {
    boolean stop();
  }

  private static RunSummary train(
      String yaml,
      RunFolder output,
      StartMode mode,
      Question question,
      List<Event> events,
      String... overrides) {
    return new TrainingRun(
            spark,
            ConfigurationReader.read(yaml, "test", null, List.of(overrides), Map.of()),
            output,
            mode,
            steps -> ProgressPrinter.notesOnly(new PrintStream(new ByteArrayOutputStream())),
            question::stop,
            message -> {},
            events::add)
        .execute();
  }

  @AfterAll
  static void stop() {
    session.stop();
  }

  /** What Prometheus would get now. */
  private static Map<String, Double> scraped() {
    int port = URI.create(spark.sc().uiWebUrl().get()).getPort();
    URI place = URI.create("http://127.0.0.1:" + port + "/metrics/prometheus/");
    try {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(place).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      Map<String, Double> values = new LinkedHashMap<>();
      for (String line : response.body().lines().toList()) {
        Matcher sample =
            Pattern.compile("([a-zA-Z0-9_:]+)\\{type=\"[a-z]+\"} (\\S+)").matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        values.put(sample.group(1), Double.valueOf(sample.group(2)));
      }
      return values;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interruption) {
      throw new IllegalStateException(interruption);
    }
  }

  private static Set<String> ours(Map<String, Double> values) {
    Set<String> names = new LinkedHashSet<>(values.keySet());
    names.removeIf(name -> !name.startsWith(PREFIX));
    return names;
  }

  private static double training(Map<String, Double> values, String name) {
    Double value = values.get(PREFIX + "training_" + name.replace('.', '_') + "_Value");
    assertThat(value).as(name).isNotNull();
    return value;
  }

  /** The last value that the CSV sink wrote of a metric. */
  private static double inFile(String name, String column) throws IOException {
    return inFile(folder.resolve("csv"), name, column);
  }

  /** The same as the first run of this class left it. */
  private static double ofFirst(String name, String column) throws IOException {
    return inFile(folder.resolve("first"), name, column);
  }

  private static double inFile(Path files, String name, String column) throws IOException {
    List<String> lines =
        Files.readAllLines(
            files.resolve("spark.driver.lockstep.training." + name + ".csv"),
            StandardCharsets.UTF_8);
    List<String> columns = List.of(lines.get(0).split(",", -1));
    String[] last = lines.get(lines.size() - 1).split(",", -1);
    return Double.parseDouble(last[columns.indexOf(column)]);
  }

  @Test
  void theMetricsAreThereWhileTheRunIs() {
    assertThat(ours(before)).isEmpty();
    assertThat(ours(within)).isNotEmpty();
    assertThat(ours(after)).isEmpty();
  }

  @Test
  void prometheusSeesWhatTheMetricsFileHas() {
    StepRecord step = run.metrics().steps().get(LOOK_AFTER - 1);
    assertThat(training(within, "step")).isEqualTo(LOOK_AFTER);
    assertThat(training(within, "epoch")).isEqualTo(step.epoch());
    assertThat(training(within, "totalSteps")).isEqualTo((double) run.summary().steps());
    assertThat(training(within, "loss")).isEqualTo(step.loss());
    assertThat(training(within, "gradientNorm")).isEqualTo(step.gradientNorm());
    assertThat(training(within, "learningRate")).isEqualTo(step.learningRate());
    RecentSteps recent = new RecentSteps();
    long examples = 0;
    for (StepRecord record : run.metrics().steps().subList(0, LOOK_AFTER)) {
      recent.add(record);
      examples += record.examples();
    }
    assertThat(training(within, "examplesPerSecond")).isEqualTo(recent.examplesPerSecond());
    assertThat(within.get(PREFIX + "training_examples_Count")).isEqualTo((double) examples);
    assertThat(within.get(PREFIX + "training_stepMicroseconds_total_Count")).isEqualTo(LOOK_AFTER);
    // The epoch before.
    assertThat(training(within, "train.loss"))
        .isEqualTo(run.metrics().epochs().get(0).train().loss());
    assertThat(training(within, "validation.loss"))
        .isEqualTo(run.metrics().epochs().get(0).validation().loss());
    assertThat(training(within, "validation.accuracy"))
        .isEqualTo(run.metrics().epochs().get(0).validation().values().get("accuracy"));
    assertThat(training(within, "checkpoint.written")).isEqualTo(3);
    assertThat(training(within, "checkpoint.stepsBehind")).isEqualTo(LOOK_AFTER - 30);
    assertThat(training(within, "checkpoint.ageSeconds")).isPositive();
    assertThat(training(within, "outcome")).isZero();
    assertThat(training(within, "attempt")).isEqualTo(1);
  }

  @Test
  void sinksThatReportNowAndThenHaveTheLastValues() throws IOException {
    RunSummary summary = run.summary();
    List<StepRecord> steps = run.metrics().steps();
    StepRecord last = steps.get(steps.size() - 1);
    assertThat(ofFirst("step", "value")).isEqualTo((double) summary.steps());
    assertThat(ofFirst("loss", "value")).isEqualTo(last.loss());
    assertThat(ofFirst("train.loss", "value"))
        .isEqualTo(run.metrics().epochs().get(2).train().loss());
    assertThat(ofFirst("validation.loss", "value")).isEqualTo(summary.validation().loss());
    assertThat(ofFirst("checkpoint.written", "value"))
        .isEqualTo(summary.history().checkpointsWritten());
    assertThat(ofFirst("checkpoint.secondsWriting", "value"))
        .isEqualTo(summary.history().secondsWriting());
    assertThat(ofFirst("checkpoint.secondsWaited", "value"))
        .isEqualTo(summary.history().secondsWaited());
    assertThat(ofFirst("outcome", "value")).isEqualTo(RunOutcome.COMPLETED.number());
    assertThat(ofFirst("returns", "value")).isZero();
    assertThat(ofFirst("badRows", "value")).isZero();
    assertThat(ofFirst("stepMicroseconds.total", "count")).isEqualTo(steps.size());
    List<Long> microseconds =
        steps.stream().map(step -> Math.round(step.seconds().total() / 1e-6)).sorted().toList();
    assertThat(ofFirst("stepMicroseconds.total", "p50"))
        .isEqualTo(microseconds.get(microseconds.size() / 2).doubleValue());
    assertThat(ofFirst("stepMicroseconds.total", "max"))
        .isEqualTo(microseconds.get(microseconds.size() - 1).doubleValue());
    for (String trouble : TROUBLES) {
      assertThat(ofFirst(trouble, "value")).as(trouble).isZero();
    }
    assertThat(ofFirst("examples", "count"))
        .isEqualTo((double) steps.stream().mapToLong(StepRecord::examples).sum());
  }

  @Test
  void theRegistryShowsItsChampion() {
    assertThat(within.get(PREFIX + "registry_champion_version_Value")).isEqualTo(12);
    assertThat(within.get(PREFIX + "registry_champion_publishedSeconds_Value")).isEqualTo(400);
    assertThat(within.get(PREFIX + "registry_champion_ageSeconds_Value")).isEqualTo(600);
  }

  @Test
  void everyStepOfTheRunsLifeIsToldOnce() {
    assertThat(kinds(EVENTS))
        .startsWith("runStarted", "dataPrepared", "trainingStarted", "checkpointWritten 10")
        .endsWith("epochFinished 69", "completed 69")
        .containsOnlyOnce("epochFinished 23", "epochFinished 46", "checkpointWritten 60")
        .hasSize(3 + 3 + 6 + 1);
    assertThat(EVENTS)
        .allMatch(event -> event.run().run().equals(folder.resolve("run").toString()))
        .allMatch(event -> event.run().application().equals(spark.sc().applicationId()))
        .allMatch(event -> event.run().attempt() == 1);
    Event data = EVENTS.get(1);
    assertThat(data.fields()).containsEntry("trainExamples", 1437L).containsEntry("badRows", 0L);
    Event last = EVENTS.get(EVENTS.size() - 1);
    assertThat(last.fields())
        .containsEntry("testLoss", run.summary().test().loss())
        .containsEntry("testAccuracy", run.summary().test().values().get("accuracy"));
  }

  private static List<String> kinds(List<Event> events) {
    return events.stream()
        .map(
            event ->
                event.kind().key()
                    + (event.fields().containsKey("step")
                            && event.kind() != EventKind.TRAINING_STARTED
                        ? " " + event.fields().get("step")
                        : ""))
        .toList();
  }

  @Test
  void anInterruptedAttemptAndTheOneAfterItBelongToOneRun() throws IOException {
    RunFolder output = RunFolder.at(folder.resolve("two").toString(), spark.hadoopConfiguration());
    List<Event> events = new ArrayList<>();
    int[] asked = {0};
    train(DIGITS, output, StartMode.NEW, () -> asked[0]++ >= 25, events);
    assertThat(kinds(events))
        .containsExactly(
            "runStarted",
            "dataPrepared",
            "trainingStarted",
            "checkpointWritten 10",
            "checkpointWritten 20",
            "epochFinished 23",
            "checkpointWritten 25",
            "interrupted 25");
    events.clear();
    train(DIGITS, output, StartMode.RESUME, () -> false, events);
    assertThat(kinds(events))
        .startsWith("runStarted", "dataPrepared", "runResumed 25", "trainingStarted")
        .endsWith("completed 69");
    assertThat(events.get(2).run().attempt()).isEqualTo(2);
    assertThat(events.get(events.size() - 1).run().attempt()).isEqualTo(2);
    assertThat(inFile("attempt", "value")).isEqualTo(2);

    events.clear();
    train(DIGITS, output, StartMode.RESUME, () -> false, events);
    assertThat(events).as("nothing is left to do").isEmpty();
  }

  @Test
  void aRunThatDivergesSaysHowOftenItReturned() throws IOException {
    RunFolder output = RunFolder.at(folder.resolve("wild").toString(), spark.hadoopConfiguration());
    List<Event> events = new ArrayList<>();
    assertThat(
            catchThrowable(
                () ->
                    train(
                        DIGITS,
                        output,
                        StartMode.NEW,
                        () -> false,
                        events,
                        "optimizer={kind: sgd, learningRate: 1e12}",
                        "schedule=constant",
                        "training.onDivergence={reduceRate: 0.9, retries: 2}")))
        .hasMessageContaining("diverged");
    assertThat(kinds(events))
        .filteredOn(kind -> kind.startsWith("returned"))
        .containsExactly("returnedAfterDivergence 0", "returnedAfterDivergence 0");
    Event last = events.get(events.size() - 1);
    assertThat(last.kind()).isEqualTo(EventKind.DIVERGED);
    assertThat(last.message()).contains("diverged at step");
    assertThat(events).filteredOn(event -> event.kind() == EventKind.DIVERGED).hasSize(1);
    assertThat(inFile("returns", "value")).isEqualTo(2);
    assertThat(inFile("outcome", "value")).isEqualTo(RunOutcome.DIVERGED.number());
    long repeated = 0;
    for (Event event : events) {
      if (event.kind() == EventKind.RETURNED) {
        repeated += (Long) event.fields().get("fromStep");
      }
    }
    assertThat(inFile("repeatedSteps", "value")).isEqualTo((double) repeated);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tree", "barrier"})
  void aRunThatNothingHappensToHasNothingToRepeat(String synchronizer) throws IOException {
    RunFolder output =
        RunFolder.at(folder.resolve(synchronizer).toString(), spark.hadoopConfiguration());
    train(
        DIGITS,
        output,
        StartMode.NEW,
        () -> false,
        new ArrayList<>(),
        "training.synchronizer=" + synchronizer,
        "training.epochs=1");
    for (String trouble : TROUBLES) {
      assertThat(inFile(trouble, "value")).as(trouble).isZero();
    }
  }

  @Test
  void aRunThatFailsSaysWhy() throws IOException {
    RunFolder output = RunFolder.at(folder.resolve("lost").toString(), spark.hadoopConfiguration());
    List<Event> events = new ArrayList<>();
    assertThat(
            catchThrowable(
                () ->
                    train(
                        DIGITS,
                        output,
                        StartMode.NEW,
                        () -> false,
                        events,
                        "data={format: csv, path: " + folder.resolve("none.csv") + ", label: y}")))
        .isNotNull();
    assertThat(kinds(events)).containsExactly("runStarted", "failed 0");
    assertThat(events.get(1).fields()).containsEntry("kind", "data");
    assertThat(events.get(1).message()).contains("none.csv");
    assertThat(inFile("outcome", "value")).isEqualTo(RunOutcome.FAILED.number());
  }

  /** Names of metrics in a query of Prometheus. */
  private static Set<String> names(String query) {
    Set<String> names = new TreeSet<>();
    Matcher name = Pattern.compile("\\b(metrics_[A-Za-z0-9_]+)").matcher(query);
    while (name.find()) {
      names.add(name.group(1));
    }
    return names;
  }

  @Test
  void theDashboardShowsWhatThereIs() throws IOException {
    JsonNode dashboard =
        JSON.readTree(DEPLOY.resolve("monitoring/grafana-dashboard.json").toFile());
    assertThat(dashboard.path("uid").asText()).isNotEmpty();
    assertThat(dashboard.path("title").asText()).isNotEmpty();
    assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
    assertThat(dashboard.path("templating").path("list"))
        .map(variable -> variable.path("name").asText())
        .containsExactly("datasource", "application", "instance");
    Set<Integer> ids = new LinkedHashSet<>();
    Set<String> shown = new TreeSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as("id of " + panel.path("title")).isTrue();
      assertThat(panel.path("title").asText()).isNotEmpty();
      JsonNode place = panel.path("gridPos");
      assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(24);
      for (JsonNode target : panel.path("targets")) {
        String query = target.path("expr").asText();
        assertThat(names(query)).as(query).isNotEmpty();
        assertThat(query).contains("application=~\"$application\"");
        assertThat(target.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
        shown.addAll(names(query));
      }
    }
    for (JsonNode variable : dashboard.path("templating").path("list")) {
      shown.addAll(names(variable.path("query").toString()));
    }
    assertThat(within.keySet()).containsAll(shown);
    // Nothing of what was asked for is left out.
    assertThat(shown)
        .map(name -> name.replaceAll("_(Value|Count|Mean|[0-9]+thPercentile)$", ""))
        .contains(
            PREFIX + "training_loss",
            PREFIX + "training_examplesPerSecond",
            PREFIX + "training_stepMicroseconds_compute",
            PREFIX + "training_checkpoint_ageSeconds",
            PREFIX + "training_returns",
            PREFIX + "training_badRows");
  }

  @Test
  void theAlertsWatchWhatThereIs() throws IOException {
    JsonNode groups =
        YAML.readTree(DEPLOY.resolve("monitoring/prometheus-alerts.yaml").toFile()).path("groups");
    assertThat(groups).isNotEmpty();
    Set<String> alerts = new LinkedHashSet<>();
    Set<String> watched = new TreeSet<>();
    for (JsonNode group : groups) {
      for (JsonNode rule : group.path("rules")) {
        String name = rule.path("alert").asText();
        assertThat(alerts.add(name)).as(name).isTrue();
        assertThat(rule.path("expr").asText()).as(name).isNotEmpty();
        assertThat(rule.path("labels").path("severity").asText())
            .isIn("info", "warning", "critical");
        assertThat(rule.path("annotations").path("summary").asText()).as(name).isNotEmpty();
        assertThat(rule.path("annotations").path("description").asText()).as(name).isNotEmpty();
        watched.addAll(names(rule.path("expr").asText()));
      }
    }
    assertThat(within.keySet()).containsAll(watched);
    String guide = Files.readString(DEPLOY.resolve("docs/monitoring.md"));
    assertThat(alerts).allSatisfy(alert -> assertThat(guide).contains("`" + alert + "`"));
  }

  @Test
  void theScrapeConfigurationIsYaml() throws IOException {
    JsonNode jobs =
        YAML.readTree(DEPLOY.resolve("monitoring/prometheus.yaml").toFile()).path("scrape_configs");
    assertThat(jobs).hasSize(2);
    assertThat(jobs)
        .allMatch(job -> job.path("metrics_path").asText().equals("/metrics/prometheus/"));
  }

  @Test
  void theSinksOfTheSampleAreSparks() throws IOException {
    Path sample = DEPLOY.resolve("monitoring/metrics.properties");
    Properties active = new Properties();
    try (Reader reader = Files.newBufferedReader(sample)) {
      active.load(reader);
    }
    assertThat(active)
        .containsOnlyKeys("*.sink.prometheusServlet.class", "*.sink.prometheusServlet.path");
    Matcher sink = Pattern.compile("class=(org[A-Za-z0-9.]+)").matcher(Files.readString(sample));
    int sinks = 0;
    while (sink.find()) {
      String file = sink.group(1).replace('.', '/') + ".class";
      assertThat(spark.getClass().getClassLoader().getResource(file)).as(file).isNotNull();
      sinks++;
    }
    assertThat(sinks).isEqualTo(6);
  }

  /** The first column of the rows of the tables under a heading. */
  private static Set<String> documented(String guide, String heading) {
    String part = guide.substring(guide.indexOf("\n## " + heading) + 1);
    int end = part.indexOf("\n## ");
    Set<String> names = new TreeSet<>();
    for (String line : (end < 0 ? part : part.substring(0, end)).lines().toList()) {
      if (line.startsWith("| `")) {
        Matcher name =
            Pattern.compile("`([^`]+)`").matcher(line.substring(0, line.indexOf('|', 1)));
        while (name.find()) {
          names.add(name.group(1));
        }
      }
    }
    return names;
  }

  @Test
  void theGuideNamesEveryMetricAndEveryEvent() throws IOException {
    String guide = Files.readString(DEPLOY.resolve("docs/monitoring.md"));
    Set<String> metrics = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder.resolve("csv"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("spark.driver.lockstep."))
          .forEach(
              name ->
                  metrics.add(
                      name.substring(
                          "spark.driver.lockstep.".length(), name.length() - ".csv".length())));
    }
    // Others than accuracy depend on the task.
    metrics.removeIf(name -> name.endsWith("macroF1"));
    assertThat(documented(guide, "Metrics")).isEqualTo(metrics);
    Set<String> events = new TreeSet<>(Set.of("message", "exit", "log"));
    for (EventKind kind : EventKind.values()) {
      events.add(kind.key());
    }
    assertThat(documented(guide, "Events")).isEqualTo(events);
  }
}
