package dev.lockstep.driver.config;

import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.schedule.Schedule;
import java.io.Serializable;

/**
 * Everything that decides a run, checked, with every default filled in and every local path
 * absolute.
 *
 * @param name name of the run, fit for a folder
 * @param data where the examples come from
 * @param network layers and first weights
 * @param loss the loss, or null to take the task's
 * @param regularization what is added to the loss
 * @param optimizer the update rule
 * @param schedule the learning rate over time
 * @param training length, mini-batch, seed and the way of synchronizing
 * @param tuning the search that {@code tune} makes, or null; no other command looks at it
 * @param registry the models that {@code retrain} publishes to, or null; {@code train} does not
 *     look at it
 * @param retraining how {@code retrain} decides, or null; {@code train} does not look at it
 */
public record RunConfiguration(
    String name,
    DataSettings data,
    NetworkSettings network,
    LossSpec loss,
    Regularization regularization,
    Optimizer optimizer,
    Schedule schedule,
    TrainingSettings training,
    TuningSettings tuning,
    RegistrySettings registry,
    RetrainingSettings retraining)
    implements Serializable {
  /** The schedule where the configuration names none. */
  public static final Schedule DEFAULT_SCHEDULE = new Schedule.Constant();

  /** The penalty where the configuration names none. */
  public static final Regularization DEFAULT_REGULARIZATION = Regularization.NONE;

  /** The optimizer where the configuration names none. */
  public static final Optimizer DEFAULT_OPTIMIZER = OptimizerKinds.DEFAULT;

  /** The same run with the loss fixed. */
  public RunConfiguration withLoss(LossSpec fixedLoss) {
    return new RunConfiguration(
        name,
        data,
        network,
        fixedLoss,
        regularization,
        optimizer,
        schedule,
        training,
        tuning,
        registry,
        retraining);
  }

  /** The same run with other data settings, such as the task once it is known. */
  public RunConfiguration withData(DataSettings fixedData) {
    return new RunConfiguration(
        name,
        fixedData,
        network,
        loss,
        regularization,
        optimizer,
        schedule,
        training,
        tuning,
        registry,
        retraining);
  }

  /** The same run with other layers or other first weights. */
  public RunConfiguration withNetwork(NetworkSettings otherNetwork) {
    return new RunConfiguration(
        name,
        data,
        otherNetwork,
        loss,
        regularization,
        optimizer,
        schedule,
        training,
        tuning,
        registry,
        retraining);
  }

  /** The same run with another learning rate over time. */
  public RunConfiguration withSchedule(Schedule otherSchedule) {
    return new RunConfiguration(
        name,
        data,
        network,
        loss,
        regularization,
        optimizer,
        otherSchedule,
        training,
        tuning,
        registry,
        retraining);
  }

  /** The same run with other training settings, such as the number of shards once it is known. */
  public RunConfiguration withTraining(TrainingSettings fixedTraining) {
    return new RunConfiguration(
        name,
        data,
        network,
        loss,
        regularization,
        optimizer,
        schedule,
        fixedTraining,
        tuning,
        registry,
        retraining);
  }

  /** The same run with another search, or with null for none. */
  public RunConfiguration withTuning(TuningSettings otherTuning) {
    return new RunConfiguration(
        name,
        data,
        network,
        loss,
        regularization,
        optimizer,
        schedule,
        training,
        otherTuning,
        registry,
        retraining);
  }
}
