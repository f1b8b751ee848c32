package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeriesTest {
  @Test
  void thinningKeepsHighestAndLowestAndTheOrder() {
    Series series = new Series("s", Series.Style.RAW);
    for (int i = 1; i <= 100_000; i++) {
      series.add(i, i == 54_321 ? 100 : i == 54_322 ? -100 : Math.sin(i));
    }
    Series thin = series.thinned(1000);
    assertThat(thin.size()).isBetween(500, 1000);
    assertThat(thin.quantile(0)).isEqualTo(-100);
    assertThat(thin.quantile(1)).isEqualTo(100);
    for (int i = 1; i < thin.size(); i++) {
      assertThat(thin.x(i)).isGreaterThan(thin.x(i - 1));
    }
  }

  @Test
  void shortSeriesAreLeftAlone() {
    Series series = new Series("s", Series.Style.RAW);
    series.add(1, 2);
    assertThat(series.thinned(1000)).isSameAs(series);
  }

  @Test
  void gapsDoNotHideValues() {
    Series series = new Series("s", Series.Style.RAW);
    for (int i = 0; i < 5000; i++) {
      series.add(i, i % 2 == 0 ? Double.NaN : i);
    }
    Series thin = series.thinned(100);
    assertThat(thin.quantile(0)).isEqualTo(1);
    assertThat(thin.quantile(1)).isEqualTo(4999);
  }

  @Test
  void onlyGaps() {
    Series series = new Series("s", Series.Style.RAW);
    series.add(1, Double.NaN);
    assertThat(series.lastFinite()).isEqualTo(-1);
    assertThat(series.quantile(0.5)).isNaN();
  }
}
