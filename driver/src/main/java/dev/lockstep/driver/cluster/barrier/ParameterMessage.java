package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.nio.ByteBuffer;

/**
 * One part of the parameters, with what to do on them. After the envelope:
 *
 * <pre>
 *   int    0 for a step, 1 for an evaluation
 *   text   the split, its length before it
 *   long   step
 *   int    epoch
 *   int    step in the epoch
 *   int    first float of this part
 *   int    floats of this part
 *   ...    floats
 * </pre>
 */
final class ParameterMessage {
  private static final int NUMBERS_BYTES = 4 * Integer.BYTES + Long.BYTES;

  private final boolean evaluation;
  private final Split split;
  private final StepPlan plan;
  private final int from;
  private final int count;

  private ParameterMessage(boolean evaluation, Split split, StepPlan plan, int from, int count) {
    this.evaluation = evaluation;
    this.split = split;
    this.plan = plan;
    this.from = from;
    this.count = count;
  }

  /** Writes the floats {@code from ... from + count - 1} of what {@code work} is done on. */
  static void write(ByteBuffer out, Envelope envelope, Work work, int from, int count) {
    envelope.write(out);
    float[] values;
    if (work instanceof Work.Evaluation evaluation) {
      out.putInt(1);
      Registration.writeText(out, evaluation.split().name());
      out.putLong(0).putInt(0).putInt(0);
      values = evaluation.parameters().values();
    } else {
      Work.Step step = (Work.Step) work;
      StepPlan plan = step.plan();
      out.putInt(0);
      Registration.writeText(out, Split.TRAIN.name());
      out.putLong(plan.step()).putInt(plan.epoch()).putInt(plan.stepInEpoch());
      values = step.parameters().values();
    }
    out.putInt(from).putInt(count);
    out.asFloatBuffer().put(values, from, count);
    out.position(out.position() + count * Float.BYTES);
  }

  /**
   * Reads all but the floats.
   *
   * @param expectedFrom where this part must begin
   * @param length of the whole vector
   * @throws IllegalArgumentException where the part is another one or incomplete
   */
  static ParameterMessage read(ByteBuffer body, int expectedFrom, int length) {
    MetricsFormat.requireLength(body, Integer.BYTES);
    boolean evaluation = body.getInt() == 1;
    Split split = Split.valueOf(Registration.readText(body));
    MetricsFormat.requireLength(body, NUMBERS_BYTES);
    StepPlan plan = new StepPlan(body.getLong(), body.getInt(), body.getInt());
    int from = body.getInt();
    int count = body.getInt();
    if (from != expectedFrom || count < 0 || count > length - from) {
      throw new IllegalArgumentException(
          "parameters "
              + from
              + " to "
              + (from + (long) count)
              + " came where those from "
              + expectedFrom
              + " of "
              + length
              + " were expected");
    }
    MetricsFormat.requireLength(body, (long) count * Float.BYTES);
    return new ParameterMessage(evaluation, split, plan, from, count);
  }

  /** First float of this part. */
  int from() {
    return from;
  }

  /** Floats of this part. */
  int count() {
    return count;
  }

  /** The work, on the parameters that these are a part of. */
  Work work(long sequence, ParameterVector parameters) {
    return evaluation
        ? new Work.Evaluation(sequence, split, parameters)
        : new Work.Step(sequence, plan, parameters);
  }
}
