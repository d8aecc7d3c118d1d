package ringside.reports.html;

import java.util.Comparator;
import java.util.List;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.Evidence;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Results;
import ringside.reports.model.SourceFile;
import ringside.reports.model.TrialResult;

/** The kernel's and the verifier's own words about each fault, side by side. */
record EvidenceSection(Results results) implements Section {
  @Override
  public String id() {
    return "evidence";
  }

  @Override
  public String title() {
    return "The evidence, word for word";
  }

  @Override
  public boolean present() {
    return !results.faults().isEmpty();
  }

  @Override
  public void write(Markup out) {
    for (FaultResult fault : results.faults()) {
      out.open("article", "id", "fault-" + fault.name());
      out.element("h3", fault.title());
      out.element("p", fault.description());
      reality(out, fault);
      out.open("div", "class", "sides");
      // The two contestants first, so that they stand side by side; a stable sort keeps the rest.
      fault.trials().stream()
          .filter(trial -> !trial.evidence().isEmpty())
          .sorted(Comparator.comparingInt(EvidenceSection::place))
          .forEach(trial -> side(out, trial));
      out.close("div");
      if (!fault.lesson().isEmpty()) {
        out.element("p", fault.lesson(), "class", "lesson");
      }
      for (SourceFile source : fault.sources()) {
        source(out, source);
      }
      out.close("article");
    }
  }

  private static int place(TrialResult trial) {
    return switch (trial.lane()) {
      case "module" -> 0;
      case "ebpf" -> 1;
      default -> 2;
    };
  }

  private static void reality(Markup out, FaultResult fault) {
    Tables.open(
        out,
        "What Linux would report and what happened: " + fault.title(),
        List.of(
            Column.text("Lane"),
            Column.text("Outcome"),
            Column.text("A default Linux would report"),
            Column.text("What really happened")));
    for (TrialResult trial : fault.trials()) {
      out.open("tr");
      Tables.rowHeader(out, trial.title());
      out.open("td");
      Tables.badge(out, trial.outcome());
      out.close("td");
      Tables.cell(out, trial.linuxReports());
      Tables.cell(out, trial.really());
      out.close("tr");
    }
    Tables.close(out);
  }

  private static void side(Markup out, TrialResult trial) {
    out.open("div", "class", "side").open("h4").text(trial.title() + " ");
    Tables.badge(out, trial.outcome());
    out.close("h4");
    for (Evidence evidence : trial.evidence()) {
      out.element("h5", evidence.title());
      if (!evidence.explanation().isEmpty()) {
        out.element("p", evidence.explanation(), "class", "small");
      }
      text(out, trial.title() + ": " + evidence.title(), evidence);
    }
    out.close("div");
  }

  private static void text(Markup out, String label, Evidence evidence) {
    out.open("pre", "tabindex", "0", "role", "region", "aria-label", label);
    List<String> lines = evidence.text().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (evidence.keyLines().contains(i)) {
        out.element("mark", lines.get(i));
      } else {
        out.text(lines.get(i));
      }
      out.text("\n");
    }
    out.close("pre");
  }

  /** A C file that opens on demand. */
  static void source(Markup out, SourceFile source) {
    out.open("details").open("summary").element("code", source.name()).close("summary");
    out.open("pre", "tabindex", "0", "role", "region", "aria-label", source.name());
    out.text(source.text()).close("pre").close("details");
  }
}
