package dev.lockstep.driver.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * {@code report.html}: one page that needs nothing but itself, neither the network nor scripts.
 *
 * <p>Names and labels come from data and configuration, so every text passes {@link Html#escape};
 * the page's content policy allows only its own script besides.
 */
public final class HtmlReport {
  /** The smallest share of weights at 0 that is more than chance and not 0.00% when shown. */
  private static final double SPARSITY_SHOWN = 1e-3;

  private HtmlReport() {}

  /**
   * The page.
   *
   * @param summary of the run, ended in whatever way
   * @param metrics the run's curves; may be empty
   * @param configYaml the resolved configuration
   */
  public static String render(RunSummary summary, RunMetrics metrics, String configYaml) {
    Curves curves = new Curves(metrics);
    StringBuilder page = new StringBuilder(1 << 17);
    appendHead(page, summary);
    page.append("<main>\n");
    appendHeader(page, summary);
    appendKeyFigures(page, summary);
    appendRemarks(page, summary);

    boolean stepped = !metrics.steps().isEmpty();
    page.append("<section><h2>Training</h2>\n");
    if (stepped) {
      page.append(curves.loss()).append("<div class=\"pair\">").append(curves.learningRate());
      page.append(curves.gradientNorm()).append("</div>");
    } else {
      page.append("<p class=\"empty\">The run ended before its first step.</p>");
    }
    page.append("</section>\n");

    page.append("<section><h2>Quality</h2>\n<div class=\"pair\">");
    page.append(curves.headlineMetric()).append(splitTable(summary)).append("</div></section>\n");

    if (summary.badRows() != null && summary.badRows().all().bad() > 0) {
      page.append("<section><h2>Rows left out</h2>\n").append(badRows(summary.badRows()));
      page.append("</section>\n");
    }

    if (summary.testConfusion() != null && !summary.classLabels().isEmpty()) {
      page.append("<section><h2>Confusion on the test split</h2>\n");
      page.append(new ConfusionTable(summary.classLabels(), summary.testConfusion()).render());
      page.append("</section>\n");
    }

    if (stepped) {
      page.append("<section><h2>Time per step</h2>\n<p class=\"note\">Median ");
      page.append(milliseconds(summary.medianStepMilliseconds())).append(", 95th percentile ");
      page.append(milliseconds(summary.p95StepMilliseconds()));
      PhaseTimes times = PhaseTimes.of(metrics);
      StepShares shares = StepShares.of(times.usual());
      if (shares != null) {
        page.append("; <b>").append(Numbers.wholePercent(shares.notCompute()));
        page.append("</b> of a usual step is not compute");
      }
      page.append("</p>\n").append(TimeBreakdown.render(times)).append("</section>\n");
    }

    page.append("<section><h2>Configuration</h2>\n<details><summary>Every setting, defaults ");
    page.append("included</summary><pre>").append(Html.escape(configYaml));
    page.append("</pre></details></section>\n");

    page.append("<section><h2>Provenance</h2>\n").append(provenance(summary));
    page.append("</section>\n</main>\n<script>").append(resource("report.js"));
    return page.append("</script>\n</body>\n</html>\n").toString();
  }

  private static void appendHead(StringBuilder page, RunSummary summary) {
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    page.append(Html.escape(summary.name())).append(" · Lockstep</title>\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.append("style-src 'unsafe-inline'; img-src data:; script-src 'sha256-");
    page.append(sha256(resource("report.js"))).append("'\">\n");
    page.append("<link rel=\"icon\" href=\"data:,\">\n<style>\n").append(resource("report.css"));
    page.append("</style>\n</head>\n<body>\n");
  }

  private static void appendHeader(StringBuilder page, RunSummary summary) {
    String status = summary.status();
    page.append("<header>").append(Html.element("h1", "name", summary.name())).append("<p>");
    page.append("<span class=\"status ").append(Html.escape(status)).append("\">");
    page.append(Html.escape(Words.title(status))).append("</span> ");
    Map.Entry<String, SplitMetrics> headline = headlineSplit(summary);
    if (headline != null) {
      page.append(Html.escape(Words.title(headline.getKey()))).append(' ');
      page.append(Html.escape(headlineName(headline.getValue()))).append(" <b>");
      page.append(Html.escape(headlineValue(headline.getValue()))).append("</b> ");
    }
    page.append("after ").append(counted(summary.epochs(), "epoch")).append(" and ");
    page.append(counted(summary.steps(), "step")).append("</p></header>\n");
  }

  private static void appendKeyFigures(StringBuilder page, RunSummary summary) {
    page.append("<dl class=\"figures\">");
    for (String split : new String[] {"test", "validation"}) {
      SplitMetrics metrics = split.equals("test") ? summary.test() : summary.validation();
      if (metrics != null) {
        appendFigure(
            page, Words.title(split) + " " + headlineName(metrics), headlineValue(metrics));
      }
    }
    appendFigure(page, "Epochs", Numbers.grouped(summary.epochs()));
    appendFigure(page, "Steps", Numbers.grouped(summary.steps()));
    appendFigure(page, "Parameters", Numbers.grouped(summary.parameters()));
    if (summary.sparsity() >= SPARSITY_SHOWN) {
      appendFigure(page, "Weights at 0", Numbers.percent(summary.sparsity()));
    }
    appendFigure(page, "Examples/s", Numbers.compact(summary.examplesPerSecond()));
    appendFigure(page, "Wall time", Numbers.duration(summary.wallSeconds()));
    page.append("</dl>\n");
  }

  private static void appendFigure(StringBuilder page, String name, String value) {
    page.append("<div><dt>").append(Html.escape(name)).append("</dt><dd>");
    page.append(Html.escape(value)).append("</dd></div>");
  }

  private static void appendRemarks(StringBuilder page, RunSummary summary) {
    if (summary.diagnosis() != null && !summary.diagnosis().isBlank()) {
      page.append("<aside class=\"remark\"><h2>Diagnosis</h2><p>");
      page.append(Html.escape(Words.sentence(summary.diagnosis()))).append("</p></aside>\n");
    }
    if (!summary.notes().isEmpty()) {
      page.append("<aside class=\"remark\"><h2>Notes</h2><ul>");
      for (String note : summary.notes()) {
        page.append("<li>").append(Html.escape(note)).append("</li>");
      }
      page.append("</ul></aside>\n");
    }
  }

  private static String splitTable(RunSummary summary) {
    Map<String, SplitMetrics> splits = new LinkedHashMap<>();
    splits.put("Train", summary.train());
    splits.put("Validation", summary.validation());
    splits.put("Test", summary.test());
    splits.values().removeIf(split -> split == null);
    if (splits.isEmpty()) {
      return "<p class=\"empty\">The run ended before its first evaluation.</p>";
    }
    Set<String> names = new LinkedHashSet<>();
    splits.values().forEach(split -> names.addAll(split.values().keySet()));

    StringBuilder html =
        new StringBuilder("<div class=\"scroll\"><table class=\"splits\"><thead><tr><td></td>");
    for (String split : splits.keySet()) {
      html.append("<th scope=\"col\" class=\"n\">").append(split).append("</th>");
    }
    html.append("</tr></thead><tbody><tr><th scope=\"row\">Loss</th>");
    for (SplitMetrics split : splits.values()) {
      appendNumber(html, Numbers.significant(split.loss(), 4));
    }
    for (String name : names) {
      html.append("</tr><tr><th scope=\"row\">").append(Html.escape(Words.title(name)));
      html.append("</th>");
      for (SplitMetrics split : splits.values()) {
        Double value = split.values().get(name);
        appendNumber(html, value == null ? "–" : Numbers.metric(name, value));
      }
    }
    html.append("</tr><tr><th scope=\"row\">Examples</th>");
    for (SplitMetrics split : splits.values()) {
      appendNumber(html, Numbers.grouped(split.examples()));
    }
    return html.append("</tr></tbody></table></div>\n").toString();
  }

  /** A row for each source that was read, a column for each reason. */
  private static String badRows(BadRowCounts badRows) {
    Set<String> reasons = badRows.all().byReason().keySet();
    StringBuilder html =
        new StringBuilder("<div class=\"scroll\"><table class=\"splits\"><thead><tr><td></td>");
    for (String heading : new String[] {"Rows", "Left out", "Share"}) {
      html.append("<th scope=\"col\" class=\"n\">").append(heading).append("</th>");
    }
    for (String reason : reasons) {
      html.append("<th scope=\"col\" class=\"n\">");
      html.append(Html.escape(Words.title(reason))).append("</th>");
    }
    html.append("</tr></thead><tbody>");
    badRows
        .sources()
        .forEach(
            (name, source) -> {
              html.append("<tr><th scope=\"row\">").append(Html.escape(Words.title(name)));
              html.append("</th>");
              appendNumber(html, Numbers.grouped(source.total()));
              appendNumber(html, Numbers.grouped(source.bad()));
              appendNumber(html, Numbers.percent(source.fraction()));
              for (String reason : reasons) {
                appendNumber(html, Numbers.grouped(source.byReason().getOrDefault(reason, 0L)));
              }
              html.append("</tr>");
            });
    return html.append("</tbody></table></div>\n").toString();
  }

  private static void appendNumber(StringBuilder html, String number) {
    html.append("<td class=\"n\">").append(number).append("</td>");
  }

  private static String provenance(RunSummary summary) {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("Spark", summary.sparkVersion());
    rows.put("Java", summary.javaVersion());
    rows.put("BLAS", summary.blas());
    rows.put("Cores", Integer.toString(summary.cores()));
    rows.put("Shards", Integer.toString(summary.shards()));
    rows.put("Synchronizer", summary.synchronizer());
    rows.put("Seed", Long.toString(summary.seed()));
    rows.put("Data fingerprint", summary.dataFingerprint());
    rows.put("Parameters SHA-256", summary.parametersSha256());
    summary.versions().forEach((name, version) -> rows.putIfAbsent(name, version));
    StringBuilder html = new StringBuilder("<table class=\"provenance\"><tbody>");
    rows.forEach(
        (name, value) ->
            html.append("<tr><th scope=\"row\">")
                .append(Html.escape(name))
                .append("</th><td>")
                .append(value == null ? "–" : Html.escape(value))
                .append("</td></tr>"));
    return html.append("</tbody></table>\n").toString();
  }

  /** The split whose result stands for the run: test, or the best substitute; null without any. */
  private static Map.Entry<String, SplitMetrics> headlineSplit(RunSummary summary) {
    if (summary.test() != null) {
      return Map.entry("test", summary.test());
    }
    if (summary.validation() != null) {
      return Map.entry("validation", summary.validation());
    }
    return summary.train() == null ? null : Map.entry("training", summary.train());
  }

  private static String headlineName(SplitMetrics split) {
    return split.values().isEmpty() ? "loss" : Words.of(split.values().keySet().iterator().next());
  }

  private static String headlineValue(SplitMetrics split) {
    if (split.values().isEmpty()) {
      return Numbers.significant(split.loss(), 4);
    }
    Map.Entry<String, Double> metric = split.values().entrySet().iterator().next();
    return Numbers.metric(metric.getKey(), metric.getValue());
  }

  private static String counted(long number, String unit) {
    return Numbers.grouped(number) + " " + unit + (number == 1 ? "" : "s");
  }

  private static String milliseconds(double value) {
    return Double.isFinite(value) ? Numbers.significant(value, 3) + " ms" : "–";
  }

  /** A text that lies beside this class in the jar. */
  static String resource(String name) {
    try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the jar is damaged: " + name, e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
