package ringside.reports.html;

import java.util.ArrayList;
import java.util.List;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.Estimate;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Results;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/** What an event costs in each lane, as chart and as table. */
record PerformanceSection(Results results) implements Section {
  @Override
  public String id() {
    return "performance";
  }

  @Override
  public String title() {
    return "What an event costs";
  }

  @Override
  public boolean present() {
    Measurements measured = results.measurements();
    return measured != null && !measured.timings().isEmpty();
  }

  @Override
  public void write(Markup out) {
    Measurements measured = results.measurements();
    if (measured == null) {
      return;
    }
    out.element(
        "p",
        "Nanoseconds of wall time for one event at the hook, compiled and warmed up. Contestants "
            + "sit at different hooks, so compare each with the built-in code at its own hook: that "
            + "ratio is what the mechanism costs. Ratios carry over to other machines better than "
            + "nanoseconds do.");
    List<String> unsteady = results.unsteady();
    if (!unsteady.isEmpty()) {
      out.element(
          "p",
          "Not steady when measured, so no basis for a ratio: "
              + String.join(", ", unsteady)
              + ". Run again on an idle machine, or with --full.",
          "class",
          "banner bad");
    }
    for (WorkloadResult workload : results.workloads()) {
      List<CostChart.Bar> bars = new ArrayList<>();
      for (LaneResult lane : workload.lanes()) {
        for (Timing timing : measured.timings()) {
          if (timing.workload().equals(workload.name()) && timing.lane().equals(lane.id())) {
            bars.add(new CostChart.Bar(lane, timing));
          }
        }
      }
      if (bars.isEmpty()) {
        continue;
      }
      out.element("h3", workload.title());
      new CostChart(workload, bars).write(out);
      table(out, workload, bars);
      if (!workload.notes().isEmpty()) {
        out.open("ul", "class", "notes");
        workload.notes().forEach(note -> out.element("li", note));
        out.close("ul");
      }
    }
  }

  private static void table(Markup out, WorkloadResult workload, List<CostChart.Bar> bars) {
    Tables.open(
        out,
        "Cost of an event: " + workload.title(),
        List.of(
            Column.text("Lane"),
            Column.text("Hook"),
            Column.figures("ns/event"),
            Column.figures("95 % interval"),
            Column.figures("MAD"),
            Column.figures("× built-in, same hook"),
            Column.figures("95 % interval"),
            Column.figures("Cold, ns"),
            Column.figures("Blocks × events"),
            Column.text("Steady")));
    for (CostChart.Bar bar : bars) {
      Timing timing = bar.timing();
      Estimate cost = timing.nsPerEvent();
      Estimate ratio = timing.toBaseline();
      out.open("tr");
      Tables.rowHeader(out, bar.lane().title());
      out.open("td").element("code", bar.lane().hook()).close("td");
      out.open("td", "class", "num").element("strong", Figures.number(cost.median())).close("td");
      Tables.figure(out, Figures.interval(cost));
      Tables.figure(out, Figures.number(cost.mad()));
      if (ratio == null) {
        Tables.figure(out, "1 (baseline)");
        Tables.figure(out, "–");
      } else {
        out.open("td", "class", "num").element("strong", Figures.ratio(ratio.median())).close("td");
        Tables.figure(out, Figures.interval(ratio));
      }
      Tables.figure(out, Figures.number(timing.warmup().firstNsPerEvent()));
      Tables.figure(out, timing.samples().size() + " × " + Figures.count(timing.eventsPerBlock()));
      Tables.cell(out, timing.warmup().steady() ? "yes" : "not reached");
      out.close("tr");
    }
    Tables.close(out);
  }
}
