package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingMemory;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.BestSoFar;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Any state at all comes back bit for bit, and any text at all is told from a state. */
class AnyStateTest {
  private static Path place;

  @BeforeContainer
  static void createPlace() throws IOException {
    place = Files.createTempDirectory("any-state");
  }

  @AfterContainer
  static void removePlace() throws IOException {
    try (var files = Files.walk(place)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Every pattern of bits: numbers, both zeros, subnormals, infinities, and NaNs of all kinds. */
  @Provide
  Arbitrary<Double> doubles() {
    return Arbitraries.oneOf(
        Arbitraries.longs().map(Double::longBitsToDouble),
        Arbitraries.doubles(),
        Arbitraries.of(
            0.0,
            -0.0,
            Double.MIN_VALUE,
            -Double.MIN_NORMAL,
            Double.MAX_VALUE,
            Double.NaN,
            Double.longBitsToDouble(0xfff8000000000000L),
            Double.longBitsToDouble(0x7ff0000000000001L),
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY));
  }

  private static float[] floats(Random random, int length) {
    float[] special = {
      0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE
    };
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] =
          random.nextInt(4) == 0
              ? special[random.nextInt(special.length)]
              : Float.intBitsToFloat(random.nextInt());
    }
    return values;
  }

  @Property(tries = 200)
  void everyStateComesBackBitForBit(
      @ForAll long seed,
      @ForAll @LongRange(min = 0, max = 999_999_999_999_999_999L) long step,
      @ForAll("doubles") double first,
      @ForAll("doubles") double second,
      @ForAll("doubles") double third,
      @ForAll @IntRange(min = 0) int count,
      @ForAll @LongRange(min = 0) long large,
      @ForAll boolean flag) {
    Random random = new Random(seed);
    int length = States.LAYOUT.length();
    OptimizerState optimizer = new OptimizerState(States.SLOTS, States.LAYOUT.trainableLength());
    for (int slot = 0; slot < States.SLOTS.size(); slot++) {
      float[] values = floats(random, States.LAYOUT.trainableLength());
      System.arraycopy(values, 0, optimizer.slot(slot), 0, values.length);
    }
    TrainingState state =
        new TrainingState(
            new ParameterVector(floats(random, length)),
            optimizer,
            new RunningStatistics(States.LAYOUT, new long[] {random.nextLong()}),
            step,
            new TrainingMemory(
                MetricSums.of(
                    large,
                    first,
                    second,
                    large,
                    third,
                    first,
                    new Moments(large, new double[] {second}, new double[] {third}),
                    0,
                    new long[0]),
                new BestSoFar(first, count),
                new BestSoFar(second, count),
                count,
                third,
                count,
                flag,
                flag
                    ? new BestWeights(
                        count,
                        second,
                        new ParameterVector(floats(random, length)),
                        new long[] {random.nextLong()})
                    : null));
    RunPosition position =
        new RunPosition(count, large, Double.isNaN(first) ? 0.0 : Math.abs(first));
    CheckpointStore store =
        States.store(
            RunFolder.at(HookedFileSystem.location(place), HookedFileSystem.configuration()), 1);
    store.write(state, States.identity(), position);
    StoredCheckpoint found = store.newestIntact().found().orElseThrow();
    States.assertSame(found.state(), state);
    assertThat(found.position()).isEqualTo(position);
    store.removeAfter(-1);
  }

  @Property(tries = 3000)
  void aDamagedStateIsEitherReadOrRefusedAsData(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int changes) {
    byte[] text =
        StateFile.write(States.at(4), States.identity(), States.position(4), Instant.EPOCH);
    Random random = new Random(seed);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(text.length);
      switch (random.nextInt(4)) {
        case 0 -> text[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> text[at] = (byte) "{}[]\",:0919eE.-+nul\\".charAt(random.nextInt(20));
        case 2 -> text = Arrays.copyOf(text, Math.max(1, at));
        default -> {
          int from = random.nextInt(text.length);
          int many = random.nextInt(Math.min(text.length - from, text.length - at));
          System.arraycopy(text.clone(), from, text, at, many);
        }
      }
    }
    try {
      assertThat(StateFile.read(text, "state.json").step()).isNotNegative();
    } catch (LockstepException refused) {
      assertThat(refused).hasMessageStartingWith("state.json ");
    }
  }

  @Property(tries = 1000)
  void anyTextIsRefusedAsData(@ForAll String text) {
    try {
      assertThat(StateFile.read(text.getBytes(StandardCharsets.UTF_8), "state.json")).isNull();
    } catch (LockstepException refused) {
      assertThat(refused).hasMessageStartingWith("state.json ");
    }
  }
}
