package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.NetworkSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingLoop;
import dev.lockstep.driver.loop.TrainingPlan;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.replica.Examples;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The loop over threads of this JVM, without Spark, follows PyTorch in every golden case. */
final class GoldenReplicasTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");
  private static final double OF_A_STEP = 1e-4;

  static List<String> cases() throws IOException {
    try (Stream<Path> folders = Files.list(GOLDEN)) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theLoopFollowsPyTorch(String name) throws IOException {
    follow(name, read(name), 1);
  }

  private static RunConfiguration read(String name) {
    String file = GOLDEN.resolve(name).resolve("config.json").toString();
    return ConfigurationReader.read(file, List.of(), Map.of());
  }

  static List<String> casesWithBatchNorm() throws IOException {
    return cases().stream()
        .filter(
            name ->
                read(name).network().layers().stream()
                    .anyMatch(layer -> layer instanceof LayerSpec.BatchNorm))
        .toList();
  }

  /** PyTorch normalizes over the whole mini-batch. */
  @ParameterizedTest
  @MethodSource("casesWithBatchNorm")
  void synchronizedShardsFollowPyTorchToo(String name) throws IOException {
    RunConfiguration given = read(name);
    List<LayerSpec> layers = new ArrayList<>();
    for (LayerSpec layer : given.network().layers()) {
      layers.add(
          layer instanceof LayerSpec.BatchNorm
              ? new LayerSpec.BatchNorm(BatchMoments.SYNCHRONIZED)
              : layer);
    }
    NetworkSettings network = new NetworkSettings(layers, given.network().initialWeights());
    RunConfiguration run = given.withNetwork(network);
    for (int shards : new int[] {3, 5}) {
      follow(name, run, shards);
    }
  }

  /** Row r is in shard r mod shards. */
  private static List<Shard> shards(Examples all, int shards) {
    List<Shard> list = new ArrayList<>();
    int width = all.featureCount();
    for (int shard = 0; shard < shards; shard++) {
      int count = (all.count() - shard + shards - 1) / shards;
      float[] features = new float[count * width];
      float[] targets = new float[count];
      float[] weights = all.weights() == null ? null : new float[count];
      for (int row = 0; row < count; row++) {
        int source = shard + row * shards;
        System.arraycopy(all.features(), source * width, features, row * width, width);
        targets[row] = all.targets()[source];
        if (weights != null) {
          weights[row] = all.weight(source);
        }
      }
      list.add(new Shard(shard, new Examples(width, shard, shards, features, targets, weights)));
    }
    return list;
  }

  private static void follow(String name, RunConfiguration run, int shards) throws IOException {
    Path golden = GOLDEN.resolve(name);
    TrainingSettings training = run.training();
    Examples examples = examples(golden.resolve("train.csv"), run.data());
    boolean classification = run.data().task() == Task.CLASSIFICATION;
    int classes = classification ? classes(examples) : 0;
    LossSpec loss =
        run.loss() != null
            ? run.loss()
            : classification ? new LossSpec.SoftmaxCrossEntropy() : new LossSpec.MeanSquaredError();
    Shape shape =
        run.data().shape() != null ? run.data().shape() : Shape.vector(examples.featureCount());
    Network network = new Network(run.network().layers(), shape);
    ParameterVector parameters = new ParameterVector(new float[network.layout().length()]);
    long[] batchesTracked = load(golden.resolve("initial.safetensors"), network, parameters);
    TrainingState state =
        new TrainingState(
            parameters,
            run.optimizer().newState(network.layout().trainableLength()),
            new RunningStatistics(network.layout(), batchesTracked),
            0);
    BatchPlan batches =
        new BatchPlan(examples.count(), training.batchSize(), training.shuffle(), training.seed());
    TrainingPlan plan =
        new TrainingPlan(
            new UpdateStep(
                network.layout(),
                run.regularization(),
                training.gradientClipNorm() == null
                    ? Double.POSITIVE_INFINITY
                    : training.gradientClipNorm(),
                run.optimizer()),
            run.schedule(),
            (long) training.epochs() * batches.stepsPerEpoch(),
            batches.stepsPerEpoch(),
            0);
    ReplicaBlueprint blueprint =
        new ReplicaBlueprint(
            name,
            run.network().layers(),
            network.inputShape(),
            loss,
            classes,
            training.seed(),
            batches,
            shards);

    Records records = new Records(new ArrayList<>(), new ArrayList<>());
    try (LocalReplicas replicas =
        new LocalReplicas(blueprint, Map.of(Split.TRAIN, shards(examples, shards)), 1)) {
      new TrainingLoop(replicas, plan, classification, records, ThreadTeam.ofCaller()).run(state);
    }

    JsonNode expected = new ObjectMapper().readTree(golden.resolve("expected.json").toFile());
    assertThat(records.steps()).hasSize(expected.path("steps").asInt());
    assertThat(records.epochs()).hasSize(training.epochs());
    for (StepRecord step : records.steps()) {
      int i = Math.toIntExact(step.step() - 1);
      assertClose(step.loss(), expected.path("losses").get(i).asDouble(), 0, OF_A_STEP);
      assertClose(
          step.learningRate(), expected.path("learningRates").get(i).asDouble(), 0, OF_A_STEP);
      assertClose(
          step.gradientNorm(), expected.path("gradientNorms").get(i).asDouble(), 0, OF_A_STEP);
    }
    ParameterVector last = new ParameterVector(new float[network.layout().length()]);
    long[] lastTracked = load(golden.resolve("expected.safetensors"), network, last);
    assertThat(state.statistics().batchesTracked()).isEqualTo(lastTracked);
    double absolute = expected.path("tolerance").path("absolute").asDouble();
    double relative = expected.path("tolerance").path("relative").asDouble();
    for (int i = 0; i < last.length(); i++) {
      assertClose(parameters.values()[i], last.values()[i], absolute, relative);
    }
  }

  private record Records(List<StepRecord> steps, List<EpochRecord> epochs)
      implements TrainingListener {
    @Override
    public void stepFinished(StepRecord step) {
      steps.add(step);
    }

    @Override
    public void epochFinished(EpochRecord epoch) {
      epochs.add(epoch);
    }
  }

  private static void assertClose(
      double actual, double expected, double absolute, double relative) {
    assertThat(actual).isCloseTo(expected, within(absolute + relative * Math.abs(expected)));
  }

  private static long[] load(Path file, Network network, ParameterVector parameters)
      throws IOException {
    try (InputStream input = Files.newInputStream(file)) {
      List<Tensor> tensors = SafeTensors.read(input, Files.size(file), file.toString());
      return ModelTensors.load(tensors, network.layout(), parameters, file.toString());
    }
  }

  private static int classes(Examples examples) {
    float largest = 0;
    for (float target : examples.targets()) {
      largest = Math.max(largest, target);
    }
    return (int) largest + 1;
  }

  /** All rows of a file whose labels are class numbers or values. */
  private static Examples examples(Path file, DataSettings data) throws IOException {
    List<String> lines = Files.readAllLines(file);
    List<String> header = List.of(lines.get(0).split(",", -1));
    int label = header.indexOf(data.label());
    int weight = data.weight() == null ? -1 : header.indexOf(data.weight());
    int rows = lines.size() - 1;
    int width = header.size() - (weight < 0 ? 1 : 2);
    float[] features = new float[rows * width];
    float[] targets = new float[rows];
    float[] weights = weight < 0 ? null : new float[rows];
    int next = 0;
    for (int row = 0; row < rows; row++) {
      String[] cells = lines.get(row + 1).split(",", -1);
      for (int j = 0; j < cells.length; j++) {
        float value = Float.parseFloat(cells[j]);
        if (j == label) {
          targets[row] = value;
        } else if (j == weight) {
          weights[row] = value;
        } else {
          features[next++] = value;
        }
      }
    }
    return new Examples(width, 0, 1, features, targets, weights);
  }
}
