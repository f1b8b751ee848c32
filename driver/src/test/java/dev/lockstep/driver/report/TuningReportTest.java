package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.ParameterRange;
import dev.lockstep.trainer.search.SearchParameter;
import dev.lockstep.trainer.search.SearchSpace;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What a search leaves for people and programs. */
final class TuningReportTest {
  private static final String EVIL = "\"</text><script>alert('&')</script>\"";

  /** Every range, so that each has an axis in the picture. */
  private static final SearchSpace SPACE =
      new SearchSpace(
          List.of(
              new SearchParameter("optimizer.learningRate", new ParameterRange.Log(1e-8, 1, 5)),
              new SearchParameter(
                  "optimizer.beta1", new ParameterRange.OneMinusLog(0, 0.999999, 5)),
              new SearchParameter("regularization.l2", new ParameterRange.Linear(-1, 1, 5)),
              new SearchParameter(
                  "network.layers[0].units", new ParameterRange.Whole(1, 1 << 20, 5)),
              new SearchParameter(
                  "a<b>&\"c\"", new ParameterRange.Choice(List.of(EVIL, "{\"x\":\"<i>\"}")))));

  private static TrialRecord trial(int number, String status, double value, String... values) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int j = 0; j < values.length; j++) {
      parameters.put(SPACE.parameters().get(j).path(), values[j]);
    }
    SplitMetrics split = new SplitMetrics(0.5, 10, Map.of("accuracy", 0.25));
    return new TrialRecord(number, 1, status, parameters, 3, 30, value, null, split, "f00d", 1.5);
  }

  private static final TuningSummary SUMMARY =
      new TuningSummary(
          "<b>name</b>",
          new WatchedMetric("validation", "loss"),
          "random",
          1,
          SPACE,
          List.of(
              trial(2, "completed", 0.25, "1E-8", "0", "-1", "1", EVIL),
              trial(1, "stopped", 0.5, "0.001", "0.99", "0.125", "77", "{\"x\":\"<i>\"}"),
              trial(3, "diverged", Double.NaN, "1", "0.999999", "1", "1048576", EVIL)),
          "0.0.0");

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<String> lines(Document picture) {
    NodeList paths = picture.getElementsByTagName("path");
    List<String> lines = new java.util.ArrayList<>();
    for (int i = 0; i < paths.getLength(); i++) {
      var attributes = paths.item(i).getAttributes();
      if (attributes.getNamedItem("class").getNodeValue().startsWith("trial")) {
        lines.add(attributes.getNamedItem("d").getNodeValue());
      }
    }
    return lines;
  }

  @Test
  void thePictureIsXmlWithALineForEachTrial() throws Exception {
    Document picture = parse(TuningReport.picture(SUMMARY));
    assertThat(picture.getElementsByTagName("script").getLength()).isZero();
    List<String> lines = lines(picture);
    assertThat(lines).hasSize(3);
    // Worst first; the one that diverged has no place on the axis of the metric.
    assertThat(lines.get(0)).isEqualTo("M95 64.0L265 64.0L435 64.0L605 64.0L775 380.0");
    // All values at the lower ends; the lower loss is above.
    assertThat(lines.get(2)).startsWith("M95 380.0L265 380.0L435 380.0L605 380.0L775 380.0L945 ");
    double best = Double.parseDouble(lines.get(2).substring(lines.get(2).lastIndexOf(' ')));
    double second = Double.parseDouble(lines.get(1).substring(lines.get(1).lastIndexOf(' ')));
    assertThat(best).isLessThan(second);
  }

  @Test
  void nothingFromOutsideGetsIntoThePageUnescaped() {
    String page = TuningReport.render(SUMMARY, "name: </pre><script>");
    assertThat(page)
        .doesNotContain("<script>", "<b>name", "<i>", "a<b>")
        .contains("&lt;script&gt;", "default-src 'none'", "trials/002/report.html");
  }

  @Test
  void aSearchWithoutAnyResultCanBeShown() throws Exception {
    TuningSummary none =
        new TuningSummary(
            "n",
            SUMMARY.metric(),
            "grid",
            1,
            SPACE,
            List.of(trial(1, "diverged", Double.NaN, "1", "0.9", "1", "1", EVIL)),
            "0.0.0");
    assertThat(lines(parse(TuningReport.picture(none)))).hasSize(1);
    assertThat(TuningReport.render(none, "")).contains("none of which has a finite result");
    assertThat(none.best()).isEmpty();
    assertThat(none.toJson()).contains("\"bestTrial\" : null");
  }

  @Test
  void theRankingIsATableForProgramsToo() {
    List<String> lines = SUMMARY.toCsv().lines().toList();
    assertThat(lines.get(0))
        .isEqualTo(
            "rank,trial,status,validation.loss,epochs,steps,optimizer.learningRate,"
                + "optimizer.beta1,regularization.l2,network.layers[0].units,\"a<b>&\"\"c\"\"\"");
    assertThat(lines.get(1)).startsWith("1,2,completed,0.25,3,30,1E-8,0,-1,1,</text>");
    assertThat(lines.get(2)).endsWith(",0.001,0.99,0.125,77,\"{\"\"x\"\":\"\"<i>\"\"}\"");
    assertThat(lines.get(3)).startsWith("3,3,diverged,,3,30,");
  }

  @Test
  void theTableForPeopleIsAligned() {
    List<String> lines = SUMMARY.toTable().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).startsWith("rank  trial  validation.loss  epochs");
    assertThat(lines.get(1))
        .startsWith("   1      2           0.2500       3")
        .endsWith("completed");
    assertThat(lines.get(3)).contains("–").endsWith("diverged");
  }

  @Test
  void trialsReadBackAsTheyWereWritten() {
    String text = TrialsLog.write(SUMMARY.ranking());
    assertThat(text.lines()).hasSize(3);
    List<TrialRecord> read = TrialsLog.read(text, "trials.jsonl");
    assertThat(TrialsLog.write(read)).isEqualTo(text.replace("1E-8", "1.0E-8"));
    for (int i = 0; i < 3; i++) {
      Map<String, String> before = SUMMARY.ranking().get(i).parameters();
      assertThat(TrialsLog.sameParameters(read.get(i).parameters(), before)).isTrue();
      assertThat(read.get(i).withParameters(before)).isEqualTo(SUMMARY.ranking().get(i));
    }
    assertThat(TrialsLog.sameParameters(read.get(0).parameters(), read.get(1).parameters()))
        .isFalse();
  }

  @Test
  void aLastLineCutShortIsPassedOverAndAnyOtherIsNot() {
    String text = TrialsLog.write(SUMMARY.ranking());
    for (int cut = 1; cut < 100; cut++) {
      assertThat(TrialsLog.read(text.substring(0, text.length() - 1 - cut), "t")).hasSize(2);
    }
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> TrialsLog.read("{\"trial\":1,\n" + text, "t"))
        .withMessageContaining("t line 1 is no record of a trial");
    assertThatExceptionOfType(LockstepException.class)
        .isThrownBy(() -> TrialsLog.read("{}\n" + text, "t"));
  }
}
