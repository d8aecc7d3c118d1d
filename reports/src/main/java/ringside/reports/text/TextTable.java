package ringside.reports.text;

import java.util.ArrayList;
import java.util.List;
import ringside.reports.model.Outcome;

/** A table in columns; figures are right-aligned, colours are terminal escapes or nothing. */
public final class TextTable {
  private final boolean colour;
  private final List<Column> columns = new ArrayList<>();
  private final List<List<Cell>> rows = new ArrayList<>();

  /**
   * Starts a table.
   *
   * @param colour whether escapes may be written; false where {@code NO_COLOR} is set or the output
   *     is no terminal
   */
  public TextTable(boolean colour) {
    this.colour = colour;
  }

  /** Adds a column of text. */
  public TextTable text(String title) {
    columns.add(new Column(title, false));
    return this;
  }

  /** Adds a column of figures. */
  public TextTable figures(String title) {
    columns.add(new Column(title, true));
    return this;
  }

  /** Adds a row, one cell a column. */
  public TextTable row(Cell... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          cells.length + " cells for " + columns.size() + " columns");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** The lines of the table, each ended by a newline. */
  public String render() {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(columns.get(i).title());
      for (List<Cell> row : rows) {
        widths[i] = Math.max(widths[i], width(row.get(i).text()));
      }
    }
    StringBuilder out = new StringBuilder();
    line(out, columns.stream().map(c -> new Cell(c.title(), Style.DIM)).toList(), widths);
    rows.forEach(row -> line(out, row, widths));
    return out.toString();
  }

  private void line(StringBuilder out, List<Cell> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      Cell cell = cells.get(i);
      String pad = " ".repeat(widths[i] - width(cell.text()));
      String text =
          colour && cell.style() != Style.PLAIN
              ? cell.style().escape + cell.text() + "\u001b[0m"
              : cell.text();
      boolean last = i == widths.length - 1;
      line.append(columns.get(i).numeric() ? pad + text : last ? text : text + pad);
      if (!last) {
        line.append("  ");
      }
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private record Column(String title, boolean numeric) {}

  /**
   * A cell.
   *
   * @param text without escapes or newlines
   */
  public record Cell(String text, Style style) {
    /** A plain cell. */
    public static Cell of(String text) {
      return new Cell(text, Style.PLAIN);
    }

    /** A cell in the colour of an outcome. */
    public static Cell of(Outcome outcome) {
      return new Cell(
          outcome.name(),
          switch (outcome.severity()) {
            case SAFE -> Style.GREEN;
            case NOTICE, HARM -> Style.YELLOW;
            case FATAL -> Style.RED;
          });
    }
  }

  /** How a cell is emphasised. */
  public enum Style {
    PLAIN(""),
    DIM("\u001b[2m"),
    GREEN("\u001b[32m"),
    YELLOW("\u001b[33m"),
    RED("\u001b[31m");

    private final String escape;

    Style(String escape) {
      this.escape = escape;
    }
  }
}
