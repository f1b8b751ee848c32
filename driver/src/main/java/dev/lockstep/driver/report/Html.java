package dev.lockstep.driver.report;

/** The one way by which text gets into the page. */
final class Html {
  private Html() {}

  /**
   * Text as it may stand between tags and in quoted attributes, of a page or of an SVG file.
   * Control characters, halves of surrogate pairs and the two last code points, which have no
   * meaning there, become the replacement character; null is empty.
   */
  static String escape(String text) {
    if (text == null) {
      return "";
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        case '\n', '\t' -> escaped.append(c);
        default -> escaped.append(isText(text, i) ? c : '\uFFFD');
      }
    }
    return escaped.toString();
  }

  private static boolean isText(String text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }
    return !Character.isISOControl(c) && c < '\uFFFE';
  }

  /** {@code <tag class="cssClass">text</tag>} with the text escaped. */
  static String element(String tag, String cssClass, String text) {
    return "<" + tag + " class=\"" + cssClass + "\">" + escape(text) + "</" + tag + ">";
  }
}
