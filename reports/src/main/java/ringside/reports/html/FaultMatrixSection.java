package ringside.reports.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Outcome;
import ringside.reports.model.Results;
import ringside.reports.model.TrialResult;

/** Fault × lane → outcome. */
record FaultMatrixSection(Results results) implements Section {
  @Override
  public String id() {
    return "faults";
  }

  @Override
  public String title() {
    return "What a bug does";
  }

  @Override
  public boolean present() {
    return !results.faults().isEmpty();
  }

  @Override
  public void write(Markup out) {
    out.element(
        "p",
        "The same mistake, from the same C source, in each lane; every trial has a kernel of its "
            + "own. Beside each run an oracle watches allocations and kernel state, which Linux "
            + "does not, so the outcome is what really happened, not what was reported.");
    Map<String, String> lanes = new LinkedHashMap<>();
    results.faults().forEach(f -> f.trials().forEach(t -> lanes.putIfAbsent(t.lane(), t.title())));
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("Fault"));
    lanes.values().forEach(title -> columns.add(Column.text(title)));
    Tables.open(out, "Outcome of each fault in each lane", columns);
    for (FaultResult fault : results.faults()) {
      out.open("tr").open("th", "scope", "row");
      out.element("a", fault.title(), "href", "#fault-" + fault.name()).close("th");
      for (String lane : lanes.keySet()) {
        out.open("td");
        fault.trials().stream()
            .filter(trial -> trial.lane().equals(lane))
            .findFirst()
            .ifPresentOrElse(
                trial -> {
                  Tables.badge(out, trial.outcome());
                  out.element("p", trial.reason(), "class", "small");
                },
                () -> out.text("not run"));
        out.close("td");
      }
      out.close("tr");
    }
    Tables.close(out);
    legend(out);
  }

  private void legend(Markup out) {
    List<Outcome> seen =
        results.faults().stream()
            .flatMap(f -> f.trials().stream())
            .map(TrialResult::outcome)
            .distinct()
            .sorted()
            .toList();
    out.open("dl", "class", "legend");
    for (Outcome outcome : seen) {
      out.open("div").open("dt");
      Tables.badge(out, outcome);
      out.close("dt").element("dd", meaning(outcome)).close("div");
    }
    out.close("dl");
  }

  private static String meaning(Outcome outcome) {
    return switch (outcome) {
      case REJECTED -> "refused by the loader or the verifier; it never ran";
      case CONTAINED -> "ran; the error came back to it and nothing was harmed";
      case NO_EFFECT -> "ran, and nothing came of it";
      case WRONG_RESULT -> "the kernel carried on with a wrong answer";
      case WARNED -> "the kernel printed a warning and carried on";
      case OOPS -> "the task was killed; the kernel lives, tainted";
      case PANIC -> "the kernel stopped";
      case HANG -> "the kernel made no more progress";
      case SILENT_CORRUPTION -> "kernel memory was corrupted and Linux reported nothing";
      case PRIVILEGE_ESCALATION -> "a task gained privileges it must not have";
      case INFO_LEAK -> "kernel memory reached a Ring 3 program";
    };
  }
}
