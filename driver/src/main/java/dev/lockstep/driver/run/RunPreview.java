package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.datasets.pack.TrainingCheck;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.ModelDescription;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/** What a run would train, before anything is written: its data, and the network bound to them. */
public final class RunPreview {
  /** What says how a layer begins or is trained, and not what it computes for an answer. */
  private static final List<String> OF_TRAINING = List.of("initializer", "moments", "keep");

  private final RunSetup setup;
  private final boolean shardsAreOpen;

  private RunPreview(RunSetup setup, boolean shardsAreOpen) {
    this.setup = setup;
    this.shardsAreOpen = shardsAreOpen;
  }

  /**
   * Prepares the data of a run, to be closed by the caller.
   *
   * @param refused keeps the bad rows of data that have too many of them, where that is wanted
   * @param check looks at the training data before separate validation and test data are read
   * @throws LockstepException as the run would
   */
  public static PreparedData prepare(
      JavaSparkContext spark,
      RunConfiguration configuration,
      Quarantine refused,
      TrainingCheck check) {
    return TrainingSession.prepare(spark, configuration, refused, check);
  }

  /** Keeps bad rows in a run's folder, as the run would; for who has taken the folder. */
  public static Quarantine quarantine(JavaSparkContext spark, RunFolder folder) {
    return new QuarantineFolder(spark, folder);
  }

  /**
   * Whether loss and network go with a number of classes.
   *
   * @param data of the configuration; their own number of classes makes no difference
   * @param classes 0 for regression
   * @throws LockstepException of kind usage where the network does not go with the data's features
   */
  public static boolean suits(RunConfiguration configuration, PreparedData data, int classes) {
    return RunSetup.suits(configuration, data, classes);
  }

  /**
   * Binds the network to the data.
   *
   * @param data as {@link #prepare} gives them for this configuration; they stay the caller's
   * @throws LockstepException as the run would
   */
  public static RunPreview of(
      JavaSparkContext spark, RunConfiguration configuration, PreparedData data) {
    return new RunPreview(
        RunSetup.of(configuration, data, TrainingSession.shards(spark, configuration.training())),
        configuration.training().shards() == null);
  }

  /** The splits. */
  public PreparedData data() {
    return setup.data();
  }

  /** Logical shards of the run. */
  public int shards() {
    return setup.shards();
  }

  /** The configuration with all that it leaves open filled in. */
  public RunConfiguration configuration() {
    return setup.configuration();
  }

  /**
   * In what the network is another one than a model's, so that the model's weights mean nothing to
   * it: layers, shape of an example, features and classes. How layers begin and are trained makes
   * no difference, and neither do the numbers by which features are scaled.
   *
   * @return each difference in words, such as {@code network.layers[0].units was 8 and is 16}
   */
  public List<String> differencesFrom(ModelArtifact model) {
    return ConfigurationDifference.between(
            tree(model.network(), model.loss(), model.preprocessing()),
            tree(setup.network(), setup.lossSpec(), setup.data().preprocessing()))
        .stream()
        .map(ConfigurationDifference::toString)
        .toList();
  }

  /**
   * In what the run is configured in another way than an earlier one, among what makes a difference
   * to the result. The weights to begin with are left out, and the number of shards where it is
   * open: a run that goes on keeps both.
   *
   * @return each difference in words, such as {@code training.batchSize was 32 and is 64}
   */
  public List<String> differencesFrom(RunConfiguration earlier) {
    return ConfigurationDifference.between(comparable(earlier), comparable(configuration()))
        .stream()
        .map(ConfigurationDifference::toString)
        .toList();
  }

  private ObjectNode comparable(RunConfiguration configuration) {
    ObjectNode tree = ConfigurationWriter.toTree(configuration);
    ((ObjectNode) tree.get("network")).remove("initialWeights");
    if (shardsAreOpen) {
      ((ObjectNode) tree.get("training")).remove("shards");
    }
    return tree;
  }

  private static ObjectNode tree(Network network, LossSpec loss, Preprocessing preprocessing) {
    String description =
        new ModelDescription(network.inputShape(), network.specs(), loss).toJson("");
    JsonNode model =
        StrictJson.parse(description.getBytes(StandardCharsets.UTF_8), "the network").node();
    ObjectNode tree = StrictJson.object();
    tree.put("label", preprocessing.labelName());
    preprocessing.classLabels().forEach(tree.putArray("classes")::add);
    preprocessing.featureNames().forEach(tree.putArray("features")::add);
    tree.set("inputShape", model.get("inputShape"));
    tree.set("network", model.get("network"));
    removeTraining(tree);
    return tree;
  }

  private static void removeTraining(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(OF_TRAINING);
    }
    if (node instanceof ObjectNode || node instanceof ArrayNode) {
      node.forEach(RunPreview::removeTraining);
    }
  }
}
