package dev.lockstep.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A changed example is a pure function of seed, epoch and example. */
class AugmenterTest {
  private static final Shape SHAPE = new Shape(5, 4, 2);
  private static final int SIZE = SHAPE.size();
  private static final List<Augmentation> ALL =
      List.of(
          new Augmentation.Shift(2),
          new Augmentation.Flip(true, true),
          new Augmentation.Rotate(20),
          new Augmentation.Noise(0.1));

  private final float[] picture = Samples.gaussian(1, SIZE, 1.0);

  private static AugmentationPlan plan(List<Augmentation> augmentations) {
    double[] scale = new double[SIZE];
    Arrays.fill(scale, 0.5);
    return new AugmentationPlan(augmentations, SHAPE, new double[SIZE], scale, new boolean[SIZE]);
  }

  private float[] changed(Augmenter augmenter, int epoch, long example) {
    float[] values = picture.clone();
    augmenter.apply(epoch, example, values, 0);
    return values;
  }

  @Test
  void everyMemberOfTheFamilyIsTested() {
    List<Class<?>> tested = new ArrayList<>();
    ALL.forEach(augmentation -> tested.add(augmentation.getClass()));
    assertThat(tested).containsExactlyInAnyOrder(Augmentation.class.getPermittedSubclasses());
  }

  @Test
  void coordinatesAloneDecide() {
    for (Augmentation augmentation : ALL) {
      Augmenter one = plan(List.of(augmentation)).newAugmenter(9);
      Augmenter other = plan(List.of(augmentation)).newAugmenter(9);
      List<float[]> inOrder = new ArrayList<>();
      for (int example = 0; example < 20; example++) {
        inOrder.add(changed(one, 4, example));
      }
      for (int example = 19; example >= 0; example--) {
        assertThat(changed(other, 4, example))
            .as("%s, example %d", augmentation, example)
            .isEqualTo(inOrder.get(example));
      }
    }
  }

  @Test
  void seedEpochExampleAndPositionEachChangeTheDraws() {
    Augmenter augmenter = plan(ALL).newAugmenter(9);
    float[] reference = changed(augmenter, 4, 17);
    assertThat(changed(augmenter, 5, 17)).isNotEqualTo(reference);
    assertThat(changed(augmenter, 4, 18)).isNotEqualTo(reference);
    assertThat(changed(augmenter, 4, 17 + (1L << 32))).isNotEqualTo(reference);
    assertThat(changed(plan(ALL).newAugmenter(10), 4, 17)).isNotEqualTo(reference);
    Augmentation noise = new Augmentation.Noise(1);
    float[] once = changed(plan(List.of(noise)).newAugmenter(9), 4, 17);
    float[] twice = changed(plan(List.of(noise, noise)).newAugmenter(9), 4, 17);
    boolean sameNoiseTwice = true;
    for (int i = 0; i < SIZE; i++) {
      sameNoiseTwice &= Math.abs(twice[i] - picture[i] - 2 * (once[i] - picture[i])) < 1e-5;
    }
    assertThat(sameNoiseTwice).isFalse();
  }

  @Test
  void neighborsInMemoryAreNotTouched() {
    float[] values = Samples.gaussian(1, 3 * SIZE, 1.0);
    float[] before = values.clone();
    plan(ALL).newAugmenter(9).apply(1, 5, values, SIZE);
    assertThat(Arrays.copyOfRange(values, 0, SIZE)).isEqualTo(Arrays.copyOfRange(before, 0, SIZE));
    assertThat(Arrays.copyOfRange(values, 2 * SIZE, 3 * SIZE))
        .isEqualTo(Arrays.copyOfRange(before, 2 * SIZE, 3 * SIZE));
    assertThat(Arrays.copyOfRange(values, SIZE, 2 * SIZE))
        .isNotEqualTo(Arrays.copyOfRange(before, SIZE, 2 * SIZE));
  }

  @Test
  void theBackgroundIsWhatNormalizationMakesOfARawZero() {
    Augmentation far = new Augmentation.Shift(1000);
    Augmenter augmenter =
        new AugmentationPlan(
                List.of(far),
                new Shape(1, 3, 1),
                new double[] {4, 7, -1},
                new double[] {0.5, 0, 2},
                new boolean[3])
            .newAugmenter(9);
    float[] values = {8, 9, 10};
    augmenter.apply(1, 1, values, 0);
    assertThat(values).containsExactly(new float[] {-2, 0, 2}, within(0f));
  }

  @Test
  void noAugmentationChangesNothing() {
    assertThat(AugmentationPlan.NONE.isEmpty()).isTrue();
    assertThat(changed(AugmentationPlan.NONE.newAugmenter(9), 1, 1)).isEqualTo(picture);
  }

  @Test
  void examplesAllocateNothingOnceWarm() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    Augmenter augmenter = plan(ALL).newAugmenter(9);
    float[] values = picture.clone();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 10; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      for (int example = 0; example < 1000; example++) {
        augmenter.apply(1, example, values, 0);
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
    }
    assertThat(least).as("bytes for a thousand examples").isLessThan(1000);
  }

  private static AugmentationPlan vectors(List<Augmentation> augmentations) {
    return new AugmentationPlan(
        augmentations,
        Shape.vector(3),
        new double[3],
        new double[3],
        new boolean[] {false, true, false});
  }

  @Test
  void noiseLeavesLevelsOfCategoricalColumnsAlone() {
    float[] values = {0.5f, 1, 0.25f};
    vectors(List.of(new Augmentation.Noise(1))).newAugmenter(9).apply(1, 1, values, 0);
    assertThat(values[0]).isNotEqualTo(0.5f);
    assertThat(values[1]).isEqualTo(1f);
    assertThat(values[2]).isNotEqualTo(0.25f);
  }

  @Test
  void plainVectorsHaveNoPixels() {
    for (Augmentation augmentation : ALL) {
      List<Augmentation> second = List.of(new Augmentation.Noise(1), augmentation);
      if (augmentation.movesPixels()) {
        assertThatThrownBy(() -> vectors(second))
            .isInstanceOf(LockstepException.class)
            .hasMessageStartingWith("data.augment[1]: " + augmentation.kind())
            .hasMessageContaining("data.shape")
            .extracting(failure -> ((LockstepException) failure).kind())
            .isEqualTo(ErrorKind.USAGE);
      } else {
        assertThat(vectors(second).isEmpty()).isFalse();
      }
    }
  }

  @Test
  void statisticsOfTheWrongSizeAreRefused() {
    assertThatThrownBy(
            () ->
                new AugmentationPlan(
                    ALL, SHAPE, new double[SIZE], new double[1], new boolean[SIZE]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
