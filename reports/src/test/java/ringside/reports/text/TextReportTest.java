package ringside.reports.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import ringside.reports.SampleResults;
import ringside.reports.model.Outcome;
import ringside.reports.text.TextTable.Cell;

class TextReportTest {
  @Test
  void columnsAlignWithFiguresToTheRight() {
    String table =
        new TextTable(false)
            .text("NAME")
            .figures("NS")
            .row(Cell.of("a"), Cell.of("1.5"))
            .row(Cell.of("longer"), Cell.of("12.5"))
            .render();
    assertEquals("NAME      NS\na        1.5\nlonger  12.5\n", table);
  }

  @Test
  void withoutColourNoEscapeIsWritten() {
    assertFalse(new TextReport(SampleResults.complete(), false).render().contains("\u001b"));
  }

  @Test
  void coloursDoNotShiftColumns() {
    TextTable plain =
        new TextTable(false).text("O").text("N").row(Cell.of(Outcome.OOPS), Cell.of("x"));
    TextTable coloured =
        new TextTable(true).text("O").text("N").row(Cell.of(Outcome.OOPS), Cell.of("x"));
    assertTrue(coloured.render().contains("\u001b[33mOOPS\u001b[0m"));
    assertEquals(plain.render(), coloured.render().replaceAll("\u001b\\[[0-9]*m", ""));
  }

  @Test
  void everyLaneAndFaultHasARow() {
    String text = new TextReport(SampleResults.complete(), false).render();
    assertTrue(text.contains("Kernel module"), text);
    assertTrue(text.contains("out-of-bounds-write  SILENT_CORRUPTION  REJECTED"), text);
    assertTrue(text.endsWith("All 2 expectations held.\n"), text);
  }

  @Test
  void aRowMustFitItsColumns() {
    assertThrows(IllegalArgumentException.class, () -> new TextTable(false).text("A").row());
  }
}
