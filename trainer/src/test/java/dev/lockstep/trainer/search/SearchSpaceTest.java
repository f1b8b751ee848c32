package dev.lockstep.trainer.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a search looks. */
final class SearchSpaceTest {
  private static final int DRAWS = 4000;

  /** Every range has a case here; {@link #everyRangeIsTested} sees to it. */
  private static final List<ParameterRange> RANGES =
      List.of(
          new ParameterRange.Linear(-1, 3, 5),
          new ParameterRange.Log(1e-4, 1, 5),
          new ParameterRange.OneMinusLog(0.9, 0.999, 5),
          new ParameterRange.Whole(32, 256, 5),
          new ParameterRange.Choice(List.of("\"relu\"", "\"tanh\"", "64")));

  private static SearchSpace space(ParameterRange... ranges) {
    List<SearchParameter> parameters = new ArrayList<>();
    for (ParameterRange range : ranges) {
      parameters.add(new SearchParameter("key" + parameters.size(), range));
    }
    return new SearchSpace(parameters);
  }

  private static List<String> draws(ParameterRange range) {
    SearchSpace space = space(range);
    List<String> draws = new ArrayList<>();
    for (int trial = 1; trial <= DRAWS; trial++) {
      draws.add(space.randomTrial(7, trial).get(0));
    }
    return draws;
  }

  private static double[] numbers(ParameterRange range) {
    return draws(range).stream().mapToDouble(Double::parseDouble).toArray();
  }

  private static void assertWithin(double[] values, double low, double high) {
    assertThat(Arrays.stream(values).boxed().toList()).allMatch(x -> x >= low && x <= high);
  }

  /** Counts of {@code values} in ten boxes of equal width from {@code low} to {@code high}. */
  private static int[] histogram(double[] values, double low, double high) {
    int[] counts = new int[10];
    for (double value : values) {
      counts[(int) Math.min(9, 10 * (value - low) / (high - low))]++;
    }
    return counts;
  }

  /** Chi squared with 9 degrees of freedom exceeds 27.9 once in a thousand; draws are fixed. */
  private static void assertEven(int[] counts) {
    double expected = Arrays.stream(counts).sum() / (double) counts.length;
    double chiSquared = 0;
    for (int count : counts) {
      chiSquared += (count - expected) * (count - expected) / expected;
    }
    assertThat(chiSquared).as(Arrays.toString(counts)).isLessThan(27.9);
  }

  @Test
  void everyRangeIsTested() {
    Set<Class<?>> tested = new HashSet<>();
    RANGES.forEach(range -> tested.add(range.getClass()));
    assertThat(tested).containsExactlyInAnyOrder(ParameterRange.class.getPermittedSubclasses());
  }

  @Test
  void linearDrawsAreUniform() {
    double[] values = numbers(RANGES.get(0));
    assertWithin(values, -1.0, 3.0);
    assertEven(histogram(values, -1, 3));
  }

  @Test
  void logarithmicDrawsAreUniformInTheLogarithm() {
    double[] values = numbers(RANGES.get(1));
    assertWithin(values, 1e-4, 1.0);
    assertEven(histogram(Arrays.stream(values).map(Math::log10).toArray(), -4, 0));
  }

  @Test
  void oneMinusLogDrawsAreUniformInTheLogarithmOfTheDistanceFromOne() {
    double[] values = numbers(RANGES.get(2));
    assertWithin(values, 0.9, 0.999);
    assertEven(histogram(Arrays.stream(values).map(x -> Math.log10(1 - x)).toArray(), -3, -1));
  }

  @Test
  void wholeDrawsReachBothEndsEquallyOften() {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    for (String value : draws(new ParameterRange.Whole(-2, 7, 5))) {
      counts.merge(Integer.valueOf(value), 1, Integer::sum);
    }
    assertThat(counts.firstKey()).isEqualTo(-2);
    assertThat(counts.lastKey()).isEqualTo(7);
    assertEven(counts.values().stream().mapToInt(Integer::intValue).toArray());
  }

  @Test
  void choicesAreTakenEquallyOften() {
    List<String> options = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    int[] counts = new int[10];
    draws(new ParameterRange.Choice(options)).forEach(value -> counts[Integer.parseInt(value)]++);
    assertEven(counts);
  }

  @Test
  void theEndsOfTheUnitIntervalAreTheEndsOfTheRange() {
    double last = Math.nextDown(1.0);
    for (ParameterRange range : RANGES.subList(0, 4)) {
      assertThat(range.draw(0)).isEqualTo(range.ends().get(0));
      assertThat(range.draw(last)).isEqualTo(range.ends().get(1));
    }
  }

