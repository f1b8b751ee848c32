package dev.lockstep.notebooks.cell;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The charts of the lessons, in one look. They are XChart's own objects, so that a cell can change
 * whatever it likes before it shows them.
 */
public final class Charts {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int SQUARE = 400;
  private static final int GRID = 72;
  private static final int PICTURE_MARGIN = 8;
  private static final int CAPTION_HEIGHT = 18;

  /** Colors that people with color-blindness can tell apart (Okabe and Ito, 2008), but yellow. */
  private static final Color[] COLORS = {
    new Color(0x0072B2),
    new Color(0xD55E00),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0x56B4E9),
    new Color(0xE69F00),
    new Color(0x000000)
  };

  private Charts() {}

  /**
   * Curves over 1, 2, 3, …
   *
   * @param series values by the name that the legend shows, in the map's order
   */
  public static XYChart lines(
      String title, String xLabel, String yLabel, Map<String, double[]> series) {
    XYChart chart = chart(title, xLabel, yLabel, WIDTH, HEIGHT);
    // Over equally spaced places XChart labels as many of them as fit; this start makes them
    // unequal.
    chart.getStyler().setXAxisMin(0.5);
    series.forEach(
        (name, values) -> {
          double[] x = new double[values.length];
          for (int i = 0; i < x.length; i++) {
            x[i] = i + 1;
          }
          addLine(chart, name, x, values);
        });
    return chart;
  }

  /**
   * Curves over x values of their own.
   *
   * @param series {@code {x, y}} by the name that the legend shows, in the map's order
   */
  public static XYChart curves(
      String title, String xLabel, String yLabel, Map<String, double[][]> series) {
    XYChart chart = chart(title, xLabel, yLabel, WIDTH, HEIGHT);
    series.forEach((name, xy) -> addLine(chart, name, xy[0], xy[1]));
    return chart;
  }

  /**
   * Points of two classes in the plane, on the regions that a model gives to each.
   *
   * @param range the part of the plane that is drawn, {@code {left, right, bottom, top}}
   * @param probability of the second class at a point (x, y)
   * @param points {@code {x, y}} by class name, two of them in the map's order
   */
  public static XYChart regions(
      String title,
      double[] range,
      DoubleBinaryOperator probability,
      Map<String, double[][]> points) {
    XYChart chart = chart(title, "x1", "x2", SQUARE, SQUARE);
    chart.getStyler().setXAxisMin(range[0]).setXAxisMax(range[1]);
    chart.getStyler().setYAxisMin(range[2]).setYAxisMax(range[3]);
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setMarkerSize(5);
    addRegions(chart, range, probability);
    int color = 0;
    for (Map.Entry<String, double[][]> group : points.entrySet()) {
      addPoints(chart, group.getKey(), group.getValue(), COLORS[color++]);
    }
    return chart;
  }

  /** Charts side by side in one picture. */
  public static BufferedImage beside(XYChart... charts) {
    int width = 0;
    int height = 0;
    for (XYChart chart : charts) {
      width += chart.getWidth();
      height = Math.max(height, chart.getHeight());
    }
    BufferedImage all = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = all.createGraphics();
    int left = 0;
    for (XYChart chart : charts) {
      graphics.drawImage(BitmapEncoder.getBufferedImage(chart), left, 0, null);
      left += chart.getWidth();
    }
    graphics.dispose();
    return all;
  }

  /**
   * Grey pictures in a row, ink on white.
   *
   * @param ink [pictures][height · width], row-major, 0 for white up to {@code black}
   * @param width pixels in a row of a picture
   * @param black the value that is black
   * @param scale screen pixels for one pixel
   * @param captions one for each picture
   */
  public static BufferedImage pictures(
      float[][] ink, int width, float black, int scale, List<String> captions) {
    int height = ink[0].length / width;
    int cell = width * scale + PICTURE_MARGIN;
    BufferedImage all =
        new BufferedImage(
            ink.length * cell + PICTURE_MARGIN,
            height * scale + CAPTION_HEIGHT + 2 * PICTURE_MARGIN,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = all.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, all.getWidth(), all.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    for (int picture = 0; picture < ink.length; picture++) {
      int left = PICTURE_MARGIN + picture * cell;
      for (int i = 0; i < ink[picture].length; i++) {
        float share = Math.min(1f, Math.max(0f, ink[picture][i] / black));
        graphics.setColor(new Color(1f - share, 1f - share, 1f - share));
        graphics.fillRect(
            left + i % width * scale, PICTURE_MARGIN + i / width * scale, scale, scale);
      }
      graphics.setColor(Color.BLACK);
      graphics.drawRect(left, PICTURE_MARGIN, width * scale - 1, height * scale - 1);
      graphics.drawString(
          captions.get(picture), left, PICTURE_MARGIN + height * scale + CAPTION_HEIGHT - 4);
    }
    graphics.dispose();
    return all;
  }

  private static XYChart chart(String title, String xLabel, String yLabel, int width, int height) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    chart.getStyler().setSeriesColors(COLORS);
    chart.getStyler().setDecimalPattern("0.######");
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setChartTitleBoxVisible(false);
    chart.getStyler().setPlotGridLinesColor(new Color(0xDDDDDD));
    chart.getStyler().setPlotBorderColor(new Color(0x888888));
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    return chart;
  }

  private static void addLine(XYChart chart, String name, double[] x, double[] y) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(new BasicStroke(2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
  }

  private static void addRegions(XYChart chart, double[] range, DoubleBinaryOperator probability) {
    List<List<Double>> x = List.of(new ArrayList<>(), new ArrayList<>());
    List<List<Double>> y = List.of(new ArrayList<>(), new ArrayList<>());
    for (int row = 0; row < GRID; row++) {
      for (int column = 0; column < GRID; column++) {
        double px = range[0] + (range[1] - range[0]) * (column + 0.5) / GRID;
        double py = range[2] + (range[3] - range[2]) * (row + 0.5) / GRID;
        int side = probability.applyAsDouble(px, py) > 0.5 ? 1 : 0;
        x.get(side).add(px);
        y.get(side).add(py);
      }
    }
    for (int side = 0; side < 2; side++) {
      if (!x.get(side).isEmpty()) {
        XYSeries region = chart.addSeries("region " + side, x.get(side), y.get(side));
        region.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
        region.setMarker(SeriesMarkers.SQUARE);
        region.setMarkerColor(pale(COLORS[side]));
        region.setShowInLegend(false);
      }
    }
  }

  private static void addPoints(XYChart chart, String name, double[][] points, Color color) {
    double[] x = new double[points.length];
    double[] y = new double[points.length];
    for (int i = 0; i < points.length; i++) {
      x[i] = points[i][0];
      y[i] = points[i][1];
    }
    XYSeries series = chart.addSeries(name, x, y);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
  }

  private static Color pale(Color color) {
    return new Color(
        255 - (255 - color.getRed()) / 4,
        255 - (255 - color.getGreen()) / 4,
        255 - (255 - color.getBlue()) / 4);
  }
}
