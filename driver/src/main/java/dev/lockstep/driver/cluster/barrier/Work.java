package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.trainer.parameter.ParameterVector;

/** What the tasks of a barrier stage do next. */
sealed interface Work {
  /** Counts all work of one start of the stage, from 1. */
  long sequence();

  /** Contributions to a step. */
  record Step(long sequence, StepPlan plan, ParameterVector parameters) implements Work {}

  /** Metrics of a split. */
  record Evaluation(long sequence, Split split, ParameterVector parameters) implements Work {}

  /** Nothing any more. */
  record End(long sequence) implements Work {
    /** After everything. */
    static final End END = new End(Long.MAX_VALUE);
  }
}
