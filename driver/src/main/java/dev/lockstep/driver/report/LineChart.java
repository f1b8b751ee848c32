package dev.lockstep.driver.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A line chart as an HTML figure.
 *
 * <p>Lines are SVG in a box of 1000 by 1000 that stretches with the page; every piece of text is
 * HTML placed in per cent of the same box, so it keeps its size on a phone. {@code report.js} reads
 * the paths and the ends of the axes back to show values under the pointer.
 */
final class LineChart {
  private static final int POINTS = 1000;
  private static final int LABEL_PIXELS = 19;
  private static final int MOST_DOTS = 60;

  private record Mark(double x, String text) {}

  private record EndLabel(Series series, double position) {}

  private final String title;
  private final String unit;
  private final int height;
  private final List<Series> allSeries = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();
  private String note = "";
  private boolean percent;

  /**
   * A chart without lines.
   *
   * @param title what the y axis shows
   * @param unit what the x axis counts
   * @param height of the plot in pixels
   */
  LineChart(String title, String unit, int height) {
    this.title = title;
    this.unit = unit;
    this.height = height;
  }

  /** Adds a line on top of the others; one without a finite point is left out. */
  LineChart add(Series series) {
    if (series.lastFinite() >= 0) {
      allSeries.add(series.thinned(POINTS));
    }
    return this;
  }

  /** Adds a vertical line with a word of explanation. */
  LineChart mark(long x, String text) {
    marks.add(new Mark((double) x, text));
    return this;
  }

  /** Writes a sentence beside the title. */
  LineChart note(String text) {
    note = text;
    return this;
  }

  /** Writes values from 0 to 1 as per cent; the lines carry per cent already. */
  LineChart inPercent() {
    percent = true;
    return this;
  }

  /** The figure; without any line a sentence that says so. */
  String render() {
    StringBuilder html = new StringBuilder("<figure class=\"chart\"><figcaption>");
    html.append(Html.element("h3", "title", title));
    html.append(note.isEmpty() ? "" : Html.element("p", "note", note)).append("</figcaption>");
    if (allSeries.isEmpty()) {
      return html.append("<p class=\"empty\">Nothing was recorded.</p></figure>\n").toString();
    }
    Axis x = xAxis();
    Axis y = yAxis();
    boolean named = allSeries.stream().anyMatch(series -> isNamed(series));
    html.append("<div class=\"plot")
        .append(named ? "" : " unnamed")
        .append("\" style=\"--height:")
        .append(height)
        .append("px\" data-x=\"");
    html.append(x.min()).append(' ').append(x.max()).append("\" data-y=\"");
    html.append(y.min()).append(' ').append(y.max()).append("\" data-unit=\"");
    html.append(Html.escape(unit)).append(y.logarithmic() ? "\" data-log=\"\"" : "\"");
    html.append(percent ? " data-percent=\"\">" : ">");
    appendDrawing(html, x, y);
    appendTicks(html, x, y);
    appendMarks(html, x);
    appendEndLabels(html, y);
    return html.append("</div></figure>\n").toString();
  }

