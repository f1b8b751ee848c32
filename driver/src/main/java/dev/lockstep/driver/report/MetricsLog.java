package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Writes {@code metrics.jsonl}: one compact JSON object a line, in the order of the calls.
 *
 * <p>Lines are flushed at the end of an epoch, and with the first line written a second or more
 * after the last flush. How far a flush goes is the stream's affair: a local file shows the lines
 * at once, HDFS and object stores when the file is closed.
 */
public final class MetricsLog implements Closeable {
  private static final long FLUSH_NANOS = 1_000_000_000L;

  /** Some ten times the longest line: an epoch with the metrics of a thousand classes. */
  private static final int MAX_LINE = 1 << 20;

  /** The last one that doubles, and so charts, tell apart from its neighbors. */
  private static final long MAX_STEP = 1L << 53;

  private final JsonGenerator json;
  private final LongSupplier nanoClock;
  private long lastFlush;

  /** Writes to {@code out}, which is buffered here, and closed by {@link #close}. */
  public MetricsLog(OutputStream out) throws IOException {
    this(out, System::nanoTime);
  }

  MetricsLog(OutputStream out, LongSupplier nanoClock) throws IOException {
    this.json = Json.MAPPER.getFactory().createGenerator(out);
    this.nanoClock = nanoClock;
    this.lastFlush = nanoClock.getAsLong();
  }

  /** Adds a {@code step} line; numbers that are not finite become null. */
  public synchronized void write(StepRecord record) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "step");
    json.writeNumberField("step", record.step());
    json.writeNumberField("epoch", record.epoch());
    Json.writeNumber(json, "loss", record.loss());
    Json.writeNumber(json, "penalty", record.penalty());
    Json.writeNumber(json, "learningRate", record.learningRate());
    json.writeNumberField("examples", record.examples());
    Json.writeNumber(json, "gradientNorm", record.gradientNorm());
    json.writeObjectFieldStart("seconds");
    Json.writeNumber(json, "compute", record.seconds().compute());
    Json.writeNumber(json, "aggregate", record.seconds().aggregate());
    Json.writeNumber(json, "update", record.seconds().update());
    Json.writeNumber(json, "broadcast", record.seconds().broadcast());
    Json.writeNumber(json, "total", record.seconds().total());
    json.writeEndObject();
    json.writeEndObject();
    json.writeRaw('\n');
    if (nanoClock.getAsLong() - lastFlush >= FLUSH_NANOS) {
      flush();
    }
  }

  /** Adds an {@code epoch} line, without {@code validation} where that is null, and flushes. */
  public synchronized void write(EpochRecord record) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "epoch");
    json.writeNumberField("epoch", record.epoch());
    Json.writeSplit(json, "train", record.train());
    Json.writeSplit(json, "validation", record.validation());
    json.writeEndObject();
    json.writeRaw('\n');
    flush();
  }

  /** Hands all lines on to the stream, and flushes that. */
  public synchronized void flush() throws IOException {
    json.flush();
    lastFlush = nanoClock.getAsLong();
  }

  /** Closes the stream. */
  @Override
  public synchronized void close() throws IOException {
    json.close();
  }

  /**
   * Reads what was written. A last line cut short, as an interrupted run leaves it, is passed over.
   * Where a step comes again, because a resumed run went on in the same file, the later one counts
   * and everything the first attempt wrote from there on is dropped.
   *
   * @throws LockstepException for any other line that is no record
   */
  public static RunMetrics read(InputStream in) throws IOException {
    List<StepRecord> steps = new ArrayList<>();
    List<EpochRecord> epochs = new ArrayList<>();
    BoundedLines lines = new BoundedLines(in, "metrics.jsonl", MAX_LINE);
    long lineNumber = 1;
    for (String line = lines.next(); line != null; lineNumber++) {
      String next = lines.next();
      if (!line.isBlank()) {
        try {
          addRecord(Json.MAPPER.readTree(line), lineNumber, steps, epochs);
        } catch (JsonProcessingException e) {
          if (next != null) {
            throw new LockstepException(
                ErrorKind.DATA,
                "metrics.jsonl line "
                    + lineNumber
                    + " is no JSON object; mend or remove the line: "
                    + e.getOriginalMessage(),
                e);
          }
        }
      }
      line = next;
    }
    return new RunMetrics(steps, epochs);
  }

  private static void addRecord(
      JsonNode json, long lineNumber, List<StepRecord> steps, List<EpochRecord> epochs) {
    int epoch = json.path("epoch").asInt();
    String kind = json.path("kind").asText();
    if (kind.equals("step")) {
      long step = json.path("step").asLong();
      if (step < 0 || step > MAX_STEP) {
        throw LockstepException.data(
            "metrics.jsonl line "
                + lineNumber
                + " is of step "
                + step
                + "; steps count from 1 to 2^53. Mend or remove the line.");
      }
      while (!steps.isEmpty() && steps.get(steps.size() - 1).step() >= step) {
        steps.remove(steps.size() - 1);
      }
      dropFrom(epochs, epoch);
      steps.add(stepRecord(json, step, epoch));
    } else if (kind.equals("epoch") && json.path("train").isObject()) {
      dropFrom(epochs, epoch);
      epochs.add(
          new EpochRecord(
              epoch, Json.split(json.path("train")), Json.split(json.path("validation"))));
    }
  }

  private static void dropFrom(List<EpochRecord> epochs, int epoch) {
    while (!epochs.isEmpty() && epochs.get(epochs.size() - 1).epoch() >= epoch) {
      epochs.remove(epochs.size() - 1);
    }
  }

  private static StepRecord stepRecord(JsonNode json, long step, int epoch) {
    JsonNode seconds = json.path("seconds");
    return new StepRecord(
        step,
        epoch,
        Json.number(json.path("loss")),
        Json.number(json.path("penalty")),
        Json.number(json.path("learningRate")),
        json.path("examples").asLong(),
        Json.number(json.path("gradientNorm")),
        new StepTimes(
            Json.number(seconds.path("compute")),
            Json.number(seconds.path("aggregate")),
            Json.number(seconds.path("update")),
            Json.number(seconds.path("broadcast")),
            Json.number(seconds.path("total"))));
  }
}
