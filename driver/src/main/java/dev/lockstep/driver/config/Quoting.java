package dev.lockstep.driver.config;

import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.util.regex.Pattern;

/**
 * Writes only plain words and paths without quotes. Everything else is quoted and escaped, because
 * YAML changes line breaks and blanks of unquoted text.
 */
final class Quoting extends StringQuotingChecker.Default {
  private static final long serialVersionUID = 1L;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./*+-]*");

  @Override
  public boolean needToQuoteName(String name) {
    return super.needToQuoteName(name) || !PLAIN.matcher(name).matches();
  }

  @Override
  public boolean needToQuoteValue(String value) {
    return super.needToQuoteValue(value) || !PLAIN.matcher(value).matches();
  }
}
