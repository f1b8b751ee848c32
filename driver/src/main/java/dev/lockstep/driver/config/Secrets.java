package dev.lockstep.driver.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Keeps secrets of the environment out of what is written down. An environment variable counts as
 * secret if a word of its name ends in password, passwd, secret, token or key: {@code DB_PASSWORD},
 * {@code SAS_TOKEN}, {@code API_KEY}.
 */
final class Secrets {
  /** Shorter values would be found by chance inside harmless text; they protect nothing anyway. */
  private static final int SHORTEST_SECRET = 4;

  private static final Pattern SECRET_NAME =
      Pattern.compile("(password|passwd|secret|token|key)s?[0-9]*(_|$)", Pattern.CASE_INSENSITIVE);

  private final List<Map.Entry<String, String>> longestFirst;

  Secrets(Map<String, String> environment) {
    List<Map.Entry<String, String>> secrets = new ArrayList<>();
    environment.forEach(
        (name, value) -> {
          if (isSecret(name) && value.length() >= SHORTEST_SECRET) {
            secrets.add(Map.entry(name, value));
          }
        });
    Comparator<Map.Entry<String, String>> byLength =
        Comparator.comparing(secret -> -secret.getValue().length());
    secrets.sort(byLength.thenComparing(Map.Entry.comparingByKey()));
    this.longestFirst = List.copyOf(secrets);
  }

  static boolean isSecret(String variable) {
    return SECRET_NAME.matcher(variable).find();
  }

  /**
   * {@code text} as a configuration may hold it: every value of a secret variable as the reference
   * <code>${NAME}</code> again, everything else so that it reads back as itself.
   */
  String conceal(String text) {
    StringBuilder concealed = new StringBuilder();
    int plainFrom = 0;
    int at = 0;
    while (at < text.length()) {
      Map.Entry<String, String> secret = startingAt(text, at);
      if (secret == null) {
        at++;
      } else {
        concealed
            .append(Substitution.escape(text.substring(plainFrom, at)))
            .append("${")
            .append(secret.getKey())
            .append('}');
        at += secret.getValue().length();
        plainFrom = at;
      }
    }
    return concealed.append(Substitution.escape(text.substring(plainFrom))).toString();
  }

  private Map.Entry<String, String> startingAt(String text, int at) {
    for (Map.Entry<String, String> secret : longestFirst) {
      if (text.startsWith(secret.getValue(), at)) {
        return secret;
      }
    }
    return null;
  }
}
