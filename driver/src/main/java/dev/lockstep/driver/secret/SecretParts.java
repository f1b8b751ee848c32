package dev.lockstep.driver.secret;

import dev.lockstep.driver.secret.Redaction.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds secrets inside texts by their place alone:
 *
 * <ul>
 *   <li>user and password before the host of a URI ({@code s3a://key:secret@bucket}); a user alone
 *       only where it is a token by custom, for http and https (in {@code
 *       abfss://container@account} it is a name);
 *   <li>parameters whose name says so ({@code ?sig=…}, {@code ;password=…}, {@code
 *       -Dstore.token=…});
 *   <li>user and password of Oracle's driver ({@code jdbc:oracle:thin:scott/tiger@host}).
 * </ul>
 *
 * A reference to the environment, <code>${NAME}</code>, is no secret.
 */
final class SecretParts {
  private static final Pattern URI_START =
      Pattern.compile("(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]*)://");
  private static final Pattern AUTHORITY = Pattern.compile("[^\\s\"'<>/?#]*");
  private static final Pattern PATH = Pattern.compile("[^\\s\"'<>?#]*");
  private static final Pattern HOST_AND_PORT = Pattern.compile("[^:]*(:[0-9]{1,5})?");
  private static final Pattern PARAMETER =
      Pattern.compile("(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]{1,200})=([^\\s&;,\"'<>]+)");
  private static final Pattern ORACLE =
      Pattern.compile("jdbc:oracle:[a-z0-9]+:([^\\s/@]+)/([^\\s@]+)@");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{[A-Za-z_][A-Za-z0-9_]*}");

  /** Names of parameters that are secret by custom, in lower case, beside those of the pattern. */
  private static final Set<String> CUSTOMARY =
      Set.of(
          "sig",
          "sas",
          "pwd",
          "passwd",
          "signature",
          "x-amz-signature",
          "x-amz-credential",
          "x-goog-signature",
          "x-goog-credential",
          "awsaccesskeyid",
          "api_key",
          "api-key",
          "apikey",
          "accountkey",
          "sharedaccesskey");

  private SecretParts() {}

  /**
   * The secret parts of {@code text}, in no order; they do not overlap within one kind.
   *
   * @param secretName which names of parameters say that their value is a secret
   */
  static List<Part> of(String text, Predicate<String> secretName) {
    List<Part> parts = new ArrayList<>();
    if (text.contains("://")) {
      addUserInformation(text, parts);
    }
    if (text.indexOf('=') >= 0) {
      Matcher parameter = PARAMETER.matcher(text);
      while (parameter.find()) {
        String name = parameter.group(1);
        if (secretName.test(name) || CUSTOMARY.contains(name.toLowerCase(Locale.ROOT))) {
          add(text, parameter.start(2), parameter.end(2), parts);
        }
      }
    }
    if (text.contains("jdbc:oracle:")) {
      Matcher oracle = ORACLE.matcher(text);
      while (oracle.find()) {
        add(text, oracle.start(1), oracle.end(1), parts);
        add(text, oracle.start(2), oracle.end(2), parts);
      }
    }
    return parts;
  }

  private static void addUserInformation(String text, List<Part> parts) {
    Matcher start = URI_START.matcher(text);
    Matcher authority = AUTHORITY.matcher(text);
    Matcher path = PATH.matcher(text);
    while (start.find()) {
      int from = start.end();
      authority.region(from, text.length()).lookingAt();
      int at = text.lastIndexOf('@', authority.end() - 1);
      int colon = text.indexOf(':', from);
      if (at < from && !HOST_AND_PORT.matcher(authority.group()).matches()) {
        // A password with a slash in it, as keys of stores may have.
        path.region(from, text.length()).lookingAt();
        at = text.lastIndexOf('@', path.end() - 1);
      }
      if (at < from) {
        continue;
      }
      if (colon >= from && colon < at) {
        add(text, from, colon, parts);
        add(text, colon + 1, at, parts);
      } else if (start.group(1).toLowerCase(Locale.ROOT).matches("https?")) {
        add(text, from, at, parts);
      }
    }
  }

  private static void add(String text, int from, int to, List<Part> parts) {
    if (from < to && !REFERENCE.matcher(text).region(from, to).matches()) {
      parts.add(new Part(from, to));
    }
  }
}
