package ringside.reports.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.reports.html.Figures;
import ringside.reports.model.Estimate;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Results;
import ringside.reports.model.Timing;
import ringside.reports.model.TrialResult;
import ringside.reports.model.WorkloadResult;
import ringside.reports.text.TextTable.Cell;
import ringside.reports.text.TextTable.Style;

/** The findings of a run on one screen. */
public final class TextReport {
  private final Results results;
  private final boolean colour;

  /**
   * Prepares a report.
   *
   * @param colour whether terminal escapes may be written
   */
  public TextReport(Results results, boolean colour) {
    this.results = results;
    this.colour = colour;
  }

  /** The text, ending in a newline. */
  public String render() {
    StringBuilder out = new StringBuilder();
    if (!results.workloads().isEmpty()) {
      out.append(workloads()).append('\n');
    }
    List<String> unsteady = results.unsteady();
    if (!unsteady.isEmpty()) {
      out.append(
          "Not steady when measured, so no basis for a ratio: %s. Run on an idle machine or with --full.%n%n"
              .formatted(String.join(", ", unsteady)));
    }
    if (!results.faults().isEmpty()) {
      out.append(faults()).append('\n');
    }
    List<Expectation> failed = results.expectations().stream().filter(e -> !e.held()).toList();
    int all = results.expectations().size();
    if (failed.isEmpty()) {
      out.append("All ").append(all).append(" expectations held.\n");
    } else {
      out.append("%d of %d expectations FAILED:%n".formatted(failed.size(), all));
      for (Expectation e : failed) {
        out.append("  %s: %s; %s%n".formatted(e.experiment(), e.what(), e.detail()));
      }
    }
    return out.toString();
  }

  private String workloads() {
    TextTable table =
        new TextTable(colour)
            .text("WORKLOAD")
            .text("LANE")
            .text("HOOK")
            .figures("EVENTS")
            .text("AGREES")
            .figures("NS/EVENT")
            .figures("±95 %")
            .figures("× BUILT-IN");
    for (WorkloadResult workload : results.workloads()) {
      for (LaneResult lane : workload.lanes()) {
        Timing timing = timing(workload, lane);
        Estimate ratio = timing == null ? null : timing.toBaseline();
        boolean agrees = workload.differences().isEmpty();
        table.row(
            Cell.of(workload.name()),
            Cell.of(lane.title()),
            Cell.of(lane.hook()),
            Cell.of(Figures.count(workload.events())),
            new Cell(agrees ? "yes" : "NO", agrees ? Style.GREEN : Style.RED),
            Cell.of(timing == null ? "-" : Figures.number(timing.nsPerEvent().median())),
            Cell.of(
                timing == null
                    ? "-"
                    : Figures.number((timing.nsPerEvent().high() - timing.nsPerEvent().low()) / 2)),
            Cell.of(timing == null ? "-" : ratio == null ? "1" : Figures.number(ratio.median())));
      }
    }
    return table.render();
  }

  private @Nullable Timing timing(WorkloadResult workload, LaneResult lane) {
    Measurements measured = results.measurements();
    if (measured != null) {
      for (Timing timing : measured.timings()) {
        if (timing.workload().equals(workload.name()) && timing.lane().equals(lane.id())) {
          return timing;
        }
      }
    }
    return null;
  }

  private String faults() {
    Map<String, String> lanes = new LinkedHashMap<>();
    results.faults().forEach(f -> f.trials().forEach(t -> lanes.putIfAbsent(t.lane(), t.title())));
    TextTable table = new TextTable(colour).text("FAULT");
    lanes.values().forEach(title -> table.text(title.toUpperCase(Locale.ROOT)));
    for (FaultResult fault : results.faults()) {
      List<Cell> cells = new ArrayList<>();
      cells.add(Cell.of(fault.name()));
      for (String lane : lanes.keySet()) {
        cells.add(
            fault.trials().stream()
                .filter(trial -> trial.lane().equals(lane))
                .map(TrialResult::outcome)
                .map(Cell::of)
                .findFirst()
                .orElse(Cell.of("-")));
      }
      table.row(cells.toArray(Cell[]::new));
    }
    return table.render();
  }
}
