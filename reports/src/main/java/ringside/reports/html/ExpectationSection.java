package ringside.reports.html;

import java.util.List;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.Expectation;
import ringside.reports.model.Results;

/** What was expected and whether it came true. */
record ExpectationSection(Results results) implements Section {
  @Override
  public String id() {
    return "expectations";
  }

  @Override
  public String title() {
    return "Expectations";
  }

  @Override
  public boolean present() {
    return !results.expectations().isEmpty();
  }

  @Override
  public void write(Markup out) {
    Tables.open(
        out,
        "Expectations of the experiments",
        List.of(
            Column.text("Experiment"),
            Column.text("Expected"),
            Column.text("Held"),
            Column.text("Found")));
    for (Expectation expectation : results.expectations()) {
      out.open("tr");
      Tables.rowHeader(out, expectation.experiment());
      Tables.cell(out, expectation.what());
      out.element(
          "td", expectation.held() ? "✓ yes" : "✗ no", "class", expectation.held() ? "ok" : "no");
      Tables.cell(out, expectation.detail());
      out.close("tr");
    }
    Tables.close(out);
  }
}
