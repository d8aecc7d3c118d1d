package ringside.reports.html;

import java.util.List;
import ringside.reports.model.Outcome;

/** Pieces that several sections share. */
final class Tables {
  private Tables() {}

  /** Opens a table that scrolls by keyboard and finger where it is wider than the page. */
  static void open(Markup out, String caption, List<Column> columns) {
    out.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", caption);
    out.open("table").element("caption", caption).open("thead").open("tr");
    for (Column column : columns) {
      out.element("th", column.title(), "scope", "col", "class", column.numeric() ? "num" : "txt");
    }
    out.close("tr").close("thead").open("tbody");
  }

  /** Closes what {@link #open} opened. */
  static void close(Markup out) {
    out.close("tbody").close("table").close("div");
  }

  /** Writes the cell that names its row. */
  static void rowHeader(Markup out, String text) {
    out.element("th", text, "scope", "row");
  }

  /** Writes a cell of text. */
  static void cell(Markup out, String text) {
    out.element("td", text);
  }

  /** Writes a cell with a figure. */
  static void figure(Markup out, String text) {
    out.element("td", text, "class", "num");
  }

  /** Writes an outcome in its colour; the word itself says it too. */
  static void badge(Markup out, Outcome outcome) {
    out.element(
        "span",
        outcome.name(),
        "class",
        "badge " + outcome.severity().name().toLowerCase(java.util.Locale.ROOT),
        "title",
        outcome.title());
  }

  /** A table's column. */
  record Column(String title, boolean numeric) {
    static Column text(String title) {
      return new Column(title, false);
    }

    static Column figures(String title) {
      return new Column(title, true);
    }
  }
}
