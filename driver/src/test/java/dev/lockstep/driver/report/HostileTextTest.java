package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.lockstep.driver.rangetest.Curves;
import dev.lockstep.driver.rangetest.RateCurve;
import dev.lockstep.driver.rangetest.RateSuggestion;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.ParameterRange;
import dev.lockstep.trainer.search.SearchParameter;
import dev.lockstep.trainer.search.SearchSpace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * Texts of data and configurations are shown in pages and pictures as what they are. Each page is
 * made with a hostile text in every place and with a harmless one, both are parsed as a browser
 * would, and what is not text must be the same.
 */
final class HostileTextTest {
  private static final String HARMLESS = "harmless";
  private static final Set<String> ATTRIBUTES_OF_TEXT = Set.of("title", "class");
  private static final Set<String> DRAWN_TO_MEASURE = Set.of("x", "width", "textLength");

  private static final List<String> FRAGMENTS =
      List.of(
          "</script><script>alert(1)</script>",
          "\"><img src=x onerror=alert(1)>",
          "' onmouseover='alert(1)",
          "\" style=\"background:url(//x)\" a=\"",
          "javascript:alert(1)",
          "<svg/onload=alert(1)>",
          "</svg><style>*{display:none}</style>",
          "</title></head><body onload=alert(1)>",
          "</pre></details></main>",
          "<!--",
          "-->",
          "]]>",
          "<![CDATA[",
          "<?xml?>",
          "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
          "&lt;b&gt;",
          "&#x3c;script&#x3e;",
          "&e;",
          "\u0000\u0001\u001b[2J\u007f\u0085\u009b",
          "\uD800",
          "\uDC00x",
          "\uFFFE\uFFFF",
          "\u2028\u2029\u202E",
          "\r\n\t",
          "\\\"</",
          "`${7*7}`{{7*7}}",
          "😀");

  @Provide
  Arbitrary<String> hostile() {
    Arbitrary<String> any = Arbitraries.oneOf(Arbitraries.of(FRAGMENTS), Arbitraries.strings());
    return any.list().ofMinSize(1).ofMaxSize(4).map(parts -> "x" + String.join("", parts));
  }

  @Property(tries = 300)
  void aReportShowsAnyTextAsText(@ForAll("hostile") String text) throws IOException {
    Document page = Jsoup.parse(report(text));
    assertThat(skeleton(page)).isEqualTo(skeleton(Jsoup.parse(report(HARMLESS))));
    assertThat(page.select("pre").get(0).wholeText()).isEqualTo(shown(text));
    assertThat(page.select("h1").get(0).wholeText()).isEqualTo(shown(text));
    assertThat(page.select("li").get(0).wholeText()).isEqualTo(shown(text));
    assertThat(page.title()).isNotEmpty();
  }

  @Property(tries = 300)
  void theReportOfASearchShowsAnyTextAsText(@ForAll("hostile") String text) {
    Document page = Jsoup.parse(TuningReport.render(search(text), text));
    Document harmless = Jsoup.parse(TuningReport.render(search(HARMLESS), HARMLESS));
    assertThat(skeleton(page)).isEqualTo(skeleton(harmless));
    assertThat(page.select("pre").get(0).wholeText()).isEqualTo(shown(text));
  }

  @Property(tries = 200)
  void picturesShowAnyTextAsText(@ForAll("hostile") String text) throws Exception {
    assertThat(xmlSkeleton(TuningReport.picture(search(text))))
        .isEqualTo(xmlSkeleton(TuningReport.picture(search(HARMLESS))));
    assertThat(xmlSkeleton(range(text).svg())).isEqualTo(xmlSkeleton(range(HARMLESS).svg()));
  }

  /** A report with {@code text} wherever a summary has any, and as its configuration. */
  private static String report(String text) throws IOException {
    RunMetrics metrics = Samples.run(2, 3, true);
    RunSummary summary =
        Samples.withTest(
            Samples.summary("completed", "name", metrics),
            Samples.split(0.5, 10, "accuracy", 0.5),
            List.of("first", "second"),
            new long[][] {{3, 1}, {2, 4}});
    JsonNode json = Json.MAPPER.readTree(summary.toJson());
    return HtmlReport.render(
        RunSummary.fromJson(Json.MAPPER.writeValueAsString(replaced(json, text))), metrics, text);
  }

