package dev.lockstep.driver.config;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What is needed while one configuration is read: the list of problems, the environment and the
 * folder for relative paths; and the typing of single values. Every method here reports what is
 * wrong under its key path and then returns something harmless, so that reading goes on and finds
 * the other problems too.
 */
record Reading(Problems problems, Substitution substitution, PathResolver paths) {
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?");
  private static final Pattern WHOLE_NUMBER = Pattern.compile("[-+]?(0|[1-9][0-9]*(_[0-9]+)*)");

  /** No number needs as many characters; the patterns need not look at what has more. */
  private static final int LONGEST_NUMBER = 1000;

  private static final double GREATEST_EXACT_WHOLE = 1L << 53;

  /** {@code value} with the environment put in, or null where it says nothing. */
  Value resolve(String path, Value value) {
    Value resolved =
        value instanceof Value.Scalar scalar ? substitution.apply(scalar, path, problems) : value;
    return Value.isNothing(resolved) ? null : resolved;
  }

  /** Whether {@code value} may be a number or a flag: written without quotes, and not nothing. */
  private static boolean isPlain(Value value) {
    return value instanceof Value.Scalar scalar && scalar.text() != null && !scalar.quoted();
  }

  double number(String path, Value value, NumberRange range, double otherwise) {
    if (isPlain(value) && value instanceof Value.Scalar scalar && isNumber(scalar.text())) {
      double number = Double.parseDouble(scalar.text());
      if (range.contains(number)) {
        return number;
      }
    }
    wrong(path, value, range.text());
    return otherwise;
  }

  long whole(String path, Value value, WholeRange range, long otherwise) {
    OptionalLong number =
        isPlain(value) && value instanceof Value.Scalar scalar
            ? parseWhole(scalar.text())
            : OptionalLong.empty();
    if (number.isPresent() && range.contains(number.getAsLong())) {
      return number.getAsLong();
    }
    boolean tooGreat = number.isPresent() && number.getAsLong() > range.high();
    wrong(path, value, tooGreat ? "a whole number of at most " + range.high() : range.text());
    return otherwise;
  }

  private static boolean isNumber(String text) {
    return text.length() <= LONGEST_NUMBER && NUMBER.matcher(text).matches();
  }

  /** Also {@code 1e6} and {@code 3.0}, which other programs write for whole numbers. */
  private static OptionalLong parseWhole(String text) {
    if (text.length() > LONGEST_NUMBER) {
      return OptionalLong.empty();
    }
    if (WHOLE_NUMBER.matcher(text).matches()) {
      try {
        return OptionalLong.of(Long.parseLong(text.replace("_", "")));
      } catch (NumberFormatException beyondLong) {
        return OptionalLong.empty();
      }
    }
    boolean octalLooking = text.matches("[-+]?0[0-9]+");
    if (octalLooking || !isNumber(text)) {
      return OptionalLong.empty();
    }
    double number = Double.parseDouble(text);
    boolean exact = number == Math.rint(number) && Math.abs(number) <= GREATEST_EXACT_WHOLE;
    return exact ? OptionalLong.of((long) number) : OptionalLong.empty();
  }

  boolean flag(String path, Value value, boolean otherwise) {
    if (isPlain(value) && value instanceof Value.Scalar scalar) {
      switch (scalar.text()) {
        case "true", "True", "TRUE" -> {
          return true;
        }
        case "false", "False", "FALSE" -> {
          return false;
        }
        default -> {}
      }
    }
    wrong(path, value, "true or false");
    return otherwise;
  }

  /** Any single value, {@code ""} and blanks too, as it was written; null after a problem. */
  String anyText(String path, Value value, String expected) {
    if (value instanceof Value.Scalar scalar && scalar.text() != null) {
      return scalar.text();
    }
    wrong(path, value, expected);
    return null;
  }

  /**
   * Any single value counts as text, as it was written; {@code expected} says what it stands for.
   */
  String text(String path, Value value, String expected) {
    if (value instanceof Value.Scalar scalar && scalar.text() != null && !scalar.text().isBlank()) {
      return scalar.text();
    }
    wrong(path, value, expected);
    return null;
  }

  /** The absolute form of a path, or null. */
  String path(String path, Value value, String expected) {
    String text = text(path, value, expected);
    if (text == null) {
      return null;
    }
    try {
      return paths.resolve(text);
    } catch (IllegalArgumentException noPath) {
      wrong(path, value, expected);
      return null;
    }
  }

  /** One of {@code names}, or null. */
  String name(String path, Value value, Names names) {
    String text = text(path, value, names.expected());
    return text != null && names.accepts(text, value, path, problems) ? text : null;
  }

  /** The entries of a list, or none. */
  List<Value> items(String path, Value value, String expected) {
    if (value instanceof Value.Sequence sequence) {
      return sequence.items();
    }
    wrong(path, value, expected);
    return List.of();
  }

  /** Says that {@code value} is not what belongs there. */
  void wrong(String path, Value value, String expected) {
    if (value instanceof Value.Reported) {
      return;
    }
    problems.add(
        path,
        value,
        "must be " + expected + ", found " + (value == null ? "nothing" : value.shown()));
  }
}
