package dev.lockstep.driver.folder;

import java.util.regex.Pattern;

/**
 * What a manifest says of a file.
 *
 * @param size bytes
 * @param sha256 in hexadecimal, lower case
 */
public record FileDigest(long size, String sha256) {
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  /** Whether a text can be a SHA-256. */
  public static boolean isSha256(String text) {
    return SHA_256.matcher(text).matches();
  }
}
