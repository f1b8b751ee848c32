package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressPrinterTest {
  private static final String ERASE = "\u001B[K";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final AtomicLong clock = new AtomicLong();

  private ProgressPrinter printer(boolean terminal, int width) {
    return new ProgressPrinter(out, terminal, width, 100, 4, false, clock::get);
  }

  /** What was printed since the last call. */
  private String printed() {
    String text = bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    bytes.reset();
    return text;
  }

  private void after(double seconds) {
    clock.addAndGet(Math.round(seconds * 1e9));
  }

  private static EpochRecord epoch(int epoch) {
    return new EpochRecord(
        epoch,
        Samples.split(0.25, 100, "accuracy", 0.9),
        Samples.split(0.3, 10, "accuracy", 0.875));
  }

  @Test
  void terminalLineIsRedrawnInPlace() {
    ProgressPrinter printer = printer(true, 120);
    after(0.5);
    printer.step(Samples.step(1, 1, 2));
    assertThat(printed())
        .isEqualTo(
            "\repoch 1/4  [                        ]  loss 2.000  12.8k examples/s  not compute 50%"
                + "  0:50 left"
                + ERASE);
    after(0.05);
    printer.step(Samples.step(2, 1, 2));
    assertThat(printed()).isEmpty();
    for (int step = 3; step <= 50; step++) {
      after(0.01);
      printer.step(Samples.step(step, 2, 2));
    }
    printed();
    after(0.03);
    printer.epoch(epoch(2));
    assertThat(printed())
        .isEqualTo(
            "\repoch 2/4  [=========>          ]  loss 2.000  validation accuracy 87.50%"
                + "  12.8k examples/s  not compute 50%  0:01 left"
                + ERASE);
  }

  @Test
  void atMostTenTimesASecond() {
    ProgressPrinter printer = printer(true, 80);
    for (int step = 1; step <= 1000; step++) {
      after(0.001);
      printer.step(Samples.step(step, 1, 1));
    }
    assertThat(printed().chars().filter(c -> c == '\r')).hasSize(10);
  }

  @Test
  void messagesGoAboveTheLine() {
    ProgressPrinter printer = printer(true, 50);
    printer.note("before");
    assertThat(printed()).isEqualTo("before\n");
    after(1);
    printer.step(Samples.step(50, 2, 0.5));
    printed();
    printer.note("half\u001B[31mway");
    assertThat(printed())
        .isEqualTo(
            "\r"
                + ERASE
                + "half?[31mway\n\repoch 2/4  [=====>      ]  loss 0.5000  0:50 left"
                + ERASE);
  }

  @Test
  void finishLeavesTheLastLineStanding() {
    ProgressPrinter printer = printer(true, 60);
    after(61);
    printer.step(Samples.step(100, 4, 0.5));
    printed();
    printer.finish();
    printer.finish();
    assertThat(printed())
        .isEqualTo("\repoch 4/4  loss 0.5000  not compute 50%  1:01 elapsed" + ERASE + "\n");
    printer.note("report.html");
    printer.step(Samples.step(101, 4, 0.5));
    assertThat(printed()).isEqualTo("report.html\n");
  }

  @Test
  void whatIsNotComputeTakesTheRoomOfBarAndRateOnceItMatters() {
    String[] lines = new String[2];
    for (int i = 0; i < 2; i++) {
      double compute = i == 0 ? 0.008 : 0.006;
      StepTimes times = new StepTimes(compute, 0.002 - compute / 5, 0, 0, 0.01);
      ProgressPrinter printer = printer(true, 80);
      printer.epoch(epoch(2));
      after(0.5);
      printer.step(new StepRecord(50, 2, 0.5, 0, 0.001, 128, 1, times));
      printer.finish();
      String all = printed().replace(ERASE, "").strip();
      lines[i] = all.substring(all.lastIndexOf('\r') + 1);
    }
    assertThat(lines[0])
        .isEqualTo(
            "epoch 2/4  [======>       ]  loss 0.5000  validation accuracy 87.50%  0:25 left");
    assertThat(lines[1])
        .isEqualTo(
            "epoch 2/4  loss 0.5000  validation accuracy 87.50%  not compute 40%  0:25 left");
  }

  @Test
  void neverWrapsTheTerminal() {
    for (int width = 0; width <= 130; width++) {
      ProgressPrinter printer = printer(true, width);
      after(1);
      printer.step(Samples.step(40, 2, 0.5));
      printer.epoch(epoch(2));
      printer.finish();
      int columns = Math.max(width - 1, 0);
      for (String line : printed().replace(ERASE, "").split("[\r\n]", -1)) {
        assertThat(line.length()).isLessThanOrEqualTo(columns);
      }
    }
  }

  @Test
  void plainModeIsALineAnEpoch() {
    ProgressPrinter printer = printer(false, 80);
    for (int step = 1; step <= 25; step++) {
      after(0.2);
      printer.step(Samples.step(step, 1, 0.5));
    }
    assertThat(printed()).isEmpty();
    printer.epoch(epoch(1));
    assertThat(printed())
        .isEqualTo(
            "epoch 1/4: train loss 0.2500 accuracy 90.00%,"
                + " validation loss 0.3000 accuracy 87.50%, 12.8k examples/s, not compute 50%,"
                + " 0:15 left\n");
    printer.epoch(new EpochRecord(2, Samples.split(0.25, 100), null));
    assertThat(printed())
        .isEqualTo("epoch 2/4: train loss 0.2500, 12.8k examples/s, not compute 50%, 0:15 left\n");
  }

  @Test
  void plainModeReportsFromLongEpochs() {
    ProgressPrinter printer = printer(false, 80);
    after(9);
    printer.step(Samples.step(1, 1, 0.5));
    assertThat(printed()).isEmpty();
    after(1);
    printer.step(Samples.step(2, 1, 0.5));
    assertThat(printed())
        .isEqualTo(
            "epoch 1/4, step 2/100: loss 0.5000, 12.8k examples/s, not compute 50%, 8:10 left\n");
    after(9);
    printer.step(Samples.step(3, 1, 0.5));
    printer.finish();
    assertThat(printed()).isEmpty();
  }

  @Test
  void aResumedRunCountsItsOwnSteps() {
    ProgressPrinter printer = printer(false, 80);
    after(10);
    printer.step(Samples.step(91, 4, 0.5));
    assertThat(printed()).endsWith("1:30 left\n");
  }

  @Test
  void unknownTotalsAreLeftOut() {
    ProgressPrinter printer = new ProgressPrinter(out, true, 80, 0, 0, false, clock::get);
    after(3);
    printer.step(Samples.step(9, 2, Double.NaN));
    assertThat(printed())
        .isEqualTo("\repoch 2  12.8k examples/s  not compute 50%  0:03 elapsed" + ERASE);
  }

  @Test
  void quietIsSilentAndNotesOnlyHasNotes() {
    ProgressPrinter quiet = new ProgressPrinter(out, true, 80, 100, 4, true, clock::get);
    ProgressPrinter notesOnly = ProgressPrinter.notesOnly(out);
    for (ProgressPrinter printer : new ProgressPrinter[] {quiet, notesOnly}) {
      printer.step(Samples.step(1, 1, 1));
      printer.epoch(epoch(1));
      printer.note("note");
      printer.finish();
    }
    assertThat(printed()).isEqualTo("note\n");
  }
}
