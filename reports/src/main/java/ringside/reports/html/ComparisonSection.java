package ringside.reports.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.Estimate;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Results;
import ringside.reports.model.Timing;
import ringside.reports.model.TrialResult;

/** What changed since earlier results. */
record ComparisonSection(Results results, @Nullable Results earlier) implements Section {
  @Override
  public String id() {
    return "comparison";
  }

  @Override
  public String title() {
    return "Compared with earlier results";
  }

  @Override
  public boolean present() {
    return earlier != null;
  }

  @Override
  public void write(Markup out) {
    if (earlier == null) {
      return;
    }
    out.element(
        "p",
        "Earlier: Ringside %s, kernel %s, %s, seed %d%s."
            .formatted(
                earlier.run().ringside(),
                earlier.run().kernel(),
                earlier.run().mode(),
                earlier.run().seed(),
                earlier.measurements() == null
                    ? ""
                    : ", taken " + earlier.measurements().takenAt()));
    boolean same = results.withoutMeasurements().equals(earlier.withoutMeasurements());
    List<String> changes = changes(earlier);
    if (same) {
      out.element("p", "✓ Apart from measurements both results are identical.", "class", "ok");
    } else if (changes.isEmpty()) {
      out.element("p", "Same outcomes and same expectations; details differ.");
    } else {
      out.open("ul");
      changes.forEach(change -> out.element("li", change));
      out.close("ul");
    }
    costs(out, earlier);
  }

  private List<String> changes(Results before) {
    List<String> changes = new ArrayList<>();
    for (FaultResult fault : results.faults()) {
      for (TrialResult trial : fault.trials()) {
        trial(before, fault, trial)
            .filter(old -> old.outcome() != trial.outcome())
            .ifPresent(old ->
                changes.add(
                    "%s, %s: %s, was %s"
                        .formatted(fault.title(), trial.title(), trial.outcome(), old.outcome())));
      }
    }
    for (Expectation now : results.expectations()) {
      for (Expectation old : before.expectations()) {
        if (old.experiment().equals(now.experiment())
            && old.what().equals(now.what())
            && old.held() != now.held()) {
          changes.add(
              "%s: \"%s\" %s"
                  .formatted(
                      now.experiment(), now.what(), now.held() ? "holds now" : "no longer holds"));
        }
      }
    }
    return changes;
  }

  private static Optional<TrialResult> trial(Results before, FaultResult fault, TrialResult trial) {
    return before.faults().stream()
        .filter(f -> f.name().equals(fault.name()))
        .flatMap(f -> f.trials().stream())
        .filter(t -> t.lane().equals(trial.lane()))
        .findFirst();
  }

  private void costs(Markup out, Results before) {
    Measurements now = results.measurements();
    Measurements then = before.measurements();
    if (now == null || then == null) {
      return;
    }
    Tables.open(
        out,
        "Cost of an event, now and then",
        List.of(
            Column.text("Workload and lane"),
            Column.figures("ns/event then"),
            Column.figures("ns/event now"),
            Column.figures("now ÷ then"),
            Column.text("Intervals")));
    for (Timing timing : now.timings()) {
      for (Timing old : then.timings()) {
        if (old.workload().equals(timing.workload()) && old.lane().equals(timing.lane())) {
          Estimate a = old.nsPerEvent();
          Estimate b = timing.nsPerEvent();
          out.open("tr");
          Tables.rowHeader(out, timing.workload() + ", " + timing.lane());
          Tables.figure(out, Figures.number(a.median()));
          Tables.figure(out, Figures.number(b.median()));
          Tables.figure(out, Figures.ratio(b.median() / a.median()));
          Tables.cell(
              out,
              a.high() < b.low()
                  ? "apart: slower"
                  : b.high() < a.low() ? "apart: faster" : "overlap");
          out.close("tr");
        }
      }
    }
    Tables.close(out);
  }
}
