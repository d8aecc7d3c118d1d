package ringside.reports.html;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes HTML that is also well-formed XML.
 *
 * <p>Every text and attribute value is escaped; elements are closed in the order of a stack, so
 * that what comes out always nests.
 */
final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /**
   * Opens an element.
   *
   * @param attributes names and values in turn
   */
  Markup open(String tag, String... attributes) {
    start(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Closes the innermost open element. */
  Markup close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /** Closes the innermost open element, which must be {@code tag}, and ends the line. */
  Markup close(String tag) {
    if (!tag.equals(open.peek())) {
      throw new IllegalStateException("closing " + tag + " inside " + open);
    }
    close();
    out.append('\n');
    return this;
  }

  /** Writes escaped text. */
  Markup text(String text) {
    escape(text);
    return this;
  }

  /** Writes an element that holds only text. */
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close();
  }

  /** Writes an element without content. */
  Markup empty(String tag, String... attributes) {
    start(tag, attributes);
    out.append("/>");
    return this;
  }

  /** Writes markup or style that this module itself brought along. */
  Markup trusted(String markup) {
    out.append(markup);
    return this;
  }

  /** Everything written; nothing may be open any more. */
  String finish() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("still open: " + open);
    }
    return out.toString();
  }

  private void start(String tag, String... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1]);
      out.append('"');
    }
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        case '\n', '\t' -> out.append(c);
        default -> out.append(isText(text, i) ? c : '\ufffd');
      }
    }
  }

  /**
   * Whether a character may stand in HTML and XML; a log may hold control characters all the same.
   */
  private static boolean isText(String text, int i) {
    char c = text.charAt(i);
    return c >= ' ' && c != 0x7f && c < 0xfffe && (!Character.isSurrogate(c) || paired(text, i));
  }

  private static boolean paired(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
