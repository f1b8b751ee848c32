package dev.lockstep.notebooks.cell;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/** Charts are drawn without a screen, and show what they are given. */
final class ChartsTest {
  @Test
  void linesStartAtOneAndKeepTheirOrder() {
    Map<String, double[]> series = new LinkedHashMap<>();
    series.put("second", new double[] {3, 2, 1});
    series.put("first", new double[] {1, 2});

    XYChart chart = Charts.lines("title", "x", "y", series);

    assertThat(chart.getSeriesMap().keySet()).containsExactly("second", "first");
    assertThat(chart.getSeriesMap().get("second").getXData()).containsExactly(1, 2, 3);
    assertThat(colors(BitmapEncoder.getBufferedImage(chart)))
        .contains(new Color(0x0072B2), new Color(0xD55E00));
  }

  @Test
  void curvesHaveTheirOwnPlaces() {
    XYChart chart =
        Charts.curves("title", "x", "y", Map.of("a", new double[][] {{10, 20}, {1, 2}}));

    assertThat(chart.getSeriesMap().get("a").getXData()).containsExactly(10, 20);
    assertThat(chart.getSeriesMap().get("a").getYData()).containsExactly(1, 2);
  }

  @Test
  void regionsFollowTheProbabilityAndPointsLieOnThem() {
    Map<String, double[][]> points = new LinkedHashMap<>();
    points.put("0", new double[][] {{-1, 0}});
    points.put("1", new double[][] {{1, 0}});

    XYChart chart =
        Charts.regions("title", new double[] {-2, 2, -2, 2}, (x, y) -> x > 0 ? 0.9 : 0.1, points);

    assertThat(Arrays.stream(chart.getSeriesMap().get("region 0").getXData()).max().getAsDouble())
        .isNegative();
    assertThat(Arrays.stream(chart.getSeriesMap().get("region 1").getXData()).min().getAsDouble())
        .isPositive();
    assertThat(chart.getSeriesMap().keySet()).containsExactly("region 0", "region 1", "0", "1");
  }

  @Test
  void aModelThatKnowsOneClassOnlyIsDrawnToo() {
    XYChart chart =
        Charts.regions(
            "title",
            new double[] {0, 1, 0, 1},
            (x, y) -> 1,
            Map.of("0", new double[][] {{0.5, 0.5}}));

    assertThat(chart.getSeriesMap().keySet()).containsExactly("region 1", "0");
    assertThat(BitmapEncoder.getBufferedImage(chart).getWidth()).isEqualTo(400);
  }

  @Test
  void besideKeepsBothPictures() {
    XYChart left = Charts.lines("left", "x", "y", Map.of("a", new double[] {1, 2}));
    XYChart right = Charts.lines("right", "x", "y", Map.of("a", new double[] {1, 2}));

    BufferedImage both = Charts.beside(left, right);

    assertThat(both.getWidth()).isEqualTo(2 * left.getWidth());
    assertThat(both.getHeight()).isEqualTo(left.getHeight());
  }

  @Test
  void picturesShowInkOnWhite() {
    BufferedImage picture =
        Charts.pictures(new float[][] {{0, 16, 8, 20}}, 2, 16f, 10, List.of("four"));

    assertThat(new Color(picture.getRGB(8 + 5, 8 + 5))).isEqualTo(Color.WHITE);
    assertThat(new Color(picture.getRGB(8 + 15, 8 + 5))).isEqualTo(Color.BLACK);
    assertThat(new Color(picture.getRGB(8 + 5, 8 + 15)).getRed()).isBetween(120, 135);
    assertThat(new Color(picture.getRGB(8 + 15, 8 + 15))).isEqualTo(Color.BLACK);
  }

  private static List<Color> colors(BufferedImage image) {
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .mapToObj(i -> new Color(image.getRGB(i % image.getWidth(), i / image.getWidth())))
        .distinct()
        .toList();
  }
}
