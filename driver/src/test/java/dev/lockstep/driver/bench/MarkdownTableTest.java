package dev.lockstep.driver.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MarkdownTableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndNumbersStandRight() {
    String table = new MarkdownTable("name", "ms").add("W1", "1.50").add("longer", "9").toString();
    assertThat(table)
        .isEqualTo(
            """
            | name   |   ms |
            | ------ | ---: |
            | W1     | 1.50 |
            | longer |    9 |
            """);
  }

  @Test
  void aLineMustFitTheColumns() {
    MarkdownTable table = new MarkdownTable("a", "b");
    assertThatThrownBy(() -> table.add("1")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void medianAndLowestTenth() {
    assertThat(Quantiles.median(new double[] {3, 1, 2})).isEqualTo(2);
    assertThat(Quantiles.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
    assertThat(Quantiles.lowestTenth(new double[] {5, 4, 3})).isEqualTo(3);
    double[] hundred = new double[100];
    for (int i = 0; i < hundred.length; i++) {
      hundred[i] = 100 - i;
    }
    assertThat(Quantiles.lowestTenth(hundred)).isEqualTo(10);
  }
}
