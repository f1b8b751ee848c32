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
}
