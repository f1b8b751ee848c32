package dev.lockstep.datasets.source;

import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.apache.spark.sql.RowFactory;

/**
 * Spoiled lines of LIBSVM and cells of CSV become rows or problems of rows, in bounded time and
 * memory. Whole files of both go through Spark in {@code TextFilesFuzzTest}.
 */
@Tag("fuzz")
class LinesFuzzTest {
  private static final List<byte[]> LIBSVM =
      List.of(
          bytes("+1 1:0.5 3:-2e1\n-1 2:7 # second\n\n+1\n"),
          bytes("3.5 1:1 2147483647:1\n"),
          bytes("a 1:1 2:2 3:3 4:4 5:5 6:6\r\nb 6:6\r\n"));
  private static final List<byte[]> CSV =
      List.of(
          bytes("1.5,-2e-3,Paris\n+7,.5,Rome\n ,1e38,\n"),
          bytes("0,00000000000000000000000000000001,NaN\n1e39,inf,Oslo\n"));
  private static final int COLUMNS = 3;

  private static final int[] TARGETS = {-1, 0, 1, 2, -1, 3};
  private static final ReaderTrial LIBSVM_LINES =
      new ReaderTrial("libsvm lines", 2000, 1 << 20, LinesFuzzTest::readLibSvm);

  private static final RowFeatures FEATURES =
      RowFeatures.ofColumns(
          List.of("a", "b", "city"),
          ColumnCoding.of(
              new Preprocessing(
                  List.of("a", "b", "city=Paris", "city=Rome"),
                  List.of(new CategoricalColumn("city", 2, false, List.of("Paris", "Rome"))),
                  "label",
                  List.of(),
                  "none",
                  new double[4],
                  new double[4])),
          new int[] {0, 1, 2});
  private static final ReaderTrial CSV_CELLS =
      new ReaderTrial("csv cells", 2000, 1 << 20, LinesFuzzTest::readCells);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void readLibSvm(byte[] file) {
    float[] row = new float[4];
    for (String line : new String(file, StandardCharsets.UTF_8).split("\r\n|\n|\r", -1)) {
      Arrays.fill(row, 0f);
      LibSvmLine.lastIndex(line);
      if (LibSvmLine.isBlank(line)) {
        continue;
      }
      if (LibSvmLine.label(line) == null) {
        LibSvmLine.noLabel(line).explanation();
        continue;
      }
      LibSvmLine.isWhole(line);
      RowProblem problem = LibSvmLine.parse(line, 1 << 20, TARGETS, row);
      if (problem != null) {
        problem.explanation();
      }
    }
  }

  /** Cells as they are scored; where Spark divides lines otherwise does not matter here. */
  private static void readCells(byte[] file) {
    float[] target = new float[FEATURES.count()];
    String[] cells = new String(file, StandardCharsets.UTF_8).split("[,\n]", -1);
    for (int from = 0; from + COLUMNS <= cells.length; from += COLUMNS) {
      Object[] row = Arrays.copyOfRange(cells, from, from + COLUMNS, Object[].class);
      NumberText.toDouble(cells[from]);
      NumberText.whyNotAFloat(cells[from + 1]);
      RowProblem problem = FEATURES.read(RowFactory.create(row), target, 0);
      if (problem != null) {
        problem.explanation();
      }
    }
    Levels.discover(Arrays.asList(cells)).indexOf(cells[0]);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledLibSvmLinesAreReadOrRefused(@ForAll("libSvmFiles") Corruption corruption) {
    LIBSVM_LINES.assertReadOrRefused(corruption.of(LIBSVM));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledCsvCellsAreReadOrRefused(@ForAll("csvFiles") Corruption corruption) {
    CSV_CELLS.assertReadOrRefused(corruption.of(CSV));
  }

  @Provide
  Arbitrary<Corruption> libSvmFiles() {
    return Corruption.any(LIBSVM.size());
  }

  @Provide
  Arbitrary<Corruption> csvFiles() {
    return Corruption.any(CSV.size());
  }
}
