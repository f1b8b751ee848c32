package dev.lockstep.driver.report;

/** The one way by which text gets into the page. */
final class Html {
  private Html() {}

  /**
   * Text as it may stand between tags and in quoted attributes. Control characters, which have no
   * meaning there, become the replacement character; so does null-like nothing: null is empty.
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
        default -> escaped.append(Character.isISOControl(c) ? '\uFFFD' : c);
      }
    }
    return escaped.toString();
  }

  /** {@code <tag class="cssClass">text</tag>} with the text escaped. */
  static String element(String tag, String cssClass, String text) {
    return "<" + tag + " class=\"" + cssClass + "\">" + escape(text) + "</" + tag + ">";
  }
}
