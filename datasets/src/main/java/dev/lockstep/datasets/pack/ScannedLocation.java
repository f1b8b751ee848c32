package dev.lockstep.datasets.pack;

import java.util.List;

/**
 * What the first pass found in a location.
 *
 * @param files what was read, in order; data that lie in no file count as one
 * @param badRows what could not be used and was left out, with what the location is for
 * @param fingerprint a hash of columns, row order, values, labels and weights in hexadecimal
 *     digits, as {@link PreparedData#fingerprint} is one of all locations
 */
public record ScannedLocation(List<ScannedFile> files, BadRows badRows, String fingerprint) {
  /** Takes an immutable copy. */
  public ScannedLocation {
    files = List.copyOf(files);
  }
}
