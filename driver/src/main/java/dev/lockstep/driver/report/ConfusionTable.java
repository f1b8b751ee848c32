package dev.lockstep.driver.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A confusion matrix: up to 30 classes as a table shaded by the share of each row, beyond that the
 * most frequent mistakes and the classes found least often.
 */
final class ConfusionTable {
  private static final int LARGEST_TABLE = 30;
  private static final int LARGEST_AIRY_TABLE = 12;
  private static final int LONGEST_UPRIGHT_LABEL = 4;
  private static final int LISTED = 20;

  private record Mistake(int truth, int predicted, long count) {}

  private final List<String> labels;
  private final long[][] counts;
  private final long[] trueTotals;
  private final long[] predictedTotals;

  /** {@code counts[i][j]} examples of class i were predicted as j. */
  ConfusionTable(List<String> labels, long[][] counts) {
    this.labels = labels;
    this.counts = counts;
    this.trueTotals = new long[counts.length];
    this.predictedTotals = new long[counts.length];
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts.length; j++) {
        trueTotals[i] += counts[i][j];
        predictedTotals[j] += counts[i][j];
      }
    }
  }

  String render() {
    return labels.size() <= LARGEST_TABLE ? table() : lists();
  }

  private String table() {
    boolean upright = true;
    for (String label : labels) {
      upright &= label.length() <= LONGEST_UPRIGHT_LABEL;
    }
    boolean dense = labels.size() > LARGEST_AIRY_TABLE;
    StringBuilder html = new StringBuilder("<p class=\"note\">Rows are true classes, columns ");
    html.append("predictions. Shading is the share of the row.</p>\n");
    html.append("<div class=\"scroll\"><table class=\"confusion").append(upright ? "" : " turned");
    html.append(dense ? " dense" : "");
    html.append("\"><thead><tr><td></td>");
    for (String label : labels) {
      html.append("<th scope=\"col\">").append(labelled(label)).append("</th>");
    }
    html.append("<th scope=\"col\" class=\"rate\"><span>Recall</span></th></tr></thead><tbody>");
    for (int i = 0; i < counts.length; i++) {
      html.append("<tr><th scope=\"row\">").append(labelled(labels.get(i))).append("</th>");
      for (int j = 0; j < counts.length; j++) {
        appendCell(html, i, j);
      }
      appendRate(html, counts[i][i], trueTotals[i], dense);
      html.append("</tr>");
    }
    html.append("</tbody><tfoot><tr><th scope=\"row\" class=\"rate\">Precision</th>");
    for (int j = 0; j < counts.length; j++) {
      appendRate(html, counts[j][j], predictedTotals[j], dense);
    }
    return html.append("<td></td></tr></tfoot></table></div>\n").toString();
  }

  private void appendCell(StringBuilder html, int truth, int predicted) {
    long count = counts[truth][predicted];
    if (count == 0) {
      html.append("<td class=\"none\">·</td>");
      return;
    }
    double share = (double) count / trueTotals[truth];
    html.append(truth == predicted ? "<td class=\"right\"" : "<td class=\"wrong\"");
    html.append(
        String.format(
            Locale.ROOT,
            " style=\"--share:%.3f\" title=\"",
            truth == predicted ? share : Math.sqrt(share)));
    html.append(Html.escape(labels.get(truth) + " predicted as " + labels.get(predicted)));
    html.append(": ").append(count).append(" (").append(rate(count, trueTotals[truth]));
    html.append(")\">").append(Numbers.grouped(count)).append("</td>");
  }

  private static void appendRate(StringBuilder html, long count, long total, boolean dense) {
    html.append("<td class=\"rate\" title=\"").append(count).append(" of ").append(total);
    html.append("\">").append(dense ? wholeRate(count, total) : rate(count, total));
    html.append("</td>");
  }

  private String lists() {
    List<Mistake> mistakes = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      classes.add(i);
      for (int j = 0; j < counts.length; j++) {
        if (i != j && counts[i][j] > 0) {
          mistakes.add(new Mistake(i, j, counts[i][j]));
        }
      }
    }
    mistakes.sort(Comparator.comparingLong(Mistake::count).reversed());
    classes.removeIf(i -> trueTotals[i] == 0);
    classes.sort(Comparator.comparingDouble(i -> (double) counts[i][i] / trueTotals[i]));

    StringBuilder html = new StringBuilder("<div class=\"pair\"><table><caption>");
    html.append("Most frequent mistakes</caption><thead><tr><th scope=\"col\">True class</th>");
    html.append("<th scope=\"col\">Predicted as</th><th scope=\"col\" class=\"n\">Examples</th>");
    html.append("<th scope=\"col\" class=\"n\">Of the class</th></tr></thead><tbody>");
    for (Mistake mistake : mistakes.subList(0, Math.min(LISTED, mistakes.size()))) {
      html.append("<tr><td>").append(labelled(labels.get(mistake.truth()))).append("</td><td>");
      html.append(labelled(labels.get(mistake.predicted()))).append("</td><td class=\"n\">");
      html.append(Numbers.grouped(mistake.count())).append("</td><td class=\"n\">");
      html.append(rate(mistake.count(), trueTotals[mistake.truth()])).append("</td></tr>");
    }
    html.append("</tbody></table><table><caption>Classes with the lowest recall</caption><thead>");
    html.append("<tr><th scope=\"col\">Class</th><th scope=\"col\" class=\"n\">Recall</th>");
    html.append("<th scope=\"col\" class=\"n\">Precision</th>");
    html.append("<th scope=\"col\" class=\"n\">Examples</th></tr></thead><tbody>");
    for (int i : classes.subList(0, Math.min(LISTED, classes.size()))) {
      html.append("<tr><td>").append(labelled(labels.get(i))).append("</td><td class=\"n\">");
      html.append(rate(counts[i][i], trueTotals[i])).append("</td><td class=\"n\">");
      html.append(rate(counts[i][i], predictedTotals[i])).append("</td><td class=\"n\">");
      html.append(Numbers.grouped(trueTotals[i])).append("</td></tr>");
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  /** A label in a box that cuts it when too long, with the whole of it under the pointer. */
  private static String labelled(String label) {
    String text = Html.escape(label);
    return "<span title=\"" + text + "\">" + text + "</span>";
  }

  /** Rounded down, so that 100% means all. */
  private static String wholeRate(long count, long total) {
    return total == 0 ? "–" : Math.floorDiv(100 * count, total) + "%";
  }

  private static String rate(long count, long total) {
    return total == 0 ? "–" : String.format(Locale.ROOT, "%.1f%%", 100.0 * count / total);
  }
}
