package ringside.reports.html;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import ringside.reports.html.Tables.Column;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Results;
import ringside.reports.model.WorkloadResult;

/** What every lane decided and counted, side by side. */
record AgreementSection(Results results) implements Section {
  @Override
  public String id() {
    return "agreement";
  }

  @Override
  public String title() {
    return "Do the lanes agree?";
  }

  @Override
  public boolean present() {
    return !results.workloads().isEmpty();
  }

  @Override
  public void write(Markup out) {
    out.element(
        "p",
        "A cost is worth comparing only between programs that do the same. Every lane saw the same "
            + "events, in a kernel of its own; each verdict and each count was compared.");
    for (WorkloadResult workload : results.workloads()) {
      out.element("h3", workload.title());
      out.element("p", workload.description());
      out.open("p").element("strong", "Events: ");
      out.text(workload.eventSource() + " (" + Figures.count(workload.events()) + ").").close("p");
      verdict(out, workload);
      lanes(out, workload);
      counters(out, workload);
    }
  }

  private static void verdict(Markup out, WorkloadResult workload) {
    if (workload.differences().isEmpty()) {
      out.element("p", "✓ All lanes agree on every verdict and every count.", "class", "ok");
    } else {
      out.element("p", "✗ The lanes disagree:", "class", "no");
      out.open("ul");
      for (String difference : workload.differences()) {
        out.element("li", difference);
      }
      out.close("ul");
    }
  }

  private static void lanes(Markup out, WorkloadResult workload) {
    Set<String> verdicts = new LinkedHashSet<>();
    workload.lanes().forEach(lane -> verdicts.addAll(lane.verdicts().keySet()));
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("Lane"));
    columns.add(Column.text("Hook"));
    verdicts.forEach(name -> columns.add(Column.figures(name)));
    columns.add(Column.text("Digest of all verdicts"));
    columns.add(Column.text("Object and check"));
    Tables.open(out, "Verdicts of each lane: " + workload.title(), columns);
    for (LaneResult lane : workload.lanes()) {
      out.open("tr");
      Tables.rowHeader(out, lane.title());
      out.open("td").element("code", lane.hook()).close("td");
      for (String name : verdicts) {
        Tables.figure(out, Figures.count(lane.verdicts().getOrDefault(name, 0L)));
      }
      String digest = lane.verdictDigest();
      out.open("td")
          .element("code", digest.substring(0, Math.min(12, digest.length())), "title", digest)
          .close("td");
      LaneResult.Artifact artifact = lane.artifact();
      Tables.cell(
          out,
          artifact == null
              ? "Java, compiled into the kernel"
              : "%s, %s %s; %s"
                  .formatted(
                      artifact.file(),
                      Figures.count(artifact.instructions()),
                      artifact.unit(),
                      artifact.check()));
      out.close("tr");
    }
    Tables.close(out);
  }

  private static void counters(Markup out, WorkloadResult workload) {
    Set<String> names = new LinkedHashSet<>();
    workload.lanes().forEach(lane -> names.addAll(lane.counters().keySet()));
    if (names.isEmpty()) {
      return;
    }
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("Counter"));
    workload.lanes().forEach(lane -> columns.add(Column.figures(lane.title())));
    // Long, and boring where the lanes agree: folded away then.
    if (workload.differences().isEmpty()) {
      out.open("details");
    } else {
      out.open("details", "open", "open");
    }
    out.element("summary", "All " + names.size() + " counters of each lane");
    Tables.open(out, "Counters of each lane: " + workload.title(), columns);
    for (String name : names) {
      out.open("tr");
      Tables.rowHeader(out, name);
      for (LaneResult lane : workload.lanes()) {
        Tables.figure(out, Figures.count(lane.counters().getOrDefault(name, 0L)));
      }
      out.close("tr");
    }
    Tables.close(out);
    out.close("details");
  }
}