  private Axis xAxis() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Series series : allSeries) {
      low = Math.min(low, series.x(0));
      high = Math.max(high, series.x(series.size() - 1));
    }
    for (Mark mark : marks) {
      high = Math.max(high, mark.x());
    }
    return Axis.exact(low, high);
  }

  /** Around all lines, but single outliers of faint ones may leave the plot. */
  private Axis yAxis() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Series series : allSeries) {
      boolean raw = series.style() == Series.Style.RAW;
      low = Math.min(low, series.quantile(raw ? 0.01 : 0));
      high = Math.max(high, series.quantile(raw ? 0.99 : 1));
    }
    return Axis.around(low, high);
  }

  private void appendDrawing(StringBuilder html, Axis x, Axis y) {
    html.append("<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\"");
    html.append(" aria-label=\"").append(Html.escape(title)).append("\"><path class=\"grid\" d=\"");
    for (Axis.Tick tick : y.ticks(4)) {
      html.append('M').append("0 ").append(place(1 - tick.position())).append("h1000");
    }
    html.append("\"/>");
    for (Mark mark : marks) {
      html.append("<path class=\"mark\" d=\"M").append(place(x.position(mark.x())));
      html.append(" 0v1000\"/>");
    }
    for (Series series : allSeries) {
      html.append("<path class=\"line ").append(cssClass(series)).append("\" data-name=\"");
      html.append(Html.escape(series.name())).append("\" d=\"");
      appendPath(html, series, x, y);
      html.append("\"/>");
      if (series.size() == 1
          || (series.style() == Series.Style.VALIDATION && series.size() <= MOST_DOTS)) {
        html.append("<path class=\"dots ").append(cssClass(series)).append("\" d=\"");
        appendDots(html, series, x, y);
        html.append("\"/>");
      }
    }
    html.append("</svg>");
  }

  private static void appendPath(StringBuilder html, Series series, Axis x, Axis y) {
    boolean gap = true;
    boolean alone = false;
    for (int i = 0; i < series.size(); i++) {
      if (!Double.isFinite(series.y(i))) {
        html.append(alone ? "h0" : "");
        gap = true;
        alone = false;
        continue;
      }
      html.append(gap ? 'M' : 'L').append(place(x.position(series.x(i))));
      html.append(' ').append(place(1 - y.position(series.y(i))));
      alone = gap;
      gap = false;
    }
    html.append(alone ? "h0" : "");
  }

  private static void appendDots(StringBuilder html, Series series, Axis x, Axis y) {
    for (int i = 0; i < series.size(); i++) {
      if (Double.isFinite(series.y(i))) {
        html.append('M').append(place(x.position(series.x(i))));
        html.append(' ').append(place(1 - y.position(series.y(i)))).append("h0");
      }
    }
  }

  private void appendTicks(StringBuilder html, Axis x, Axis y) {
    for (Axis.Tick tick : y.ticks(4)) {
      html.append("<span class=\"y\" style=\"top:").append(percent(1 - tick.position()));
      html.append("\">").append(Html.escape(tick.label())).append(percent ? "%" : "");
      html.append("</span>");
    }
    for (Axis.Tick tick : x.wholeTicks(6)) {
      html.append("<span class=\"x\" style=\"left:").append(percent(tick.position()));
      html.append("\">").append(Html.escape(tick.label())).append("</span>");
    }
    html.append(Html.element("span", "unit", unit));
  }

  private void appendMarks(StringBuilder html, Axis x) {
    for (Mark mark : marks) {
      html.append("<span class=\"marked\" style=\"right:");
      html.append(percent(1 - x.position(mark.x()))).append("\">");
      html.append(Html.escape(mark.text())).append("</span>");
    }
  }

  /** Names each line at its end, moved apart where they would overlap. */
  private void appendEndLabels(StringBuilder html, Axis y) {
    List<EndLabel> labels = new ArrayList<>();
    for (Series series : allSeries) {
      if (series.style() != Series.Style.RAW) {
        labels.add(new EndLabel(series, 1 - y.position(series.y(series.lastFinite()))));
      }
    }
    labels.sort(Comparator.comparingDouble(EndLabel::position));
    double apart = (double) LABEL_PIXELS / height;
    double highest = 0;
    html.append("<div class=\"ends\">");
    for (int i = 0; i < labels.size(); i++) {
      double lowest = 1 - apart * (labels.size() - 1 - i);
      double position = Math.min(lowest, Math.max(highest, labels.get(i).position()));
      highest = position + apart;
      Series series = labels.get(i).series();
      String value =
          Axis.withoutTrailingZeros(Numbers.significant(series.y(series.lastFinite()), 4));
      html.append("<span class=\"").append(cssClass(series)).append("\" style=\"top:");
      html.append(percent(position)).append("\">").append(Html.escape(series.name()));
      html.append(" <b>").append(value).append(percent ? "%" : "").append("</b></span>");
    }
    html.append("</div>");
  }

  private static boolean isNamed(Series series) {
    return series.style() != Series.Style.RAW && !series.name().isEmpty();
  }

  private static String cssClass(Series series) {
    return series.style().name().toLowerCase(Locale.ROOT);
  }

  private static String place(double share) {
    double tenths = Math.rint(10_000 * share) / 10;
    return tenths == Math.rint(tenths) ? Long.toString((long) tenths) : Double.toString(tenths);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }
}