  private static JsonNode replaced(JsonNode node, String text) {
    if (node.isTextual()) {
      return TextNode.valueOf(text);
    }
    if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, replaced(list.get(i), text));
      }
    } else if (node instanceof ObjectNode block) {
      List<String> keys = new ArrayList<>();
      block.fieldNames().forEachRemaining(keys::add);
      for (String key : keys) {
        JsonNode value = replaced(block.remove(key), text);
        // Names of metrics and of versions are texts of the file, too.
        block.set(key.equals("accuracy") || key.equals("lockstep") ? text : key, value);
      }
    }
    return node;
  }

  private static TuningSummary search(String text) {
    SearchSpace space =
        new SearchSpace(
            List.of(
                new SearchParameter("optimizer.learningRate", new ParameterRange.Log(1e-3, 1, 5)),
                new SearchParameter(
                    text, new ParameterRange.Choice(List.of(json(text), json("b" + text))))));
    List<TrialRecord> trials = new ArrayList<>();
    for (int number = 1; number <= 2; number++) {
      Map<String, String> values =
          Map.of(
              "optimizer.learningRate",
              "0.0" + number,
              text,
              json(number == 1 ? text : "b" + text));
      trials.add(
          new TrialRecord(
              number,
              1,
              text,
              values,
              3,
              30,
              0.25 * number,
              null,
              new SplitMetrics(0.5, 10, Map.of(text, 0.25)),
              text,
              1.5));
    }
    return new TuningSummary(
        text, new WatchedMetric("validation", "loss"), text, 1, space, trials, text);
  }

  private static String json(String text) {
    return TextNode.valueOf(text).toString();
  }

  private static RangeTestReport range(String name) {
    RateCurve curve = Curves.of(100, Curves::vee);
    RateSuggestion suggestion = RateSuggestion.of(curve);
    return new RangeTestReport(
        name,
        Curves.SWEEP,
        100,
        curve,
        new RateSuggestion(suggestion.rate(), suggestion.steepest(), suggestion.minimum(), name));
  }

  /** As {@link Html#escape} promises, and as parsers show it. */
  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              boolean control = Character.isISOControl(point) && point != '\n' && point != '\t';
              boolean half = point >= 0xD800 && point <= 0xDFFF;
              shown.appendCodePoint(
                  control || half || point == 0xFFFE || point == 0xFFFF ? 0xFFFD : point);
            });
    return shown.toString();
  }

  /** Elements in order with their attributes, scripts and styles; what texts may be is left out. */
  private static List<String> skeleton(Document page) {
    List<String> parts = new ArrayList<>();
    for (Element element : page.getAllElements()) {
      StringBuilder part = new StringBuilder(element.tagName());
      for (Attribute attribute : element.attributes()) {
        part.append(' ').append(attribute.getKey());
        if (!ATTRIBUTES_OF_TEXT.contains(attribute.getKey())
            && !DRAWN_TO_MEASURE.contains(attribute.getKey())) {
          part.append('=').append(attribute.getValue());
        }
      }
      if (element.tagName().equals("script") || element.tagName().equals("style")) {
        part.append(element.data());
      }
      parts.add(part.toString());
    }
    return parts;
  }

  private static List<String> xmlSkeleton(String svg) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    NodeList all =
        factory
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
            .getElementsByTagName("*");
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      StringBuilder part = new StringBuilder(all.item(i).getNodeName());
      for (int j = 0; j < all.item(i).getAttributes().getLength(); j++) {
        Node attribute = all.item(i).getAttributes().item(j);
        part.append(' ').append(attribute.getNodeName());
        if (!DRAWN_TO_MEASURE.contains(attribute.getNodeName())) {
          part.append('=').append(attribute.getNodeValue());
        }
      }
      parts.add(part.toString());
    }
    return parts;
  }
}