  @Test
  void drawnNumbersAreShortAndReadBackAsThemselves() {
    for (ParameterRange range : RANGES.subList(0, 2)) {
      assertThat(draws(range))
          .allSatisfy(
              text -> {
                assertThat(new BigDecimal(text).precision()).isLessThanOrEqualTo(6);
                assertThat(BigDecimal.valueOf(Double.parseDouble(text))).isEqualByComparingTo(text);
              });
    }
    assertThat(draws(RANGES.get(2)))
        .allSatisfy(
            text ->
                assertThat(BigDecimal.ONE.subtract(new BigDecimal(text)).precision())
                    .isLessThanOrEqualTo(6));
  }

  @Test
  void whatATrialDrawsDependsOnItsPlaceOnly() {
    SearchSpace space = space(RANGES.toArray(ParameterRange[]::new));
    List<String> third = space.randomTrial(7, 3);
    space.randomTrial(7, 1);
    assertThat(space.randomTrial(7, 3)).isEqualTo(third);
    assertThat(space.randomTrial(7, 4)).isNotEqualTo(third);
    assertThat(space.randomTrial(8, 3)).isNotEqualTo(third);
    assertThat(space(RANGES.get(0)).randomTrial(7, 3)).isEqualTo(third.subList(0, 1));
  }

  @Test
  void twoParametersOfATrialAreIndependent() {
    SearchSpace space =
        space(new ParameterRange.Linear(0, 1, 2), new ParameterRange.Linear(0, 1, 2));
    double sum = 0;
    for (int trial = 1; trial <= DRAWS; trial++) {
      List<String> values = space.randomTrial(1, trial);
      sum += (Double.parseDouble(values.get(0)) - 0.5) * (Double.parseDouble(values.get(1)) - 0.5);
    }
    // The correlation of independent draws has the standard deviation 1/sqrt(n).
    assertThat(12 * sum / DRAWS).isCloseTo(0, within(3 / Math.sqrt(DRAWS)));
  }

  @Test
  void gridsAreEvenOnTheirScale() {
    assertThat(new ParameterRange.Linear(0, 1, 5).grid())
        .containsExactly("0", "0.25", "0.5", "0.75", "1");
    assertThat(new ParameterRange.Log(1e-8, 1, 5).grid())
        .containsExactly("1E-8", "0.000001", "0.0001", "0.01", "1");
    assertThat(new ParameterRange.OneMinusLog(0.9, 0.999, 3).grid())
        .containsExactly("0.9", "0.99", "0.999");
    assertThat(new ParameterRange.OneMinusLog(0, 0.99, 3).grid())
        .containsExactly("0", "0.9", "0.99");
    assertThat(new ParameterRange.Whole(1, 10, 4).grid()).containsExactly("1", "4", "7", "10");
    assertThat(new ParameterRange.Whole(1, 3, 5).grid()).containsExactly("1", "2", "3");
  }

  @Test
  void aGridIsTheCartesianProductWithTheLastParameterFastest() {
    SearchSpace space =
        space(
            new ParameterRange.Whole(1, 2, 2),
            new ParameterRange.Choice(List.of("\"a\"", "\"b\"", "\"c\"")));
    List<String> all = new ArrayList<>();
    for (long trial = 1; trial <= space.gridSize(); trial++) {
      all.add(String.join("", space.gridTrial(trial)));
    }
    assertThat(all).containsExactly("1\"a\"", "1\"b\"", "1\"c\"", "2\"a\"", "2\"b\"", "2\"c\"");
    assertThatIllegalArgumentException().isThrownBy(() -> space.gridTrial(7));
    assertThatIllegalArgumentException().isThrownBy(() -> space.gridTrial(0));
  }

  @Test
  void aGridTooLargeToCountSaysSo() {
    ParameterRange[] ranges = new ParameterRange[60];
    Arrays.fill(ranges, new ParameterRange.Linear(0, 1, 5));
    SearchSpace space = space(ranges);
    assertThat(space.gridSize()).isEqualTo(Long.MAX_VALUE);
    assertThat(space.gridTrial(2).get(59)).isEqualTo("0.25");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1})
  void logarithmicScalesStartAboveZero(double from) {
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.Log(from, 1, 5));
  }

  @Test
  void rangesThatContainNothingAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.Linear(1, 1, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.Linear(0, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.OneMinusLog(0, 1, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.Whole(3, 2, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> new ParameterRange.Choice(List.of()));
  }
}
