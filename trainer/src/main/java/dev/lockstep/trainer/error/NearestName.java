package dev.lockstep.trainer.error;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** The known name that a mistyped one was probably meant to be, for error messages. */
public final class NearestName {
  private static final int LONGEST_WORD = 60;

  private NearestName() {}

  /**
   * The candidate that {@code word} is most likely a misspelling of: few edits away, or continued
   * from it.
   */
  public static Optional<String> of(String word, Collection<String> candidates) {
    String folded = fold(word);
    if (folded.isEmpty() || folded.length() > LONGEST_WORD) {
      return Optional.empty();
    }
    int tolerance = Math.max(1, folded.length() / 3);
    String best = null;
    int fewest = tolerance + 1;
    for (String candidate : candidates) {
      int edits = edits(folded, fold(candidate));
      if (edits < fewest) {
        fewest = edits;
        best = candidate;
      }
    }
    if (best == null && folded.length() > 2) {
      best =
          candidates.stream()
              .filter(name -> fold(name).startsWith(folded))
              .findFirst()
              .orElse(null);
    }
    return Optional.ofNullable(best);
  }

  /**
   * Without case, underscores and hyphens, so that {@code learning_rate} is {@code learningRate}.
   */
  private static String fold(String word) {
    return word.replaceAll("[_\\-\\s]", "").toLowerCase(Locale.ROOT);
  }

  /**
   * Insertions, deletions, substitutions and swaps of neighbors that turn {@code a} into {@code b}.
   */
  private static int edits(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
        least = Math.min(least, cost[i - 1][j - 1] + substitution);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = least;
      }
    }
    return cost[a.length()][b.length()];
  }
}
