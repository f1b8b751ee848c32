package dev.lockstep.datasets.source;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds names in a list by hash; of equal names the first counts. */
final class NamePositions {
  private final Map<String, Integer> positions = new HashMap<>();

  NamePositions(List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      positions.putIfAbsent(names.get(i), i);
    }
  }

  /** Position of a name, or -1. */
  int of(String name) {
    return positions.getOrDefault(name, -1);
  }
}
