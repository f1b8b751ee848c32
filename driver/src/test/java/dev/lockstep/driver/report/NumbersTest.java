package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class NumbersTest {
  @Test
  void significantDigits() {
    assertThat(Numbers.significant(0.123456, 4)).isEqualTo("0.1235");
    assertThat(Numbers.significant(9.99996, 4)).isEqualTo("10.00");
    assertThat(Numbers.significant(12345, 4)).isEqualTo("12350");
    assertThat(Numbers.significant(-1234567, 4)).isEqualTo("-1.235e6");
    assertThat(Numbers.significant(0.00001234, 3)).isEqualTo("1.23e-5");
    assertThat(Numbers.significant(0, 4)).isEqualTo("0");
    assertThat(Numbers.significant(Double.NaN, 4)).isEqualTo("NaN");
    assertThat(Numbers.significant(Double.NEGATIVE_INFINITY, 4)).isEqualTo("-infinity");
  }

  @Test
  void compact() {
    assertThat(Numbers.compact(950)).isEqualTo("950");
    assertThat(Numbers.compact(999.7)).isEqualTo("1.00k");
    assertThat(Numbers.compact(34512.7)).isEqualTo("34.5k");
    assertThat(Numbers.compact(4_567_890)).isEqualTo("4.57M");
    assertThat(Numbers.compact(0.5)).isEqualTo("0.500");
  }

  @Test
  void sharesArePerCent() {
    assertThat(Numbers.metric("accuracy", 0.97777)).isEqualTo("97.78%");
    assertThat(Numbers.metric("macroF1", Double.NaN)).isEqualTo("NaN");
    assertThat(Numbers.metric("rmse", 0.97777)).isEqualTo("0.9778");
  }

  @Test
  void times() {
    assertThat(Numbers.clock(7.4)).isEqualTo("0:07");
    assertThat(Numbers.clock(3723)).isEqualTo("1:02:03");
    assertThat(Numbers.clock(180_000)).isEqualTo("2d 02:00:00");
    assertThat(Numbers.duration(1.234)).isEqualTo("1.23 s");
    assertThat(Numbers.duration(41.27)).isEqualTo("41.3 s");
    assertThat(Numbers.duration(59.99)).isEqualTo("1 min 0 s");
    assertThat(Numbers.duration(3725)).isEqualTo("1 h 2 min");
  }

  @Test
  void sameInEveryLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThat(Numbers.significant(0.5, 2)).isEqualTo("0.50");
      assertThat(Numbers.grouped(1_234_567)).isEqualTo("1\u202F234\u202F567");
      assertThat(Numbers.clock(61)).isEqualTo("1:01");
    } finally {
      Locale.setDefault(before);
    }
  }
}
