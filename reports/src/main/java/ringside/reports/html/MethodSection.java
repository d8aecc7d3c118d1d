package ringside.reports.html;

import ringside.reports.model.Results;

/** How the figures came about, so that a reader can doubt them properly. */
record MethodSection(Results results) implements Section {
  @Override
  public String id() {
    return "method";
  }

  @Override
  public String title() {
    return "How it was measured";
  }

  @Override
  public boolean present() {
    return true;
  }

  @Override
  public void write(Markup out) {
    out.open("ul", "class", "notes");
    if (!results.workloads().isEmpty()) {
      item(
          out,
          "Two runs.",
          "Verdicts and counts come from one checked pass over the events, each lane in a fresh "
              + "kernel. Costs come from separate timed passes, so that checking is not timed.");
    }
    if (results.measurements() != null) {
      item(
          out,
          "What is timed.",
          "The hook alone: its dispatch and what is attached, on events already laid out in "
              + "simulated memory. Receiving a packet or entering a system call costs every lane "
              + "the same and is left out.");
      item(
          out,
          "Warm-up apart.",
          "A lane runs until all its compilations are done and its cost has stopped falling; only "
              + "then the first block is timed. The cold figure is that of the first round.");
      item(
          out,
          "Interleaved.",
          "Blocks go round the lanes in turn, so that a disturbance of the machine meets all lanes "
              + "alike. Ratios pair the blocks of one round.");
      item(
          out,
          "Summaries.",
          "Medians, median absolute deviations, and percentile-bootstrap 95 % intervals "
              + "(2,000 resamplings, fixed seed) over the blocks. No sample is discarded.");
      item(
          out,
          "What the figures are not.",
          "They are costs on a simulated kernel whose guest code is compiled by GraalVM, not "
              + "nanoseconds of a physical machine's Linux. Ratios between lanes are the finding.");
    }
    if (!results.faults().isEmpty()) {
      item(
          out,
          "Safety on virtual time.",
          "Watchdogs and timers follow retired instructions, never the wall clock: the same seed "
              + "gives the same outcome, byte for byte. Everything outside \"measurements\" in "
              + "results.json is such a function of the seed.");
    }
    out.close("ul");
    out.open("p").text("Two runs with one seed compare equal with ");
    out.element(
            "code",
            "diff <(jq 'del(.measurements)' a/results.json) <(jq 'del(.measurements)' b/results.json)")
        .text(".")
        .close("p");
  }

  private static void item(Markup out, String lead, String text) {
    out.open("li").element("strong", lead).text(" " + text).close("li");
  }
}
