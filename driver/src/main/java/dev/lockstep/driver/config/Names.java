package dev.lockstep.driver.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The names that are allowed in one place.
 *
 * @param what what is named, for messages: {@code kind}, {@code format}
 * @param supported names that work
 * @param planned names that are promised for a later version
 */
record Names(String what, List<String> supported, List<String> planned) {
  /** The version that error messages speak of. */
  static final String VERSION = "0.1.0";

  static final String NOT_YET = "not supported by version " + VERSION + " yet";

  private static final int LONGEST_WORD = 60;

  /** All of {@code promised} that is not yet in {@code supported} counts as planned. */
  static Names of(String what, List<String> supported, List<String> promised) {
    return new Names(
        what,
        List.copyOf(supported),
        promised.stream().filter(name -> !supported.contains(name)).toList());
  }

  /** Whether {@code name} works; if not, the problem is reported. */
  boolean accepts(String name, Value where, String path, Problems problems) {
    if (supported.contains(name)) {
      return true;
    }
    problems.add(path, where, planned.contains(name) ? notYet(name) : unknown(name));
    return false;
  }

  private String notYet(String name) {
    return what + " " + name + " is " + NOT_YET + "; supported: " + String.join(", ", supported);
  }

  private String unknown(String name) {
    return "unknown "
        + what
        + " "
        + Problems.brief(name)
        + suggestion(name, supported, planned)
        + "; allowed: "
        + String.join(", ", supported);
  }

  /** {@code , did you mean …?} or nothing. */
  static String suggestion(String word, Collection<String> supported, Collection<String> planned) {
    Optional<String> near = nearest(word, supported);
    if (near.isPresent()) {
      return ", did you mean " + near.get() + "?";
    }
    return nearest(word, planned)
        .map(name -> ", did you mean " + name + " (" + NOT_YET + ")?")
        .orElse("");
  }

  /**
   * The candidate that {@code word} is most likely a misspelling of: few edits away, or continued
   * from it.
   */
  static Optional<String> nearest(String word, Collection<String> candidates) {
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
