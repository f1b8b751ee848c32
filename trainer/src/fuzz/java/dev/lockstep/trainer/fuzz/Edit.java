package dev.lockstep.trainer.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One change of a file.
 *
 * @param kind what is done
 * @param place where, in parts of {@link #PLACES} of the file's length
 * @param choice decides whatever else there is to decide
 */
public record Edit(Kind kind, int place, int choice) {
  /** Places are counted in so many parts of a file. */
  public static final int PLACES = 1 << 16;

  private static final int LONGEST_RANDOM = 600;
  private static final int LONGEST_RUN = 20_000;
  private static final int DEEPEST_NEST = 3000;

  private static final long[] EXTREME_NUMBERS = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFF_FFFFL,
    0x8000_0000L,
    0xFFFF_FFFFL,
    0x7FFF_FFFF_FFFF_FFFFL,
    0x8000_0000_0000_0000L,
    0x7FC0_0000L,
    0x7F80_0000L,
    1L << 40
  };
  private static final String[] EXTREME_TEXTS = {
    "0",
    "-1",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e309",
    "1e-400",
    "-0",
    "0x7f",
    "007",
    "1e999999999",
    "NaN",
    "Infinity",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "",
    "1_000",
    ".5",
    "1:1",
    "99999999999999999999999999"
  };
  private static final String[] STRUCTURE = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "\n",
    "\r\n",
    "#",
    "&a ",
    "*a ",
    "- ",
    "? ",
    "| ",
    "!!java.net.URL ",
    "<<: ",
    "---\n",
    "\\",
    "\\u0000",
    "\u0000",
    "\t",
    "${A}",
    "\uFEFF",
    "/",
    "..",
    "\"a\":",
    "%",
    "@"
  };
  private static final byte[][] NO_UTF_8 = {
    {(byte) 0xFF},
    {(byte) 0xC0, (byte) 0x80},
    {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
    {(byte) 0xF8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80},
    {(byte) 0xE2, (byte) 0x82},
  };
  private static final String[] NESTS = {
    "[", "{\"a\":", "{a: ", "- ", "(", "{\"layers\":[", "[{\"kind\":\"residual\",\"layers\":"
  };
  private static final String[] RUNS = {
    "a", "9", "1_", " ", "\n", "0", "\"", ",", "1,", "-", "é", "\u0000", "[],", "a: 1\n", "- relu\n"
  };

  /** What can be done to a file. */
  public enum Kind {
    /** The rest is lost. */
    TRUNCATE,
    /** One bit is the other. */
    FLIP_BIT,
    /** One byte is any byte. */
    REPLACE_BYTE,
    /** One, two, four or eight bytes are an extreme number. */
    EXTREME_BYTES,
    /** The digits from there on are an extreme number. */
    EXTREME_DIGITS,
    /** A range is lost. */
    DELETE,
    /** A range comes twice. */
    DUPLICATE,
    /** From there on it is another file. */
    SPLICE,
    /** A sign of JSON, YAML or CSV more. */
    STRUCTURE,
    /** Bytes that are no UTF-8. */
    NO_UTF_8,
    /** Many levels open. */
    NEST,
    /** A long run of the same. */
    RUN,
    /** A range of random bytes. */
    NOISE,
    /** Nothing but random bytes. */
    ALL_NOISE
  }

  /** The file with the change made; {@code files} are those to splice with. */
  byte[] apply(byte[] file, List<byte[]> files) {
    int at = (int) ((long) place * (file.length + 1) / PLACES);
    SplittableRandom random = new SplittableRandom(choice);
    switch (kind) {
      case TRUNCATE -> {
        return Arrays.copyOf(file, at);
      }
      case FLIP_BIT, REPLACE_BYTE -> {
        if (at == file.length) {
          return file;
        }
        byte[] changed = file.clone();
        changed[at] =
            (byte) (kind == Kind.FLIP_BIT ? changed[at] ^ (1 << random.nextInt(8)) : choice);
        return changed;
      }
      case EXTREME_BYTES -> {
        return overwritten(file, at, extremeNumber(random));
      }
      case EXTREME_DIGITS -> {
        return extremeDigits(file, at, pick(EXTREME_TEXTS, random));
      }
      case DELETE -> {
        return replaced(file, at, end(file, at, random), new byte[0]);
      }
      case DUPLICATE -> {
        return replaced(file, at, at, Arrays.copyOfRange(file, at, end(file, at, random)));
      }
      case SPLICE -> {
        byte[] other = files.get(random.nextInt(files.size()));
        int from = random.nextInt(other.length + 1);
        return replaced(file, at, file.length, Arrays.copyOfRange(other, from, other.length));
      }
      case STRUCTURE -> {
        return replaced(file, at, at, bytes(pick(STRUCTURE, random)));
      }
      case NO_UTF_8 -> {
        return replaced(file, at, at, NO_UTF_8[random.nextInt(NO_UTF_8.length)]);
      }
      case NEST -> {
        return replaced(file, at, at, repeated(pick(NESTS, random), DEEPEST_NEST, random));
      }
      case RUN -> {
        return replaced(file, at, at, repeated(pick(RUNS, random), LONGEST_RUN, random));
      }
      case NOISE -> {
        return overwritten(file, at, noise(random));
      }
      case ALL_NOISE -> {
        return noise(random);
      }
    }
    throw new IllegalStateException(kind.name());
  }

  private static int end(byte[] file, int at, SplittableRandom random) {
    int left = file.length - at;
    return at
        + (left == 0
            ? 0
            : random.nextInt(random.nextBoolean() ? left + 1 : Math.min(left, 16) + 1));
  }

  private static String pick(String[] texts, SplittableRandom random) {
    return texts[random.nextInt(texts.length)];
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] noise(SplittableRandom random) {
    byte[] noise = new byte[random.nextInt(LONGEST_RANDOM)];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] extremeNumber(SplittableRandom random) {
    int width = 1 << random.nextInt(4);
    ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    long number = EXTREME_NUMBERS[random.nextInt(EXTREME_NUMBERS.length)];
    byte[] all = ByteBuffer.allocate(Long.BYTES).order(order).putLong(number).array();
    return order == ByteOrder.LITTLE_ENDIAN
        ? Arrays.copyOf(all, width)
        : Arrays.copyOfRange(all, Long.BYTES - width, Long.BYTES);
  }

  /** Puts {@code text} in place of the next number. */
  private static byte[] extremeDigits(byte[] file, int at, String text) {
    int from = at;
    while (from < file.length && !isDigit(file[from])) {
      from++;
    }
    int to = from;
    while (to < file.length && isDigit(file[to])) {
      to++;
    }
    return replaced(file, from, to, bytes(text));
  }

  private static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }

  /** So many times that the whole is between nothing and {@code most} bytes, seldom much. */
  private static byte[] repeated(String text, int most, SplittableRandom random) {
    int times = random.nextInt(1 + random.nextInt(1 + random.nextInt(most / text.length())));
    return bytes(text.repeat(times));
  }

  private static byte[] overwritten(byte[] file, int at, byte[] with) {
    return replaced(file, at, Math.min(file.length, at + with.length), with);
  }

  private static byte[] replaced(byte[] file, int from, int to, byte[] with) {
    ByteArrayOutputStream changed = new ByteArrayOutputStream(file.length + with.length);
    changed.write(file, 0, from);
    changed.write(with, 0, with.length);
    changed.write(file, to, file.length - to);
    return changed.toByteArray();
  }

  @Override
  public String toString() {
    return kind + " at " + place + "/" + PLACES + " (" + choice + ")";
  }
}
