package dev.lockstep.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.augment.Augmentation.Flip;
import dev.lockstep.trainer.augment.Augmentation.Noise;
import dev.lockstep.trainer.augment.Augmentation.Rotate;
import dev.lockstep.trainer.augment.Augmentation.Shift;
import dev.lockstep.trainer.layer.Shape;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each change against pictures small enough to be written down. */
class AugmentationTest {
  /** Two rows of three pixels. */
  private static final float[] PICTURE = {1, 2, 3, 4, 5, 6};

  private static final Shape SHAPE = new Shape(2, 3, 1);

  /** The picture after a change; its background is 0 everywhere. */
  private static float[] changed(Shape shape, float[] picture, Consumer<AugmentedRow> change) {
    AugmentedRow row = new AugmentedRow(shape, new float[shape.size()], new boolean[shape.size()]);
    float[] values = picture.clone();
    row.moveTo(values, 0);
    change.accept(row);
    return values;
  }

  private static float[] changed(Consumer<AugmentedRow> change) {
    return changed(SHAPE, PICTURE, change);
  }

  @Test
  void shiftMovesWholePixelsAndFillsWithBackground() {
    assertThat(changed(row -> Shift.move(row, 1, 0))).containsExactly(0, 0, 0, 1, 2, 3);
    assertThat(changed(row -> Shift.move(row, 0, 1))).containsExactly(0, 1, 2, 0, 4, 5);
    assertThat(changed(row -> Shift.move(row, -1, -2))).containsExactly(6, 0, 0, 0, 0, 0);
    assertThat(changed(row -> Shift.move(row, 5, 0))).containsOnly(0);
    assertThat(changed(row -> Shift.move(row, Integer.MAX_VALUE, 0))).containsOnly(0);
    assertThat(changed(row -> Shift.move(row, -Integer.MAX_VALUE, 0))).containsOnly(0);
    assertThat(changed(row -> Shift.move(row, 0, 0))).isEqualTo(PICTURE);
  }

  @Test
  void flipMirrorsAlongEachDirection() {
    assertThat(changed(row -> Flip.mirror(row, true, false))).containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(changed(row -> Flip.mirror(row, false, true))).containsExactly(4, 5, 6, 1, 2, 3);
    assertThat(changed(row -> Flip.mirror(row, true, true))).containsExactly(6, 5, 4, 3, 2, 1);
    assertThat(changed(row -> Flip.mirror(row, false, false))).isEqualTo(PICTURE);
  }

  @Test
  void channelsStayTogether() {
    Shape twoChannels = new Shape(1, 2, 2);
    float[] picture = {1, 10, 2, 20};
    assertThat(changed(twoChannels, picture, row -> Flip.mirror(row, true, false)))
        .containsExactly(2, 20, 1, 10);
    assertThat(changed(twoChannels, picture, row -> Shift.move(row, 0, 1)))
        .containsExactly(0, 0, 1, 10);
    assertThat(changed(twoChannels, picture, row -> Rotate.turn(row, 180)))
        .containsExactly(new float[] {2, 20, 1, 10}, within(1e-5f));
  }

  @Test
  void quarterTurnsAreExact() {
    Shape square = new Shape(3, 3, 1);
    float[] picture = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assertThat(changed(square, picture, row -> Rotate.turn(row, 0))).isEqualTo(picture);
    assertThat(changed(square, picture, row -> Rotate.turn(row, 90)))
        .containsExactly(3, 6, 9, 2, 5, 8, 1, 4, 7);
    assertThat(changed(square, picture, row -> Rotate.turn(row, -90)))
        .containsExactly(7, 4, 1, 8, 5, 2, 9, 6, 3);
    assertThat(changed(square, picture, row -> Rotate.turn(row, 180)))
        .containsExactly(9, 8, 7, 6, 5, 4, 3, 2, 1);
  }

  /** By hand: at 45° the middle of the right edge comes from (1/√2, 1/√2) from the center. */
  @Test
  void rotationInterpolatesBetweenFourPixels() {
    Shape square = new Shape(3, 3, 1);
    float[] picture = {0, 0, 0, 0, 5, 6, 0, 8, 9};
    float[] turned = changed(square, picture, row -> Rotate.turn(row, 45));
    double near = 1 - Math.sqrt(0.5);
    double far = Math.sqrt(0.5);
    assertThat(turned[5])
        .isCloseTo(
            (float) (near * near * 5 + near * far * 6 + far * near * 8 + far * far * 9),
            within(1e-5f));
    assertThat(turned[4]).isEqualTo(5);
  }

  /** What comes from outside is normalized as the place where it arrives. */
  @Test
  void everyPlaceHasABackgroundOfItsOwn() {
    AugmentedRow row =
        new AugmentedRow(
            new Shape(2, 2, 1), new float[] {-0.1f, -0.2f, -0.3f, -0.4f}, new boolean[4]);
    float[] values = {1, 2, 3, 4};
    row.moveTo(values, 0);
    Shift.move(row, 0, 1);
    assertThat(values).containsExactly(-0.1f, 1, -0.3f, 3);
    Shift.move(row, -1, 0);
    assertThat(values).containsExactly(-0.3f, 3, -0.3f, -0.4f);
    Shift.move(row, 9, 9);
    assertThat(values).containsExactly(-0.1f, -0.2f, -0.3f, -0.4f);
  }

