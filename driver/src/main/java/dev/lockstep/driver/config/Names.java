package dev.lockstep.driver.config;

import dev.lockstep.trainer.error.NearestName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The names that are allowed in one place.
 *
 * @param what what is named, for messages: {@code kind}, {@code format}
 * @param supported names that work
 * @param planned names that are promised for a later version
 * @param expected what belongs in this place, for messages; made once, not for each value
 */
record Names(String what, List<String> supported, List<String> planned, String expected) {
  /** The version that error messages speak of. */
  static final String VERSION = "0.1.0";

  static final String NOT_YET = "not supported by version " + VERSION + " yet";

  /** All of {@code promised} that is not yet in {@code supported} counts as planned. */
  static Names of(String what, List<String> supported, List<String> promised) {
    return new Names(
        what,
        List.copyOf(supported),
        promised.stream().filter(name -> !supported.contains(name)).toList(),
        "the name of a " + what + ", one of " + String.join(", ", supported));
  }

  /** Whether {@code name} works; if not, the problem is reported. */
  boolean accepts(String name, Value where, String path, Problems problems) {
    if (supported.contains(name)) {
      return true;
    }
    if (problems.isFull()) {
      problems.add(path, where, "");
      return false;
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
    Optional<String> near = NearestName.of(word, supported);
    if (near.isPresent()) {
      return ", did you mean " + near.get() + "?";
    }
    return NearestName.of(word, planned)
        .map(name -> ", did you mean " + name + " (" + NOT_YET + ")?")
        .orElse("");
  }
}
