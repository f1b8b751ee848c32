package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.reduce.StatisticsExchange;

/**
 * What all layers need to know about one run through the network: the mode, the coordinates that
 * randomness depends on, the parameters, and where gradients and moments go. Mutable and reused by
 * its thread from pass to pass, so that a step allocates nothing.
 */
public final class Pass {
  private final ParameterLayout layout;
  private boolean training;
  private long seed;
  private long step;
  private int rows;
  private long[] exampleIndices;
  private float[] parameters;
  private float[] gradient;
  private Moments[] moments;
  private StatisticsExchange exchange;
  private int shard;

  /** A pass through a network whose parameters are laid out like this. */
  public Pass(ParameterLayout layout) {
    this.layout = layout;
  }

  /**
   * Prepares an evaluation of {@code newRows} rows: no dropout, batch norm by running statistics,
   * nothing kept for a backward pass.
   */
  public void evaluate(float[] newParameters, int newRows) {
    training = false;
    parameters = newParameters;
    rows = newRows;
    exampleIndices = null;
    gradient = null;
    moments = null;
    exchange = null;
  }

  /**
   * Prepares a training pass whose rows are the whole mini-batch, as far as its layers know.
   *
   * @param newParameters all parameters, read
   * @param newSeed seed of the run
   * @param newStep step counted from 1
   * @param newExampleIndices [rows], index of each row's example in the training split, read
   * @param newRows number of rows
   * @param newGradient [trainable], overwritten
   * @param newMoments per batch-norm layer, overwritten
   */
  public void train(
      float[] newParameters,
      long newSeed,
      long newStep,
      long[] newExampleIndices,
      int newRows,
      float[] newGradient,
      Moments[] newMoments) {
    training = true;
    parameters = newParameters;
    seed = newSeed;
    step = newStep;
    exampleIndices = newExampleIndices;
    rows = newRows;
    gradient = newGradient;
    moments = newMoments;
    exchange = null;
  }

  /**
   * Makes the training pass one shard's part of a mini-batch: layers with synchronized moments meet
   * those of the other shards in {@code newExchange}.
   */
  public void meet(StatisticsExchange newExchange, int newShard) {
    exchange = newExchange;
    shard = newShard;
  }

  /** First element of the layer's tensor that was reserved as number {@code window}. */
  public int offset(int window) {
    return layout.windows().get(window).offset();
  }

  /** Whether gradients will be asked for. */
  public boolean isTraining() {
    return training;
  }

  /** Seed of the run. */
  public long seed() {
    return seed;
  }

  /** Step counted from 1. */
  public long step() {
    return step;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Index of each row's example in the training split. */
  public long[] exampleIndices() {
    return exampleIndices;
  }

  /** All parameters. */
  public float[] parameters() {
    return parameters;
  }

  /** The gradient sums, [trainable]. */
  public float[] gradient() {
    return gradient;
  }

  /** The moments of each batch-norm layer. */
  public Moments[] moments() {
    return moments;
  }

  /** Where shards meet in the middle of the pass; null where its rows are the whole mini-batch. */
  public StatisticsExchange exchange() {
    return exchange;
  }

  /** Number of the shard whose rows these are, where there is an {@link #exchange()}. */
  public int shard() {
    return shard;
  }
}