  @ParameterizedTest
  @CsvSource({"1", "3"})
  void shiftsAreUniform(int pixels) {
    int side = 2 * pixels + 1;
    Shape square = new Shape(side, side, 1);
    float[] dot = new float[side * side];
    dot[side * side / 2] = 1;
    int[] counts = new int[side * side];
    int draws = 20_000;
    AugmentationDraws random = new AugmentationDraws(3);
    for (int example = 0; example < draws; example++) {
      random.moveTo(1, example, 0);
      float[] moved = changed(square, dot, row -> new Shift(pixels).apply(random, row));
      for (int i = 0; i < moved.length; i++) {
        counts[i] += (int) moved[i];
      }
    }
    double expected = (double) draws / counts.length;
    for (int count : counts) {
      assertThat((double) count).isCloseTo(expected, within(5 * Math.sqrt(expected)));
    }
  }

  @Test
  void everyFlipHappensHalfTheTime() {
    AugmentationDraws random = new AugmentationDraws(3);
    int[] counts = new int[7];
    for (int example = 0; example < 10_000; example++) {
      random.moveTo(1, example, 0);
      counts[(int) changed(row -> new Flip(true, true).apply(random, row))[0]]++;
    }
    assertThat(counts[1] + counts[3] + counts[4] + counts[6]).isEqualTo(10_000);
    for (int corner : new int[] {1, 3, 4, 6}) {
      assertThat(counts[corner]).isBetween(2350, 2650);
    }
  }

  @Test
  void aDirectionThatIsOffNeverFlips() {
    AugmentationDraws random = new AugmentationDraws(3);
    for (int example = 0; example < 200; example++) {
      random.moveTo(1, example, 0);
      assertThat(changed(row -> new Flip(true, false).apply(random, row))[0]).isIn(1f, 3f);
      assertThat(changed(row -> new Flip(false, true).apply(random, row))[0]).isIn(1f, 4f);
    }
  }

  /** The ends of a long bar leave their row by an amount that the angle decides. */
  @Test
  void anglesReachBothEndsAndNoFurther() {
    AugmentationDraws random = new AugmentationDraws(3);
    Shape wide = new Shape(3, 201, 1);
    float[] bar = new float[wide.size()];
    Arrays.fill(bar, 201, 402, 1f);
    int lifted = 0;
    int lowered = 0;
    for (int example = 0; example < 2000; example++) {
      random.moveTo(1, example, 0);
      float[] turned = changed(wide, bar, row -> new Rotate(0.3).apply(random, row));
      // The right end of the bar moves by at most 100 sin 0.3° = 0.52 pixels.
      assertThat(turned[401]).isGreaterThan(0.47f);
      lifted += turned[200] > 0.4 ? 1 : 0;
      lowered += turned[602] > 0.4 ? 1 : 0;
    }
    assertThat(lifted).isBetween(150, 310);
    assertThat(lowered).isBetween(150, 310);
  }

  @Test
  void noiseHasTheRightMomentsAndIsAddedToEveryValue() {
    Shape vector = Shape.vector(10);
    float[] still = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    AugmentationDraws random = new AugmentationDraws(3);
    int examples = 20_000;
    double[] sum = new double[10];
    double[] squares = new double[10];
    double neighbors = 0;
    for (int example = 0; example < examples; example++) {
      random.moveTo(1, example, 0);
      float[] noisy = changed(vector, still, row -> new Noise(0.5).apply(random, row));
      for (int j = 0; j < 10; j++) {
        double noise = noisy[j] - still[j];
        sum[j] += noise;
        squares[j] += noise * noise;
        neighbors += j == 0 ? 0 : noise * (noisy[j - 1] - still[j - 1]);
      }
    }
    for (int j = 0; j < 10; j++) {
      assertThat(sum[j] / examples).isCloseTo(0, within(5 * 0.5 / Math.sqrt(examples)));
      assertThat(Math.sqrt(squares[j] / examples)).isCloseTo(0.5, within(0.0125));
    }
    assertThat(neighbors / (9.0 * examples)).isCloseTo(0, within(0.003));
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> new Shift(0)).hasMessageContaining("pixels");
    assertThatThrownBy(() -> new Flip(false, false)).hasMessageContaining("horizontal");
    assertThatThrownBy(() -> new Rotate(0)).hasMessageContaining("degrees");
    assertThatThrownBy(() -> new Rotate(Double.NaN)).hasMessageContaining("degrees");
    assertThatThrownBy(() -> new Noise(-1)).hasMessageContaining("standardDeviation");
    assertThatThrownBy(() -> new Noise(Double.NaN)).hasMessageContaining("standardDeviation");
  }
}
