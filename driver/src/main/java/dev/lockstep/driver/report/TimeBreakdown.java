package dev.lockstep.driver.report;

import dev.lockstep.driver.report.PhaseTimes.Phase;
import java.util.List;
import java.util.Locale;

/** Where the time of all steps went, as a bar in parts and a table. */
final class TimeBreakdown {
  private record Part(String name, String cssClass, Phase phase) {}

  private static final List<Part> PARTS =
      List.of(
          new Part("Compute", "compute", Phase.COMPUTE),
          new Part("Aggregate", "aggregate", Phase.AGGREGATE),
          new Part("Update", "update", Phase.UPDATE),
          new Part("Broadcast", "broadcast", Phase.BROADCAST),
          new Part("Other", "other", Phase.OTHER));

  private TimeBreakdown() {}

  /** The bar and table, or a sentence where no time was recorded. */
  static String render(PhaseTimes times) {
    double whole = 0;
    for (Part part : PARTS) {
      whole += times.mean(part.phase());
    }
    if (!(whole > 0)) {
      return "<p class=\"empty\">Nothing was recorded.</p>\n";
    }
    StringBuilder bar = new StringBuilder("<div class=\"stack\" aria-hidden=\"true\">");
    StringBuilder table =
        new StringBuilder("<table class=\"times\"><thead><tr><th scope=\"col\">Phase</th>")
            .append("<th scope=\"col\">Share</th><th scope=\"col\">Mean</th>")
            .append("<th scope=\"col\">Median</th></tr></thead><tbody>");
    for (Part part : PARTS) {
      double mean = times.mean(part.phase());
      double share = mean / whole;
      bar.append(
          String.format(
              Locale.ROOT,
              "<i class=\"%s\" style=\"flex-grow:%.5f\"></i>",
              part.cssClass(),
              share));
      table.append("<tr><th scope=\"row\"><i class=\"").append(part.cssClass()).append("\"></i>");
      table.append(part.name()).append("</th><td>");
      table.append(String.format(Locale.ROOT, "%.1f%%", 100 * share)).append("</td><td>");
      table.append(milliseconds(mean)).append("</td><td>");
      table.append(milliseconds(times.percentile(part.phase(), 0.5))).append("</td></tr>");
    }
    return bar.append("</div>").append(table).append("</tbody></table>\n")
        + "<p class=\"note\">Shares and means are of all steps; the first ones, in which Java"
        + " compiles the program, weigh much in short runs. Medians leave them out.</p>\n";
  }

  private static String milliseconds(double seconds) {
    return Numbers.significant(1000 * seconds, 3) + " ms";
  }
}
