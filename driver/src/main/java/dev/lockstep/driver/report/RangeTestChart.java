package dev.lockstep.driver.report;

import dev.lockstep.driver.rangetest.RateCurve;
import java.util.List;
import java.util.Locale;

/**
 * The curve of a range test as a stand-alone SVG file: the loss of every mini-batch faintly, the
 * smoothed loss over the rate that it belongs to, and what the suggestion was read from.
 */
final class RangeTestChart {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 480;
  private static final int LEFT = 64;
  private static final int RIGHT = WIDTH - 24;
  private static final int TOP = 96;
  private static final int BOTTOM = HEIGHT - 56;
  private static final int POINTS = 1600;

  /** Share of the plot that the loss may rise above its start or its lowest value. */
  private static final double HEADROOM = 1.25;

  private static final String STYLE =
      """
      text { font: 13px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #5b6470; }
      .title { font-size: 18px; font-weight: 600; fill: #1b2430; }
      .paper { fill: #ffffff; }
      .grid { stroke: #e7eaee; fill: none; }
      .axis { stroke: #98a1ad; fill: none; }
      .raw { stroke: #b9c2cd; fill: none; stroke-width: 1; stroke-linejoin: round; }
      .smooth { stroke: #1f6feb; fill: none; stroke-width: 2.5; stroke-linejoin: round; }
      .suggestion { stroke: #c2410c; fill: none; stroke-width: 1.5; stroke-dasharray: 5 4; }
      .suggested { fill: #c2410c; font-weight: 600; }
      .dot { fill: #ffffff; stroke: #1b2430; stroke-width: 2; }
      .reading { fill: #1b2430; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
      """;

  private final RangeTestReport report;
  private final List<RateCurve.Point> points;
  private final Axis x;
  private final Axis y;
  private final StringBuilder svg = new StringBuilder();

  RangeTestChart(RangeTestReport report) {
    this.report = report;
    this.points = report.curve().points();
    this.x = Axis.exactLogarithmic(report.sweep().from(), report.sweep().to());
    this.y = lossAxis(points);
  }

  /**
   * From zero to somewhat above the start, linear, so that a steep line means a steep descent; a
   * loss that diverges leaves the plot.
   */
  private static Axis lossAxis(List<RateCurve.Point> points) {
    double lowestSmoothed = Double.POSITIVE_INFINITY;
    double highest = Double.NEGATIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (RateCurve.Point point : points) {
      highest = Math.max(highest, point.smoothedLoss());
      if (point.smoothedLoss() < lowestSmoothed) {
        lowestSmoothed = point.smoothedLoss();
        high = highest;
      }
    }
    return Axis.around(0, HEADROOM * Math.max(high, 2 * lowestSmoothed));
  }

  String render() {
    svg.append(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"");
    svg.append(
        String.format(
            Locale.ROOT,
            " width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">%n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT));
    String title = "Learning-rate range test: " + report.name();
    svg.append("<title>").append(Html.escape(title)).append("</title>\n<style>\n");
    svg.append(STYLE).append("</style>\n<clipPath id=\"plot\">");
    svg.append(rectangle("", LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP)).append("</clipPath>\n");
    svg.append(rectangle("paper", 0, 0, WIDTH, HEIGHT)).append('\n');
    text("title", LEFT, 32, "start", title);
    text("", LEFT, 54, "start", outcome());
    appendLegend();
    appendAxes();
    svg.append("<g clip-path=\"url(#plot)\">\n");
    path("raw", line(false));
    path("smooth", line(true));
    svg.append("</g>\n");
    appendReadings();
    return svg.append("</svg>\n").toString();
  }

  private String outcome() {
    String steps =
        report.curve().hasDiverged()
            ? "diverged after " + points.size() + " of " + report.plannedSteps() + " steps"
            : points.size() + " steps, no divergence";
    return report.suggestion().rate() == null
        ? "No suggestion (" + steps + ")"
        : "Suggested learning rate " + report.rate() + " (" + steps + ")";
  }

  private void appendLegend() {
    path("raw", "M" + (RIGHT - 238) + " 28h22");
    text("", RIGHT - 210, 32, "start", "mini-batch");
    path("smooth", "M" + (RIGHT - 122) + " 28h22");
    text("", RIGHT - 94, 32, "start", "smoothed loss");
  }

