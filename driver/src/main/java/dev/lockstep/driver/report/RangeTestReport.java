package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.lockstep.driver.rangetest.RateCurve;
import dev.lockstep.driver.rangetest.RateSuggestion;
import dev.lockstep.trainer.schedule.RateSweep;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * What people and programs see of a learning-rate range test.
 *
 * @param name of the run
 * @param sweep the range that was asked for
 * @param plannedSteps T of the sweep
 * @param curve what was measured
 * @param suggestion what to make of it
 */
public record RangeTestReport(
    String name, RateSweep sweep, int plannedSteps, RateCurve curve, RateSuggestion suggestion) {
  private static final int TABLE_ROWS = 25;

  /**
   * Every step: {@code step,learningRate,loss,smoothedLoss,smoothedLearningRate}; the last is the
   * rate that the smoothed loss belongs to.
   */
  public String csv() {
    StringBuilder csv =
        new StringBuilder("step,learningRate,loss,smoothedLoss,smoothedLearningRate\n");
    for (RateCurve.Point point : curve.points()) {
      csv.append(point.step()).append(',').append(point.rate()).append(',');
      csv.append(point.loss()).append(',').append(point.smoothedLoss()).append(',');
      csv.append(point.smoothedRate()).append('\n');
    }
    return csv.toString();
  }

  /** The outcome as one JSON object; {@code null} where the curve carries no suggestion. */
  public String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.MAPPER.getFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      json.writeStringField("name", name);
      writeNumber(json, "suggestedLearningRate", suggestion.rate());
      json.writeStringField("reason", suggestion.reason());
      writePoint(json, "steepest", suggestion.steepest());
      writePoint(json, "minimum", suggestion.minimum());
      writeNumber(json, "tenthOfMinimum", suggestion.tenthOfMinimum());
      json.writeBooleanField("diverged", curve.hasDiverged());
      json.writeNumberField("from", sweep.from());
      json.writeNumberField("to", sweep.to());
      json.writeNumberField("plannedSteps", plannedSteps);
      json.writeNumberField("steps", curve.points().size());
      json.writeEndObject();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return text.append('\n').toString();
  }

  private static void writeNumber(JsonGenerator json, String key, Double value) throws IOException {
    Json.writeNumber(json, key, value == null ? Double.NaN : value);
  }

  private static void writePoint(JsonGenerator json, String key, RateCurve.Point point)
      throws IOException {
    if (point == null) {
      json.writeNullField(key);
      return;
    }
    json.writeObjectFieldStart(key);
    json.writeNumberField("learningRate", point.smoothedRate());
    json.writeNumberField("smoothedLoss", point.smoothedLoss());
    json.writeEndObject();
  }

  /** The curve at rates in equal ratios, and the suggestion in its last line. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append(row("learning rate", "loss", "smoothed loss"));
    List<RateCurve.Point> points = curve.points();
    int rows = Math.min(TABLE_ROWS, points.size());
    for (int i = 0; i < rows; i++) {
      RateCurve.Point point =
          points.get(rows == 1 ? 0 : Math.round((float) i * (points.size() - 1) / (rows - 1)));
      double smoothed = curve.smoothedLossAt(point.rate());
      table.append(
          row(
              Numbers.significant(point.rate(), 3),
              Numbers.significant(point.loss(), 4),
              Double.isNaN(smoothed) ? "-" : Numbers.significant(smoothed, 4)));
    }
    table.append('\n');
    table.append(
        curve.hasDiverged()
            ? "The loss diverged after step " + points.size() + " of " + plannedSteps + ".\n"
            : "All " + points.size() + " steps were taken without divergence.\n");
    if (suggestion.rate() != null) {
      table.append("Steepest descent at ").append(rate(suggestion.steepest().smoothedRate()));
      table.append(", minimum at ").append(rate(suggestion.minimum().smoothedRate()));
      table.append(", a tenth of that is ").append(rate(suggestion.tenthOfMinimum())).append(".\n");
    }
    table.append(suggestion.reason()).append("\nsuggested learning rate: ");
    return table.append(rate()).append('\n').toString();
  }

  /** The suggested rate as people read it, {@code none} where there is none. */
  String rate() {
    return suggestion.rate() == null ? "none" : rate(suggestion.rate());
  }

  /** A rate with two digits. */
  static String rate(double rate) {
    return Axis.withoutTrailingZeros(Numbers.significant(rate, 2));
  }

  private static String row(String rate, String loss, String smoothed) {
    return String.format(Locale.ROOT, "%13s  %11s  %13s%n", rate, loss, smoothed);
  }

  /** The curve as a picture, a file of its own. */
  public String svg() {
    return new RangeTestChart(this).render();
  }
}
