package dev.lockstep.driver.report;

import dev.lockstep.trainer.search.ParameterRange;
import dev.lockstep.trainer.search.SearchParameter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * A search in one picture, as SVG that stands alone or in a page: an upright axis for each
 * parameter and one for the metric, whose better end is above, and a line through them for each
 * trial, grey for the worst to blue for the best ones and orange for the best.
 */
final class ParallelCoordinates {
  private static final int TOP = 64;
  private static final int BOTTOM = 380;
  private static final int HEIGHT = 430;
  private static final int APART = 170;
  private static final int MARGIN = 95;
  private static final int LONGEST_NAME = 24;
  private static final int LONGEST_LABEL = 16;
  private static final int MOST_LABELS = 12;

  private static final String STYLE =
      """
      .pc { --pc-paper: #fcfcfa; --pc-ink: #1b1f24; --pc-soft: #5b6470; --pc-best: #d55e00;
        font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
      @media (prefers-color-scheme: dark) {
        .pc { --pc-paper: #15181c; --pc-ink: #e4e6e8; --pc-soft: #9aa3ad; --pc-best: #f39a4b; } }
      .pc rect { fill: var(--pc-paper); }
      .pc .axis { stroke: var(--pc-soft); stroke-width: 1; fill: none; }
      .pc .trial { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
      .pc .trial:hover { stroke-width: 4; }
      .pc .best { stroke: var(--pc-best); stroke-width: 3; }
      .pc .unknown { stroke: var(--pc-soft); stroke-dasharray: 4 4; }
      .pc text { fill: var(--pc-soft); }
      .pc .tick { text-anchor: end; paint-order: stroke; stroke: var(--pc-paper); stroke-width: 3px; }
      .pc .name { text-anchor: middle; fill: var(--pc-ink); font-weight: 600; }
      .pc .group { text-anchor: middle; }
      """;

  /**
   * An axis.
   *
   * @param place where a value is, from 0 below to 1 above
   * @param ticks what is written beside it
   */
  private record Scale(ToDoubleFunction<String> place, List<Axis.Tick> ticks) {}

  private final TuningSummary summary;
  private final List<SearchParameter> parameters;
  private final Axis metricAxis;

  private ParallelCoordinates(TuningSummary summary) {
    this.summary = summary;
    this.parameters = summary.space().parameters();
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (TrialRecord record : summary.ranking()) {
      if (record.score().isKnown()) {
        low = Math.min(low, record.value());
        high = Math.max(high, record.value());
      }
    }
    this.metricAxis = Axis.around(low, high);
  }

  /** The picture, beginning with the {@code svg} tag. */
  static String render(TuningSummary summary) {
    return new ParallelCoordinates(summary).render();
  }

  private String render() {
    int width = 2 * MARGIN + APART * parameters.size();
    StringBuilder svg = new StringBuilder(1 << 14);
    svg.append(
        "<svg class=\"pc\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 ");
    svg.append(width).append(' ').append(HEIGHT).append("\" width=\"").append(width);
    svg.append("\" height=\"").append(HEIGHT).append("\">\n<title>");
    svg.append(Html.escape(summary.name() + ": parameters and " + summary.metric()));
    svg.append("</title>\n<style>\n").append(STYLE).append("</style>\n<rect width=\"");
    svg.append(width).append("\" height=\"").append(HEIGHT).append("\"/>\n");
    List<Scale> scales = new ArrayList<>();
    for (SearchParameter parameter : parameters) {
      scales.add(scale(parameter.range()));
    }
    // The worst ones first, so that the best ones lie on top.
    for (int i = summary.ranking().size() - 1; i >= 0; i--) {
      appendTrial(svg, i, scales);
    }
    for (int j = 0; j < scales.size(); j++) {
      appendAxis(svg, x(j), parameters.get(j).path(), scales.get(j).ticks());
    }
    List<Axis.Tick> ticks = new ArrayList<>();
    for (Axis.Tick tick : metricAxis.ticks(5)) {
      ticks.add(new Axis.Tick(betterAbove(tick.position()), tick.label()));
    }
    appendAxis(svg, x(scales.size()), summary.metric().toString(), ticks);
    svg.append("<text x=\"").append(MARGIN / 2).append("\" y=\"").append(HEIGHT - 14);
    svg.append("\">orange: the best trial; blue: better, grey: worse; dashed: diverged</text>\n");
    return svg.append("</svg>\n").toString();
  }

  private void appendTrial(StringBuilder svg, int rank, List<Scale> scales) {
    TrialRecord record = summary.ranking().get(rank);
    boolean known = record.score().isKnown();
    svg.append("<path class=\"trial");
    if (!known) {
      svg.append(" unknown\"");
    } else if (rank == 0) {
      svg.append(" best\"");
    } else {
      svg.append("\" stroke=\"").append(color(rank)).append('"');
    }
    svg.append(" d=\"");
    StringBuilder about = new StringBuilder("trial " + record.trial() + ": ");
    about.append(summary.metric()).append(' ').append(summary.value(record));
    for (int j = 0; j < scales.size(); j++) {
      String value = record.parameters().get(parameters.get(j).path());
      appendPoint(svg, j, scales.get(j).place().applyAsDouble(value));
      about.append('\n').append(parameters.get(j).path()).append(' ');
      about.append(TuningSummary.shown(value));
    }
    if (known) {
      appendPoint(svg, scales.size(), betterAbove(metricAxis.position(record.value())));
    }
    svg.append("\"><title>").append(Html.escape(about.toString())).append("</title></path>\n");
  }

