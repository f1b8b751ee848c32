package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.rangetest.Curves;
import dev.lockstep.driver.rangetest.RateCurve;
import dev.lockstep.driver.rangetest.RateSuggestion;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

final class RangeTestReportTest {
  private static RangeTestReport report(String name, int steps, DoubleUnaryOperator lossOverLog) {
    RateCurve curve = Curves.of(steps, lossOverLog);
    return new RangeTestReport(name, Curves.SWEEP, steps, curve, RateSuggestion.of(curve));
  }

  private static Document parse(String svg) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void theTableHas25RowsAndEndsWithTheSuggestion() {
    List<String> lines = report("v", 500, Curves::vee).table().lines().toList();
    assertThat(lines.get(0).trim()).isEqualTo("learning rate         loss  smoothed loss");
    assertThat(lines.subList(1, 26))
        .allMatch(line -> line.trim().split(" +").length == 3)
        .allMatch(line -> line.length() == lines.get(0).length());
    assertThat(lines.get(1)).matches(" *1e-6 +2\\.500 +2\\.500");
    assertThat(lines.get(26)).isEmpty();
    assertThat(lines.get(27)).matches("The loss diverged after step \\d+ of 500\\.");
    assertThat(lines.get(lines.size() - 1)).matches("suggested learning rate: 0\\.\\d+");
  }

  @Test
  void withoutASuggestionTheTableSaysWhy() {
    String table = report("flat", 40, log -> 2).table();
    assertThat(table)
        .contains("All 40 steps were taken", "The loss stays flat")
        .endsWith("suggested learning rate: none\n");
    assertThat(report("none", 40, log -> Double.NaN).table())
        .contains("diverged after step 0 of 40");
  }

  @Test
  void everyStepIsARowOfTheCsvFile() {
    RangeTestReport report = report("v", 500, Curves::vee);
    List<String> lines = report.csv().lines().toList();
    assertThat(lines.get(0)).isEqualTo("step,learningRate,loss,smoothedLoss,smoothedLearningRate");
    assertThat(lines).hasSize(1 + report.curve().points().size());
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split(",", -1);
      RateCurve.Point point = report.curve().points().get(i - 1);
      assertThat(Integer.parseInt(cells[0])).isEqualTo(i);
      assertThat(Double.parseDouble(cells[1])).isEqualTo(point.rate());
      assertThat(Double.parseDouble(cells[2])).isEqualTo(point.loss());
      assertThat(Double.parseDouble(cells[3])).isEqualTo(point.smoothedLoss());
      assertThat(Double.parseDouble(cells[4])).isEqualTo(point.smoothedRate());
    }
  }

  @Test
  void jsonHoldsTheSuggestionOrNull() throws Exception {
    RangeTestReport report = report("v", 500, Curves::vee);
    JsonNode json = Json.MAPPER.readTree(report.json());
    assertThat(json.path("suggestedLearningRate").asDouble()).isEqualTo(report.suggestion().rate());
    assertThat(json.path("tenthOfMinimum").asDouble())
        .isCloseTo(json.path("minimum").path("learningRate").asDouble() / 10, within(1e-12));
    assertThat(json.path("diverged").asBoolean()).isTrue();
    assertThat(json.path("steps").asInt()).isEqualTo(report.curve().points().size());

    JsonNode none = Json.MAPPER.readTree(report("flat", 40, log -> 2).json());
    for (String key : List.of("suggestedLearningRate", "steepest", "minimum", "tenthOfMinimum")) {
      assertThat(none.has(key)).isTrue();
      assertThat(none.get(key).isNull()).isTrue();
    }
    assertThat(none.path("reason").asText()).contains("flat");
  }

  @Test
  void thePictureIsAFileOfItsOwn() throws Exception {
    Document svg = parse(report("R&D <1>", 500, Curves::vee).svg());
    assertThat(svg.getDocumentElement().getNamespaceURI()).isEqualTo("http://www.w3.org/2000/svg");
    assertThat(svg.getDocumentElement().getLocalName()).isEqualTo("svg");
    assertThat(svg.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("Learning-rate range test: R&D <1>");
    assertThat(svg.getElementsByTagName("style").getLength()).isEqualTo(1);
    assertThat(svg.getElementsByTagName("circle").getLength()).isEqualTo(2);
    String text = svg.getDocumentElement().getTextContent();
    assertThat(text).contains("suggested 0.0", "steepest 0.0", "minimum 0.0", "1e-6", "0.01", "10");
  }

  @Test
  void curvesWithoutASuggestionAreDrawnToo() throws Exception {
    for (DoubleUnaryOperator loss :
        List.<DoubleUnaryOperator>of(
            log -> 2, log -> 0, log -> Double.NaN, log -> Math.exp(40 * (log + 6)))) {
      String text = report("x", 40, loss).svg();
      assertThat(text).doesNotContain("NaN", "Infinity");
      Document svg = parse(text);
      assertThat(svg.getElementsByTagName("circle").getLength()).isZero();
      assertThat(svg.getDocumentElement().getTextContent()).contains("No suggestion");
    }
  }

  @Test
  void aLongSweepMakesASmallPicture() throws Exception {
    String svg = report("long", 20_000, Curves.scattered(Curves::vee, 0.1)).svg();
    assertThat(svg.length()).isLessThan(60_000);
    assertThat(parse(svg).getElementsByTagName("circle").getLength()).isEqualTo(2);
  }
}
