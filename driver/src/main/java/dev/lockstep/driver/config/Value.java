package dev.lockstep.driver.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A piece of configuration as it was written: text with its place, not yet typed. */
sealed interface Value {
  /** Where it was written: {@code line 12}, or the {@code --set} of the command line. */
  String origin();

  /** How an error message shows it. */
  String shown();

  /**
   * A single value.
   *
   * @param text what was written, without quotes; null for YAML's null and for nothing at all
   * @param quoted whether it was written as text on purpose, so that {@code "3"} is no number
   * @param shown how an error message shows it
   */
  record Scalar(String text, boolean quoted, String origin, String shown) implements Value {
    static Scalar of(String text, boolean quoted, String origin) {
      String shown =
          text == null
              ? "nothing"
              : quoted || text.isEmpty() ? '"' + Problems.brief(text) + '"' : Problems.brief(text);
      return new Scalar(text, quoted, origin, shown);
    }
  }

  /** A list. */
  record Sequence(List<Value> items, String origin) implements Value {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public String shown() {
      return "a list";
    }

    Sequence with(int index, Value item) {
      List<Value> changed = new ArrayList<>(items);
      changed.set(index, item);
      return new Sequence(changed, origin);
    }
  }

  /** A block of keys, in the order in which they were written. */
  record Mapping(Map<String, Value> entries, String origin) implements Value {
    public Mapping {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    @Override
    public String shown() {
      return "a block of keys";
    }

    Mapping with(String key, Value value) {
      Map<String, Value> changed = new LinkedHashMap<>(entries);
      changed.put(key, value);
      return new Mapping(changed, origin);
    }
  }

  /** Something whose problem has been reported already, so that it is not reported twice. */
  record Reported(String origin) implements Value {
    @Override
    public String shown() {
      return "an unusable value";
    }
  }

  /** Whether {@code value} is absent or YAML's null, which both mean "the default". */
  static boolean isNothing(Value value) {
    return value == null || (value instanceof Scalar scalar && scalar.text() == null);
  }
}
