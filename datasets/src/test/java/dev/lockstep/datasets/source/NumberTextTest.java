package dev.lockstep.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class NumberTextTest {
  @Property
  void everyFiniteFloatIsReadBack(@ForAll float value) {
    assertThat(NumberText.toFloat(Float.toString(value))).isEqualTo(value);
    assertThat(NumberText.toDouble(Float.toString(value)))
        .isEqualTo(Double.parseDouble(Float.toString(value)));
  }

  @Property
  void everyWholeNumberIsReadAsJavaDoes(@ForAll int value) {
    assertThat(NumberText.toFloat(Integer.toString(value)))
        .isEqualTo(Float.parseFloat(Integer.toString(value)));
  }

  @Example
  void spacesSignsAndExponentsAreAllowed() {
    assertThat(NumberText.toFloat(" +1.5e-2 ")).isEqualTo(0.015f);
    assertThat(NumberText.toFloat(".5")).isEqualTo(0.5f);
    assertThat(NumberText.toFloat("007")).isEqualTo(7f);
  }

  @Example
  void whatJavaTakesForANumberAndPeopleDoNotIsRefused() {
    for (String text :
        List.of("", " ", "1f", "1d", "0x10", "1_000", "1,5", "--1", "1e", "٣", "abc")) {
      assertThat(NumberText.toFloat(text)).as(text).isNaN();
      assertThat(NumberText.toDouble(text)).as(text).isNaN();
      assertThat(NumberText.isNonFinite(text)).as(text).isFalse();
    }
    assertThat(NumberText.toFloat(null)).isNaN();
  }

  @Example
  void missingAndInfiniteNumbersAreToldFromWords() {
    for (String text : List.of("NaN", "nan", "inf", "-Infinity", "+INF", "1e39", "-4e38")) {
      assertThat(NumberText.toFloat(text)).as(text).isNaN();
      assertThat(NumberText.isNonFinite(text)).as(text).isTrue();
    }
    assertThat(NumberText.isNonFinite("information")).isFalse();
  }
}
