package dev.lockstep.trainer.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes and parses the JSON header of a safetensors file: an object of tensor names, each with
 * <i>dtype</i>, {@code shape} and {@code data_offsets}, beside an optional {@code __metadata__}
 * object of strings. Everything else is refused. Written by hand because this module has no JSON
 * library and the grammar is this small.
 */
final class SafeTensorsHeader {
  /**
   * One tensor's line in the header.
   *
   * @param name its name
   * @param type its <i>dtype</i>
   * @param shape its sizes, each at least 0
   * @param start first byte after the header
   * @param end one past the last byte
   */
  record Entry(String name, String type, List<Integer> shape, long start, long end) {}

  private static final String METADATA = "__metadata__";
  private static final int MAX_DIMENSIONS = 16;
  // So many digits always fit a long.
  private static final int MAX_DIGITS = 18;
  // JSON texts may hold characters from the blank on; those below must be escaped.
  private static final char FIRST_PLAIN = ' ';

  private final String text;
  private final String source;
  private int position;

  private SafeTensorsHeader(String text, String source) {
    this.text = text;
    this.source = source;
  }

  /** The header of a file that holds these tensors one after another. */
  static String format(List<Tensor> tensors) {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    String separator = "";
    for (Tensor tensor : tensors) {
      long end = offset + tensor.bytes();
      header.append(separator);
      appendString(header, tensor.name());
      header.append(":{\"dtype\":\"").append(tensor.type()).append("\",\"shape\":[");
      for (int d = 0; d < tensor.shape().size(); d++) {
        header.append(d == 0 ? "" : ",").append(tensor.shape().get(d));
      }
      header.append("],\"data_offsets\":[").append(offset).append(',').append(end).append("]}");
      offset = end;
      separator = ",";
    }
    return header.append('}').toString();
  }

  private static void appendString(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < FIRST_PLAIN) {
        json.append("\\u00")
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  /** All tensors in the order of the header. */
  static List<Entry> parse(String text, String source) {
    return new SafeTensorsHeader(text, source).entries();
  }

  private List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    expect('{');
    if (!accept('}')) {
      do {
        String name = string();
        expect(':');
        if (!names.add(name)) {
          throw wrong("tensor '" + name + "' is listed twice");
        }
        if (name.equals(METADATA)) {
          skipMetadata();
        } else {
          entries.add(entry(name));
        }
      } while (accept(','));
      expect('}');
    }
    skipSpace();
    if (position < text.length()) {
      throw wrong("text after the end of the header");
    }
    return entries;
  }

  private void skipMetadata() {
    expect('{');
    if (accept('}')) {
      return;
    }
    do {
      string();
      expect(':');
      string();
    } while (accept(','));
    expect('}');
  }

  private Entry entry(String name) {
    String type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    Set<String> keys = new HashSet<>();
    expect('{');
    do {
      String key = string();
      expect(':');
      if (!keys.add(key)) {
        throw wrong("key '" + key + "' of tensor '" + name + "' is given twice");
      }
      switch (key) {
        case "dtype" -> type = string();
        case "shape" -> shape = numbers(MAX_DIMENSIONS);
        case "data_offsets" -> offsets = numbers(2);
        default -> throw wrong("unknown key '" + key + "' of tensor '" + name + "'");
      }
    } while (accept(','));
    expect('}');
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw wrong("tensor '" + name + "' needs dtype, shape and two data_offsets");
    }
    List<Integer> sizes = new ArrayList<>();
    for (long size : shape) {
      if (size > Integer.MAX_VALUE) {
        throw wrong("tensor '" + name + "' has a dimension of " + size);
      }
      sizes.add((int) size);
    }
    return new Entry(name, type, List.copyOf(sizes), offsets.get(0), offsets.get(1));
  }

  private List<Long> numbers(int most) {
    List<Long> numbers = new ArrayList<>();
    expect('[');
    if (accept(']')) {
      return numbers;
    }
    do {
      if (numbers.size() == most) {
        throw wrong("more than " + most + " numbers in a list");
      }
      numbers.add(number());
    } while (accept(','));
    expect(']');
    return numbers;
  }

  private long number() {
    skipSpace();
    int start = position;
    while (position < text.length() && isDigit(text.charAt(position))) {
      position++;
    }
    if (position == start
        || position - start > MAX_DIGITS
        || (position - start > 1 && text.charAt(start) == '0')) {
      throw wrong("a whole number of at most " + MAX_DIGITS + " digits was expected");
    }
    return Long.parseLong(text.substring(start, position));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private String string() {
    expect('"');
    StringBuilder result = new StringBuilder();
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c == '"') {
        return result.toString();
      }
      if (c < FIRST_PLAIN) {
        throw wrong("a control character in a text");
      }
      result.append(c == '\\' ? escaped() : c);
    }
    throw wrong("a text without end");
  }

  private char escaped() {
    if (position < text.length()) {
      char c = text.charAt(position++);
      switch (c) {
        case '"', '\\', '/' -> {
          return c;
        }
        case 'b' -> {
          return '\b';
        }
        case 'f' -> {
          return '\f';
        }
        case 'n' -> {
          return '\n';
        }
        case 'r' -> {
          return '\r';
        }
        case 't' -> {
          return '\t';
        }
        case 'u' -> {
          return unicode();
        }
        default -> {
          // Not an escape that JSON knows.
        }
      }
    }
    throw wrong("a broken escape in a text");
  }

  private char unicode() {
    if (position + 4 <= text.length()) {
      int code = 0;
      for (int i = 0; i < 4; i++) {
        char c = text.charAt(position++);
        // Character.digit knows the digits of other scripts too; JSON does not.
        int digit = c < 128 ? Character.digit(c, 16) : -1;
        if (digit < 0) {
          throw wrong("a broken escape in a text");
        }
        code = code * 16 + digit;
      }
      return (char) code;
    }
    throw wrong("a broken escape in a text");
  }

  private void expect(char c) {
    if (!accept(c)) {
      throw wrong("'" + c + "' was expected");
    }
  }

  private boolean accept(char c) {
    skipSpace();
    if (position < text.length() && text.charAt(position) == c) {
      position++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
  }

  private RuntimeException wrong(String why) {
    return SafeTensors.broken(source, why + " at character " + position + " of the header");
  }
}
