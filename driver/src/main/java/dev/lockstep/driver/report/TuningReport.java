package dev.lockstep.driver.report;

import dev.lockstep.trainer.search.SearchParameter;

/**
 * The page and the picture of a search. The page needs nothing but itself and has no script; it
 * points to the pages of the trials beside it.
 */
public final class TuningReport {
  private TuningReport() {}

  /** {@code parallel-coordinates.svg}. */
  public static String picture(TuningSummary summary) {
    return ParallelCoordinates.render(summary);
  }

  /**
   * {@code report.html}.
   *
   * @param configYaml the configuration with its search
   */
  public static String render(TuningSummary summary, String configYaml) {
    StringBuilder page = new StringBuilder(1 << 16);
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    page.append(Html.escape(summary.name())).append(" · Search · Lockstep</title>\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.append("style-src 'unsafe-inline'; img-src data:\">\n");
    page.append("<link rel=\"icon\" href=\"data:,\">\n<style>\n");
    page.append(HtmlReport.resource("report.css"));
    page.append("a { color: var(--blue); }\n</style>\n</head>\n<body>\n<main>\n");
    appendHeader(page, summary);
    page.append("<section><h2>Parameters and ").append(Html.escape(summary.metric().toString()));
    page.append("</h2>\n<div class=\"scroll\">").append(ParallelCoordinates.render(summary));
    page.append("</div></section>\n<section><h2>Ranking</h2>\n");
    appendRanking(page, summary);
    page.append("</section>\n<section><h2>Configuration</h2>\n<details><summary>Every setting, ");
    page.append("defaults included</summary><pre>").append(Html.escape(configYaml));
    page.append("</pre></details></section>\n</main>\n</body>\n</html>\n");
    return page.toString();
  }

  private static void appendHeader(StringBuilder page, TuningSummary summary) {
    page.append("<header>").append(Html.element("h1", "name", summary.name())).append("<p>");
    int trials = summary.ranking().size();
    page.append(Html.escape(Words.title(summary.search()))).append(" search over ");
    page.append(Numbers.grouped(trials)).append(trials == 1 ? " trial" : " trials");
    summary
        .best()
        .ifPresentOrElse(
            best -> {
              page.append(": best ").append(Html.escape(summary.metric().toString()));
              page.append(" <b>").append(summary.value(best)).append("</b> by trial ");
              page.append(best.trial());
            },
            () -> page.append(", none of which has a finite result"));
    page.append("</p></header>\n<dl class=\"figures\">");
    summary
        .best()
        .ifPresent(
            best ->
                best.parameters()
                    .forEach(
                        (path, value) -> appendFigure(page, path, TuningSummary.shown(value))));
    appendFigure(page, "Training time", Numbers.duration(summary.trainingSeconds()));
    page.append("</dl>\n");
  }

  private static void appendFigure(StringBuilder page, String name, String value) {
    page.append("<div><dt>").append(Html.escape(name)).append("</dt><dd>");
    page.append(Html.escape(value)).append("</dd></div>");
  }

  private static void appendRanking(StringBuilder page, TuningSummary summary) {
    page.append(
        "<div class=\"scroll\"><table><thead><tr><th class=\"n\">Rank</th><th>Trial</th><th>Status</th>");
    appendHead(page, summary.metric().toString());
    appendHead(page, "Epochs");
    for (SearchParameter parameter : summary.space().parameters()) {
      appendHead(page, parameter.path());
    }
    appendHead(page, "Time");
    page.append("</tr></thead><tbody>");
    for (int i = 0; i < summary.ranking().size(); i++) {
      TrialRecord record = summary.ranking().get(i);
      page.append("<tr>");
      appendCell(page, Integer.toString(i + 1));
      page.append("<td><a href=\"").append(TrialRecord.folder(record.trial()));
      page.append("/report.html\">").append(record.trial()).append("</a></td><td>");
      page.append(Html.escape(Words.title(record.status()))).append("</td>");
      appendCell(page, summary.value(record));
      appendCell(page, Numbers.grouped(record.epochs()));
      for (SearchParameter parameter : summary.space().parameters()) {
        appendCell(page, TuningSummary.shown(record.parameters().get(parameter.path())));
      }
      appendCell(page, Numbers.duration(record.seconds()));
      page.append("</tr>\n");
    }
    page.append("</tbody></table></div>\n");
  }

  private static void appendHead(StringBuilder page, String text) {
    page.append("<th scope=\"col\" class=\"n\">").append(Html.escape(text)).append("</th>");
  }

  private static void appendCell(StringBuilder page, String text) {
    page.append("<td class=\"n\">").append(Html.escape(text)).append("</td>");
  }
}
