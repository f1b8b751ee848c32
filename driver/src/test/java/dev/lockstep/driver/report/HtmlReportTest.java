package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HtmlReportTest {
  private static final String YAML = "name: digits\n";
  private static final String EVIL = "<script>alert('x')</script>\"&\u0007";

  private static RunSummary withLabels(List<String> labels, long[][] counts) {
    return Samples.withTest(
        Samples.summary("completed", "digits", Samples.run(3, 10, true)),
        Samples.split(0.3, 10, "accuracy", 0.9778),
        labels,
        counts);
  }

  /** What must hold for every page. */
  private static String checked(String page) {
    assertThat(page).startsWith("<!DOCTYPE html>").endsWith("</html>\n");
    assertThat(page).doesNotContain("http://").doesNotContain("https://").doesNotContain("//www");
    assertThat(page).doesNotContain("src=").doesNotContain("@import").doesNotContain("url(");
    assertThat(Pattern.compile("<script").matcher(page).results()).hasSize(1);
    assertThat(page.split("<script>", -1)[0]).doesNotContain("NaN\"").doesNotContain("NaN ");
    for (String tag : List.of("section", "table", "tr", "td", "span", "figure", "div", "svg")) {
      long opened = Pattern.compile("<" + tag + "[ >]").matcher(page).results().count();
      long closed = Pattern.compile("</" + tag + ">").matcher(page).results().count();
      assertThat(opened).as(tag).isEqualTo(closed);
    }
    return page;
  }

  @Test
  void showsTheResult() {
    String page =
        checked(
            HtmlReport.render(
                withLabels(List.of("cat", "dog"), new long[][] {{1500, 0}, {3, 7}}),
                Samples.run(3, 10, true),
                YAML));
    assertThat(page)
        .contains("<title>digits · Lockstep</title>")
        .contains("Test accuracy <b>97.78%</b> after 3 epochs and 30 steps")
        .contains("Lowest validation loss 0.2000 after epoch 3")
        .contains("title=\"dog predicted as cat: 3 (30.0%)\">3</td>")
        .contains(">1\u202F500</td>")
        .contains("Median 1.50 ms, 95th percentile 2.25 ms")
        .contains("<td>50.0%</td><td>5.00 ms</td>")
        .contains("name: digits")
        .contains("sha256:ab")
        .contains("Fine.")
        .contains("A note.");
  }

  @Test
  void everythingShownIsEscaped() {
    RunMetrics metrics =
        new RunMetrics(
            List.of(Samples.step(1, 1, 0.5)),
            List.of(new EpochRecord(1, Samples.split(1, 1, EVIL, 0.5), null)));
    RunSummary plain = Samples.summary("completed", EVIL, metrics);
    RunSummary summary =
        new RunSummary(
            EVIL,
            EVIL,
            1,
            1,
            1,
            EVIL,
            0.5,
            Samples.split(1, 1, EVIL, 0.5),
            Samples.split(1, 1, EVIL, 0.5),
            Samples.split(1, 1, EVIL, 0.5),
            1,
            1,
            1,
            null,
            1,
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            1,
            1,
            EVIL,
            1,
            EVIL,
            new BadRowCounts(
                EVIL, 1, Map.of(EVIL, new BadRowCounts.Source(2, 1, Map.of(EVIL, 1L)))),
            Map.of(EVIL, EVIL),
            List.of(EVIL, "b"),
            new long[][] {{1, 2}, {3, 4}},
            List.of(EVIL));
    for (RunSummary each : List.of(plain, summary)) {
      String page = checked(HtmlReport.render(each, metrics, EVIL));
      assertThat(page).contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\uFFFD");
      assertThat(page).doesNotContain("alert('x')").doesNotContain("\u0007");
    }
  }

  @Test
  void manyClassesBecomeListsOfTheWorst() {
    List<String> labels = new ArrayList<>();
    long[][] counts = new long[31][31];
    for (int i = 0; i < 31; i++) {
      labels.add("class" + i + EVIL);
      counts[i][i] = 10;
    }
    counts[3][4] = 10;
    counts[30] = new long[31];
    String page =
        checked(HtmlReport.render(withLabels(labels, counts), Samples.run(1, 2, true), YAML));
    assertThat(page)
        .contains("Most frequent mistakes")
        .contains("<td class=\"n\">10</td><td class=\"n\">50.0%</td>");
    String table =
        HtmlReport.render(
            withLabels(labels.subList(0, 30), new long[30][30]), Samples.run(1, 2, true), YAML);
    assertThat(checked(table)).contains("class=\"confusion turned dense\"");
  }

  @Test
  void aDivergedRunIsMarked() {
    List<StepRecord> steps = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      steps.add(Samples.step(i, 1, i < 15 ? Math.pow(10, i) : Double.NaN));
    }
    RunMetrics metrics = new RunMetrics(steps, List.of());
    String page =
        checked(HtmlReport.render(Samples.summary("diverged", "d", metrics), metrics, YAML));
    assertThat(page)
        .contains("class=\"status diverged\">Diverged")
        .contains("not finite at step 15");
  }

  @Test
  void missingPartsLeaveAWholePage() {
    RunMetrics none = new RunMetrics(List.of(), List.of());
    assertThat(checked(HtmlReport.render(Samples.summary("interrupted", "", none), none, "")))
        .contains("The run ended before its first step.")
        .contains("The run ended before its first evaluation.");

    RunMetrics oneStep = new RunMetrics(List.of(Samples.step(1, 1, 0)), List.of());
    checked(HtmlReport.render(Samples.summary("completed", "n", oneStep), oneStep, YAML));

    RunMetrics allNaN =
        new RunMetrics(
            List.of(
                new StepRecord(
                    1,
                    1,
                    Double.NaN,
                    Double.NaN,
                    Double.NaN,
                    1,
                    Double.NaN,
                    new StepTimes(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN))),
            List.of(
                new EpochRecord(
                    1,
                    Samples.split(Double.NaN, 1, "rmse", Double.NaN),
                    Samples.split(Double.NaN, 1))));
    assertThat(checked(HtmlReport.render(Samples.summary("diverged", "n", allNaN), allNaN, YAML)))
        .contains("Nothing was recorded.");

    RunMetrics oneEpoch = Samples.run(1, 1, false);
    checked(HtmlReport.render(Samples.summary("completed", "n", oneEpoch), oneEpoch, YAML));

    RunMetrics epochsOnly = new RunMetrics(List.of(), Samples.run(2, 1, true).epochs());
    checked(HtmlReport.render(Samples.summary("completed", "n", epochsOnly), epochsOnly, YAML));
  }

  @Test
  void aMillionStepsStaySmall() {
    RunMetrics metrics = Samples.run(1000, 1000, true);
    String page =
        checked(HtmlReport.render(Samples.summary("completed", "n", metrics), metrics, YAML));
    assertThat(page.length()).isLessThan(300_000);
  }

  @Test
  void drawnPlacesAreInsideThePlot() {
    String page =
        HtmlReport.render(
            Samples.summary("completed", "n", Samples.run(5, 50, true)),
            Samples.run(5, 50, true),
            YAML);
    Matcher point = Pattern.compile("[ML](-?[0-9.]+) (-?[0-9.]+)").matcher(page);
    int points = 0;
    while (point.find()) {
      assertThat(Double.parseDouble(point.group(1))).isBetween(0.0, 1000.0);
      assertThat(Double.parseDouble(point.group(2))).isBetween(0.0, 1000.0);
      points++;
    }
    assertThat(points).isGreaterThan(900);
  }
}
