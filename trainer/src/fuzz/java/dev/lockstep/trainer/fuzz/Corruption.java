package dev.lockstep.trainer.fuzz;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * A file that somebody spoiled: one of several valid ones, with edits one after another. Printed as
 * such, and shrunk to the fewest edits that still do harm.
 *
 * @param file which of the valid files
 * @param edits what is done to it
 */
public record Corruption(int file, List<Edit> edits) {
  private static final int MOST_EDITS = 4;

  /** Takes an immutable copy. */
  public Corruption {
    edits = List.copyOf(edits);
  }

  /** Any corruption of one of so many files. */
  public static Arbitrary<Corruption> any(int files) {
    Arbitrary<Edit> edit =
        Combinators.combine(
                Arbitraries.of(Edit.Kind.values()),
                Arbitraries.integers().between(0, Edit.PLACES - 1).withoutEdgeCases(),
                Arbitraries.integers().between(0, Integer.MAX_VALUE).withoutEdgeCases())
            .as(Edit::new);
    return Combinators.combine(
            Arbitraries.integers().between(0, files - 1).withoutEdgeCases(),
            edit.list().ofMaxSize(MOST_EDITS))
        .as(Corruption::new)
        .withoutEdgeCases();
  }

  /** The spoiled file. */
  public byte[] of(List<byte[]> files) {
    byte[] spoiled = files.get(file).clone();
    for (Edit edit : edits) {
      spoiled = edit.apply(spoiled, files);
    }
    return spoiled;
  }

  @Override
  public String toString() {
    return "file " + file + edits.stream().map(edit -> ", " + edit).collect(Collectors.joining());
  }
}
