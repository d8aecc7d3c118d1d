package ringside.reports.html;

import ringside.reports.model.Results;
import ringside.reports.model.WorkloadResult;

/** The C sources of the workloads. */
record SourceSection(Results results) implements Section {
  @Override
  public String id() {
    return "sources";
  }

  @Override
  public String title() {
    return "The C sources";
  }

  @Override
  public boolean present() {
    return results.workloads().stream().anyMatch(w -> !w.sources().isEmpty());
  }

  @Override
  public void write(Markup out) {
    out.open("p");
    out.text("One core of ").element("code", "static inline").text(" functions (");
    out.element("code", "core.h").text(") decides; a thin wrapper makes it an eBPF object, ");
    out.text("another a kernel module. A difference in the results comes from the mechanism, ");
    out.text("not from two authors.").close("p");
    for (WorkloadResult workload : results.workloads()) {
      out.element("h3", workload.title());
      workload.sources().forEach(source -> EvidenceSection.source(out, source));
    }
  }
}