  private static void appendPoint(StringBuilder svg, int axis, double place) {
    svg.append(axis == 0 ? 'M' : 'L').append(x(axis)).append(' ').append(y(place));
  }

  private double betterAbove(double place) {
    return summary.metric().lowerIsBetter() ? 1 - place : place;
  }

  /** From blue for the second best to grey for the worst. */
  private String color(int rank) {
    double share = (double) (rank - 1) / Math.max(1, summary.ranking().size() - 2);
    long red = Math.round(0 + share * 168);
    long green = Math.round(114 + share * (174 - 114));
    long blue = Math.round(190 + share * (180 - 190));
    return String.format(Locale.ROOT, "#%02x%02x%02x", red, green, blue);
  }

  private static void appendAxis(StringBuilder svg, int x, String path, List<Axis.Tick> ticks) {
    svg.append("<path class=\"axis\" d=\"M").append(x).append(' ').append(TOP);
    svg.append('V').append(BOTTOM);
    for (Axis.Tick tick : ticks) {
      svg.append('M').append(x - 5).append(' ').append(y(tick.position())).append("h5");
    }
    svg.append("\"/>\n");
    for (Axis.Tick tick : ticks) {
      svg.append("<text class=\"tick\" x=\"").append(x - 9).append("\" y=\"");
      svg.append(String.format(Locale.ROOT, "%.1f", yExact(tick.position()) + 4)).append("\">");
      svg.append(Html.escape(shortened(tick.label(), LONGEST_LABEL))).append("</text>\n");
    }
    int dot = path.lastIndexOf('.');
    appendName(svg, "group", x, TOP - 34, dot < 0 ? "" : path.substring(0, dot), path);
    appendName(svg, "name", x, TOP - 18, path.substring(dot + 1), path);
  }

  private static void appendName(
      StringBuilder svg, String cssClass, int x, int y, String text, String whole) {
    svg.append("<text class=\"").append(cssClass).append("\" x=\"").append(x).append("\" y=\"");
    svg.append(y).append("\"><title>").append(Html.escape(whole)).append("</title>");
    svg.append(Html.escape(shortened(text, LONGEST_NAME))).append("</text>\n");
  }

  private static Scale scale(ParameterRange range) {
    if (range instanceof ParameterRange.Linear linear) {
      Axis axis = Axis.exact(linear.from(), linear.to());
      return numbers(axis, axis.ticks(5));
    }
    if (range instanceof ParameterRange.Whole whole) {
      Axis axis = Axis.exact((double) whole.from(), (double) whole.to());
      return numbers(axis, axis.wholeTicks(5));
    }
    if (range instanceof ParameterRange.Log log) {
      Axis axis = new Axis(log.from(), log.to(), true);
      return numbers(axis, axis.ticks(5));
    }
    if (range instanceof ParameterRange.OneMinusLog log) {
      return oneMinus(log);
    }
    return choices(range.ends());
  }

  private static Scale numbers(Axis axis, List<Axis.Tick> ticks) {
    return new Scale(value -> axis.position(Double.parseDouble(value)), ticks);
  }

  private static Scale oneMinus(ParameterRange.OneMinusLog range) {
    Axis distance =
        new Axis(
            complement(range.to()).doubleValue(), complement(range.from()).doubleValue(), true);
    List<Axis.Tick> ticks = new ArrayList<>();
    for (Axis.Tick tick : distance.ticks(5)) {
      String label = BigDecimal.ONE.subtract(new BigDecimal(tick.label())).toPlainString();
      ticks.add(new Axis.Tick(1 - tick.position(), Axis.withoutTrailingZeros(label)));
    }
    return new Scale(
        value -> 1 - distance.position(complement(Double.parseDouble(value)).doubleValue()), ticks);
  }

  private static BigDecimal complement(double x) {
    return BigDecimal.ONE.subtract(BigDecimal.valueOf(x));
  }

  private static Scale choices(List<String> options) {
    List<Axis.Tick> ticks = new ArrayList<>();
    int stride = (options.size() + MOST_LABELS - 1) / MOST_LABELS;
    for (int i = 0; i < options.size(); i += stride) {
      ticks.add(new Axis.Tick(share(i, options.size()), TuningSummary.shown(options.get(i))));
    }
    return new Scale(value -> share(options.indexOf(value), options.size()), ticks);
  }

  private static double share(int index, int count) {
    return count == 1 ? 0.5 : (double) index / (count - 1);
  }

  private static int x(int axis) {
    return MARGIN + axis * APART;
  }

  private static double yExact(double place) {
    return BOTTOM - place * (BOTTOM - TOP);
  }

  private static String y(double place) {
    return String.format(Locale.ROOT, "%.1f", yExact(place));
  }

  private static String shortened(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 1) + "…";
  }
}
