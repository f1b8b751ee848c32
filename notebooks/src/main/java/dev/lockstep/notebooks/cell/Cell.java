package dev.lockstep.notebooks.cell;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.internal.chartpart.Chart;

/** The functions of a cell. */
public final class Cell {
  private Cell() {}

  /** Shows a chart below the cell. */
  public static void display(Chart<?, ?> chart) {
    display(BitmapEncoder.getBufferedImage(chart), chart.getTitle());
  }

  /** Shows a picture below the cell. */
  public static void display(RenderedImage picture) {
    display(picture, "picture");
  }

  /** Shows a text below the cell. */
  public static void display(String text) {
    BaseKernel.notebookKernel().display(new DisplayData(text));
  }

  /** Fails the cell with {@code message} unless the condition holds. */
  public static void require(boolean condition, String message) {
    if (!condition) {
      throw new AssertionError(message);
    }
  }

  /**
   * Shows a picture, with a text for where pictures cannot be shown.
   *
   * @param picture shown as PNG
   */
  private static void display(RenderedImage picture, String text) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", png);
    } catch (IOException failure) {
      throw new UncheckedIOException("writing to memory", failure);
    }
    DisplayData data = new DisplayData(text);
    data.putData(MIMEType.IMAGE_PNG, Base64.getEncoder().encodeToString(png.toByteArray()));
    BaseKernel.notebookKernel().display(data);
  }
}
