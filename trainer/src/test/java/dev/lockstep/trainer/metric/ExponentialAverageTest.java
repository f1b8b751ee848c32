package dev.lockstep.trainer.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ExponentialAverageTest {
  /** Temperatures 40, 49, 45 with β = 0.9, worked out by hand. */
  @Test
  void handComputedSeriesIsBiasCorrected() {
    ExponentialAverage average = new ExponentialAverage(0.9);
    assertEquals(40.0, average.add(40), 1e-12);
    assertEquals(8.5 / 0.19, average.add(49), 1e-12);
    assertEquals(12.15 / 0.271, average.add(45), 1e-12);
    assertEquals(3, average.count());
  }

  @Test
  void givenStartIsNotCorrected() {
    ExponentialAverage average = ExponentialAverage.startingAt(0.9, 20);
    assertEquals(20.0, average.value());
    assertEquals(22.0, average.add(40), 1e-12);
    assertEquals(24.7, average.add(49), 1e-12);
  }

  @Test
  void constantSeriesStaysConstant() {
    ExponentialAverage average = new ExponentialAverage(0.98);
    for (int i = 0; i < 10_000; i++) {
      assertEquals(0.3, average.add(0.3), 1e-14);
    }
  }

  @Test
  void betaZeroIsTheLastValue() {
    ExponentialAverage average = new ExponentialAverage(0);
    average.add(5);
    assertEquals(-2.0, average.add(-2));
  }

  /** Far from the start the response to a unit step is 1 - β^t. */
  @Test
  void memoryIsAboutOneOverOneMinusBeta() {
    ExponentialAverage average = ExponentialAverage.startingAt(0.98, 0);
    for (int i = 0; i < 50; i++) {
      average.add(1);
    }
    assertEquals(0.6358303199, average.value(), 1e-9);
  }

  @Test
  void noValueYetIsNaN() {
    assertEquals(Double.NaN, new ExponentialAverage(0.9).value());
  }

  @Test
  void notFiniteStays() {
    ExponentialAverage average = new ExponentialAverage(0.9);
    average.add(Double.NaN);
    assertEquals(Double.NaN, average.add(1));
  }

  @Test
  void betaOutsideItsRangeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ExponentialAverage(1));
    assertThrows(IllegalArgumentException.class, () -> new ExponentialAverage(-0.1));
    assertThrows(IllegalArgumentException.class, () -> new ExponentialAverage(Double.NaN));
  }
}
