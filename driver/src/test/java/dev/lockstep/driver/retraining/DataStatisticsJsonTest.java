package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file reads back as the same, and a file that lies is a data error. */
final class DataStatisticsJsonTest {
  private static final DataStatistics STATISTICS =
      CheckedStatistics.of(
          100,
          Map.of("x \"1\"", 3L, "y", 1L),
          CheckedStatistics.LABEL,
          CheckedStatistics.number("x \"1\"", 10L, 20L, 70L),
          CheckedStatistics.text("city", 4, 90L, 6L),
          CheckedStatistics.number("constant", 100L));

  private static final String TEXT = DataStatisticsJson.write(STATISTICS);

  @Test
  void whatIsWrittenReadsBackAsTheSame() {
    assertThat(DataStatisticsJson.read(TEXT, "s")).isEqualTo(STATISTICS);
    DataStatistics regression =
        CheckedStatistics.of(
            CheckedStatistics.number("price", 40L, 60L), CheckedStatistics.number("x", 100L));
    String text = DataStatisticsJson.write(regression);
    assertThat(DataStatisticsJson.read(text, "s")).isEqualTo(regression);
    assertThat(DataStatisticsJson.write(DataStatisticsJson.read(text, "s"))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"rows\" : 100 | \"rows\" : 101 | 'columns[0].counts' must be 3 whole numbers",
        "\"rows\" : 100 | \"rows\" : -1 | 'rows'",
        "\"rows\" : 100 | \"rows\" : 1e2 | 'rows'",
        "\"rows\" : 100 | \"rows\" : 100, \"rows\" : 100 | JSON",
        "\"height\" : 1 | \"height\" : 0 | impossible shape",
        "\"channels\" : 3 | \"channels\" : 3000000000 | 'shape.channels'",
        "\"kind\" : \"number\" | \"kind\" : \"numbers\" | 'columns[0].kind' must be number or",
        "1.5, 2.5 | 2.5, 2.5 | 'columns[0].edges' must be finite numbers in ascending",
        "1.5, 2.5 | 1.5, 1e999 | 'columns[0].edges'",
        "1.5, 2.5 | 1.5 | 'columns[0].counts' must be a list of at most 2",
        "10, 20, 70 | 10, 20, 71 | 'columns[0].counts'",
        "10, 20, 70 | -10, 40, 70 | 'columns[0].counts'",
        "10, 20, 70 | 9223372036854775807, 9223372036854775807, 102 | 'columns[0].counts'",
        "\"mean\" : 1.5 | \"mean\" : \"NaN\" | 'columns[0].mean' must be a finite number",
        "\"smallest\" : -1.0 | \"smallest\" : 10 | 'columns[0].smallest' must be at most largest",
        "\"deviation\" : 0.5 | \"deviation\" : -0.5 | 'columns[0].deviation'",
        "\"name\" : \"constant\" | \"name\" : \"city\" | 'columns[2].name' must be another",
        "\"city0\", \"city1\" | \"city0\", \"city0\" | 'columns[1].levels' must be different",
        "\"empty\" : 4 | \"empty\" : 400 | 'columns[1].counts'",
        "\"total\" : 104 | \"total\" : 3 | 'excluded.count' must be at most total",
        "\"y\" : 1 | \"y\" : 5 | 'excluded.byColumn.y' must be at most count",
        "\"excluded\" | \"included\" | unknown key"
      })
  void aLieIsADataError(String truth, String lie, String told) {
    assertThat(TEXT).contains(truth);
    assertThat(
            catchThrowable(
                () -> DataStatisticsJson.read(TEXT.replaceFirst(quoted(truth), lie), "s.json")))
        .isInstanceOfSatisfying(
            LockstepException.class, error -> assertThat(error.kind()).isEqualTo(ErrorKind.DATA))
        .hasMessageContaining("s.json")
        .hasMessageContaining(told);
  }

  private static String quoted(String text) {
    return Pattern.quote(text);
  }

  /** Cut off, and with characters changed, at many places: read, or refused as data. */
  @Test
  void damageIsADataErrorAndNeverAnotherOne() {
    Random random = new Random(5);
    List<String> pieces = List.of("", "-", "9", "null", "[", "}", "\"", ",", "1e400", "{}");
    for (int round = 0; round < 4000; round++) {
      int at = random.nextInt(TEXT.length());
      String damaged =
          round % 4 == 0
              ? TEXT.substring(0, at)
              : TEXT.substring(0, at)
                  + pieces.get(random.nextInt(pieces.size()))
                  + TEXT.substring(Math.min(TEXT.length(), at + random.nextInt(4)));
      Throwable failure = catchThrowable(() -> DataStatisticsJson.read(damaged, "s"));
      if (failure != null) {
        assertThat(failure)
            .as(damaged)
            .isInstanceOfSatisfying(
                LockstepException.class,
                error -> assertThat(error.kind()).isEqualTo(ErrorKind.DATA));
      }
    }
  }
}
