package dev.lockstep.driver.report;

import java.util.List;
import java.util.Locale;

/** Where the time of all steps went, as a bar in parts and a table. */
final class TimeBreakdown {
  private record Part(String name, String cssClass, double seconds) {}

  private TimeBreakdown() {}

  /** The bar and table, or a sentence where no time was recorded. */
  static String render(RunMetrics metrics) {
    double compute = 0;
    double aggregate = 0;
    double update = 0;
    double broadcast = 0;
    double total = 0;
    for (StepRecord record : metrics.steps()) {
      compute += finite(record.seconds().compute());
      aggregate += finite(record.seconds().aggregate());
      update += finite(record.seconds().update());
      broadcast += finite(record.seconds().broadcast());
      total += finite(record.seconds().total());
    }
    double rest = total - compute - aggregate - update - broadcast;
    // Below a millionth of the total it is the rounding of the sums.
    double other = rest > 1e-6 * total ? rest : 0;
    double whole = compute + aggregate + update + broadcast + other;
    if (!(whole > 0)) {
      return "<p class=\"empty\">Nothing was recorded.</p>\n";
    }
    List<Part> parts =
        List.of(
            new Part("Compute", "compute", compute),
            new Part("Aggregate", "aggregate", aggregate),
            new Part("Update", "update", update),
            new Part("Broadcast", "broadcast", broadcast),
            new Part("Other", "other", other));
    StringBuilder bar = new StringBuilder("<div class=\"stack\" aria-hidden=\"true\">");
    StringBuilder table =
        new StringBuilder("<table class=\"times\"><thead><tr><th scope=\"col\">Phase</th>")
            .append("<th scope=\"col\">Share</th><th scope=\"col\">Mean per step</th></tr></thead>")
            .append("<tbody>");
    for (Part part : parts) {
      double share = part.seconds() / whole;
      bar.append(
          String.format(
              Locale.ROOT,
              "<i class=\"%s\" style=\"flex-grow:%.5f\"></i>",
              part.cssClass(),
              share));
      table.append("<tr><th scope=\"row\"><i class=\"").append(part.cssClass()).append("\"></i>");
      table.append(part.name()).append("</th><td>");
      table.append(String.format(Locale.ROOT, "%.1f%%", 100 * share)).append("</td><td>");
      table.append(milliseconds(part.seconds() / metrics.steps().size())).append("</td></tr>");
    }
    return bar.append("</div>").append(table).append("</tbody></table>\n").toString();
  }

  private static double finite(double seconds) {
    return Double.isFinite(seconds) ? seconds : 0;
  }

  private static String milliseconds(double seconds) {
    return Numbers.significant(1000 * seconds, 3) + " ms";
  }
}
