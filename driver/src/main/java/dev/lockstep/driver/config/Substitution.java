package dev.lockstep.driver.config;

import dev.lockstep.driver.secret.Redaction;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts environment variables into values: <code>${NAME}</code>, and <code>${NAME:-default}</code>,
 * which also stands in for an empty variable, as in a shell. <code>$${</code> is a plain <code>${
 * </code>.
 */
final class Substitution {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?}");

  private final Map<String, String> environment;

  Substitution(Map<String, String> environment) {
    this.environment = environment;
  }

  /** {@code text} in such a way that {@link #apply} gives it back. */
  static String escape(String text) {
    return text.replace("${", "$${");
  }

  /** The value with its references replaced; a problem is reported under {@code path}. */
  Value apply(Value.Scalar scalar, String path, Problems problems) {
    if (scalar.text() == null || !scalar.text().contains("${")) {
      return scalar;
    }
    String text = scalar.text();
    StringBuilder result = new StringBuilder();
    boolean anyReference = false;
    boolean anySecret = false;
    int at = 0;
    while (at < text.length()) {
      if (text.startsWith("$${", at)) {
        result.append("${");
        at += 3;
      } else if (text.startsWith("${", at)) {
        Matcher reference = REFERENCE.matcher(text).region(at, text.length());
        if (!reference.lookingAt()) {
          problems.add(
              path,
              scalar,
              "cannot read the reference in "
                  + scalar.shown()
                  + "; allowed: ${NAME} and ${NAME:-default}, and $${ for a plain ${");
          return new Value.Reported(scalar.origin());
        }
        String name = reference.group(1);
        String value = valueOf(name, reference.group(2));
        if (value == null) {
          problems.add(
              path,
              scalar,
              name.startsWith(Redaction.VARIABLE_PREFIX)
                  ? "a secret was left out here when this was written; set environment variable "
                      + name
                      + " to it"
                  : "environment variable "
                      + name
                      + " is not set; set it or write ${"
                      + name
                      + ":-default}");
          return new Value.Reported(scalar.origin());
        }
        anyReference = true;
        anySecret |= Redaction.isSecretVariable(name);
        result.append(value);
        at = reference.end();
      } else {
        result.append(text.charAt(at));
        at++;
      }
    }
    return anyReference
        ? replaced(scalar, result.toString(), anySecret)
        : Value.Scalar.of(result.toString(), scalar.quoted(), scalar.origin());
  }

  private String valueOf(String name, String otherwise) {
    String value = environment.get(name);
    if (otherwise != null && (value == null || value.isEmpty())) {
      return otherwise;
    }
    return value;
  }

  /** What came from the environment is typed anew, so it is never text on purpose. */
  private static Value.Scalar replaced(Value.Scalar scalar, String text, boolean secret) {
    boolean nothing =
        !scalar.quoted() && (text.isBlank() || text.equals("null") || text.equals("~"));
    String shown = secret ? scalar.shown() : scalar.shown() + " = " + Problems.brief(text);
    return new Value.Scalar(nothing ? null : text, false, scalar.origin(), shown);
  }
}
