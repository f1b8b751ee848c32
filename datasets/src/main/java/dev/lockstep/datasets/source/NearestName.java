package dev.lockstep.datasets.source;

import java.util.List;
import java.util.Locale;

/** The known name that a mistyped one was probably meant to be. */
final class NearestName {
  private NearestName() {}

  /**
   * The candidate with the smallest edit distance (Levenshtein, ignoring case), or null where none
   * is close: about a third of the letters may differ.
   */
  static String of(String name, List<String> candidates) {
    String nearest = null;
    int best = Math.min(name.length() - 1, 1 + name.length() / 3) + 1;
    for (String candidate : candidates) {
      if (Math.abs(candidate.length() - name.length()) < best) {
        int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
        if (distance < best) {
          best = distance;
          nearest = candidate;
        }
      }
    }
    return nearest;
  }

  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
