package ringside.reports.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import ringside.reports.model.Estimate;
import ringside.reports.model.FaultResult;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Outcome;
import ringside.reports.model.Results;
import ringside.reports.model.RunInfo;
import ringside.reports.model.Timing;
import ringside.reports.model.TrialResult;
import ringside.reports.model.WorkloadResult;

/** The findings in a few sentences, and what ran where. */
record SummarySection(Results results) implements Section {
  @Override
  public String id() {
    return "summary";
  }

  @Override
  public String title() {
    return "Summary";
  }

  @Override
  public boolean present() {
    return true;
  }

  @Override
  public void write(Markup out) {
    out.open("ul", "class", "findings");
    for (String finding : findings()) {
      out.element("li", finding);
    }
    out.close("ul");
    out.element("h3", "What ran");
    out.open("dl", "class", "facts");
    RunInfo run = results.run();
    fact(out, "Experiments", String.join(", ", run.experiments()));
    fact(out, "Simulated kernel", run.kernel());
    fact(out, "Mode, seed", run.mode() + ", " + run.seed());
    if (run.capture() != null) {
      RunInfo.Capture capture = run.capture();
      fact(
          out,
          "Capture",
          "%s: %s, %s bytes, SHA-256 %s…"
              .formatted(
                  capture.name(),
                  Figures.plural(capture.packets(), "packet"),
                  Figures.count(capture.bytes()),
                  capture.sha256().substring(0, Math.min(16, capture.sha256().length()))));
    }
    fact(out, "C compiler", run.compiler());
    fact(out, "Ringside", run.ringside());
    Measurements measured = results.measurements();
    if (measured != null) {
      Measurements.Host host = measured.host();
      fact(
          out, "Machine", host.processor() + ", " + Figures.plural(host.processors(), "processor"));
      fact(out, "Operating system", host.os());
      fact(out, "JVM", host.jvm() + ", " + host.engine());
      fact(out, "Taken", measured.takenAt() + ", in " + Figures.number(measured.seconds()) + " s");
    }
    out.close("dl");
  }

  /** One sentence a workload, one a mechanism over all faults. */
  private List<String> findings() {
    List<String> found = new ArrayList<>();
    for (WorkloadResult workload : results.workloads()) {
      found.add(finding(workload));
    }
    Map<String, List<TrialResult>> byLane =
        results.faults().stream()
            .map(FaultResult::trials)
            .flatMap(List::stream)
            .collect(
                Collectors.groupingBy(
                    TrialResult::title, java.util.LinkedHashMap::new, Collectors.toList()));
    byLane.forEach((lane, trials) -> {
      Map<Outcome, Long> outcomes =
          trials.stream()
              .collect(
                  Collectors.groupingBy(TrialResult::outcome, TreeMap::new, Collectors.counting()));
      found.add(
          "%s: of %s, %s."
              .formatted(
                  lane,
                  Figures.plural(trials.size(), "fault"),
                  outcomes.entrySet().stream()
                      .map(e -> e.getValue() + " " + e.getKey().name())
                      .collect(Collectors.joining(", "))));
    });
    return found;
  }

  private String finding(WorkloadResult workload) {
    StringBuilder text = new StringBuilder(workload.title()).append(": ");
    text.append(
        workload.differences().isEmpty()
            ? "all %d lanes agree on every verdict and count over %s"
                .formatted(workload.lanes().size(), Figures.plural(workload.events(), "event"))
            : "lanes disagree (%s)"
                .formatted(Figures.plural(workload.differences().size(), "difference")));
    for (LaneResult lane : workload.lanes()) {
      timing(workload, lane)
          .ifPresent(timing -> {
            Estimate ratio = timing.toBaseline();
            if (ratio != null) {
              text.append(
                  "; %s costs %s per event, %s the built-in code at the same hook"
                      .formatted(
                          lane.title(),
                          Figures.nanos(timing.nsPerEvent().median()),
                          Figures.ratio(ratio.median())));
            }
          });
    }
    return text.append('.').toString();
  }

  private Optional<Timing> timing(WorkloadResult workload, LaneResult lane) {
    Measurements measured = results.measurements();
    return measured == null
        ? Optional.empty()
        : measured.timings().stream()
            .filter(t -> t.workload().equals(workload.name()) && t.lane().equals(lane.id()))
            .findFirst();
  }

  private static void fact(Markup out, String name, String value) {
    out.open("div").element("dt", name).element("dd", value).close("div");
  }
}