  private void appendAxes() {
    StringBuilder grid = new StringBuilder();
    for (Axis.Tick tick : y.ticks(5)) {
      double at = down(tick.position());
      grid.append('M').append(LEFT).append(' ').append(place(at)).append('H').append(RIGHT);
      text("", LEFT - 8, at + 4, "end", tick.label());
    }
    for (Axis.Tick tick : x.ticks(8)) {
      double at = across(tick.position());
      grid.append('M').append(place(at)).append(' ').append(TOP).append('V').append(BOTTOM);
      text("", at, BOTTOM + 20, "middle", tick.label());
    }
    path("grid", grid.toString());
    path("axis", "M" + LEFT + " " + BOTTOM + "H" + RIGHT);
    text("", (LEFT + RIGHT) / 2.0, HEIGHT - 12, "middle", "learning rate");
    text("", LEFT - 8, TOP - 14, "end", "loss");
  }

  /** A path through as many points as can be told apart. */
  private String line(boolean smooth) {
    Series all = new Series("", smooth ? Series.Style.TRAIN : Series.Style.RAW);
    for (RateCurve.Point point : points) {
      all.add(point.step(), smooth ? point.smoothedLoss() : point.loss());
    }
    Series thin = all.thinned(POINTS);
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < thin.size(); i++) {
      RateCurve.Point point = points.get((int) thin.x(i) - 1);
      double rate = smooth ? point.smoothedRate() : point.rate();
      path.append(i == 0 ? 'M' : 'L').append(place(across(x.position(rate)))).append(' ');
      path.append(place(down(unclipped(thin.y(i)))));
    }
    return path.toString();
  }

  /** As {@link Axis#position}, but beyond the upper end somewhat above it, out of sight. */
  private double unclipped(double loss) {
    return loss > y.max() ? 1.1 : y.position(loss);
  }

  private void appendReadings() {
    if (report.suggestion().rate() == null) {
      return;
    }
    if (report.suggestion().rate() >= x.min()) {
      double at = across(x.position(report.suggestion().rate()));
      path("suggestion", "M" + place(at) + " " + TOP + "V" + BOTTOM);
      text("suggested", at, TOP - 14, "middle", "suggested " + report.rate());
    }
    RateCurve.Point steepest = report.suggestion().steepest();
    dot(steepest);
    reading(steepest, 12, -8, "start", "steepest");
    RateCurve.Point minimum = report.suggestion().minimum();
    dot(minimum);
    boolean room = down(y.position(minimum.smoothedLoss())) < BOTTOM - 24;
    reading(minimum, 0, room ? 20 : -14, "middle", "minimum");
  }

  private void dot(RateCurve.Point point) {
    svg.append("<circle class=\"dot\" cx=\"").append(place(across(point))).append("\" cy=\"");
    svg.append(place(down(unclipped(point.smoothedLoss())))).append("\" r=\"4.5\"/>\n");
  }

  private void reading(RateCurve.Point point, int right, int below, String anchor, String name) {
    String label = name + " " + RangeTestReport.rate(point.smoothedRate());
    double atY = down(unclipped(point.smoothedLoss())) + below;
    text("reading", across(point) + right, atY, anchor, label);
  }

  private double across(RateCurve.Point point) {
    return across(x.position(point.smoothedRate()));
  }

  private static double across(double share) {
    return LEFT + share * (RIGHT - LEFT);
  }

  private static double down(double share) {
    return BOTTOM - share * (BOTTOM - TOP);
  }

  private void path(String cssClass, String path) {
    svg.append("<path class=\"").append(cssClass).append("\" d=\"").append(path).append("\"/>\n");
  }

  private void text(String cssClass, double atX, double atY, String anchor, String text) {
    svg.append("<text class=\"").append(cssClass).append("\" x=\"").append(place(atX));
    svg.append("\" y=\"").append(place(atY)).append("\" text-anchor=\"").append(anchor);
    svg.append("\">").append(Html.escape(text)).append("</text>\n");
  }

  private static String rectangle(String cssClass, int left, int top, int width, int height) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
        cssClass,
        left,
        top,
        width,
        height);
  }

  private static String place(double pixels) {
    double tenths = Math.rint(10 * pixels) / 10;
    return tenths == Math.rint(tenths) ? Long.toString((long) tenths) : Double.toString(tenths);
  }
}
