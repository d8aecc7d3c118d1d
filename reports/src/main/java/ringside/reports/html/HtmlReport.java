package ringside.reports.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.reports.model.Expectation;
import ringside.reports.model.Results;

/** Renders results as one self-contained HTML page, readable on paper, phone and screen reader. */
public final class HtmlReport {
  private final Results results;
  private final @Nullable Results earlier;

  /**
   * Prepares a report.
   *
   * @param earlier results to compare with, or null
   */
  public HtmlReport(Results results, @Nullable Results earlier) {
    this.results = results;
    this.earlier = earlier;
  }

  /** The whole page. */
  public String render() {
    List<Section> sections =
        List.<Section>of(
                new SummarySection(results),
                new ComparisonSection(results, earlier),
                new AgreementSection(results),
                new PerformanceSection(results),
                new FaultMatrixSection(results),
                new EvidenceSection(results),
                new ExpectationSection(results),
                new SourceSection(results),
                new MethodSection(results))
            .stream()
            .filter(Section::present)
            .toList();
    Markup out = new Markup();
    out.trusted("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    out.empty("meta", "charset", "utf-8")
        .empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
        .empty("meta", "name", "color-scheme", "content", "light dark")
        .empty("meta", "name", "generator", "content", "Ringside " + results.run().ringside())
        // No script, no request: even a hostile text in a log could not make the page do anything.
        .empty(
            "meta",
            "http-equiv",
            "Content-Security-Policy",
            "content",
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    out.element("title", "Ringside report: " + String.join(", ", results.run().experiments()));
    out.empty("link", "rel", "icon", "href", "data:,");
    out.open("style").trusted(style()).close("style").close("head").open("body");
    out.element("a", "Skip to the content", "class", "skip", "href", "#" + sections.get(0).id());
    header(out, sections);
    out.open("main");
    for (Section section : sections) {
      String heading = section.id() + "-heading";
      out.open("section", "id", section.id(), "aria-labelledby", heading);
      out.element("h2", section.title(), "id", heading);
      section.write(out);
      out.close("section");
    }
    out.close("main");
    out.open("footer")
        .element(
            "p",
            "Written by Ringside "
                + results.run().ringside()
                + " from "
                + results.schema()
                + ". The kernel is simulated; its texts are worded as Linux words them.")
        .close("footer");
    return out.close("body").close("html").finish();
  }

  private void header(Markup out, List<Section> sections) {
    out.open("header");
    out.element("p", "Ringside report", "class", "kicker");
    out.element("h1", "Kernel module or eBPF: same C, same kernel, same events");
    List<Expectation> failed = results.expectations().stream().filter(e -> !e.held()).toList();
    int all = results.expectations().size();
    if (failed.isEmpty()) {
      out.element(
          "p",
          "✓ " + (all == 1 ? "The one expectation held" : "All " + all + " expectations held"),
          "class",
          "banner good");
    } else {
      out.open("div", "class", "banner bad", "role", "alert");
      out.element("p", "✗ " + failed.size() + " of " + all + " expectations failed");
      out.open("ul");
      for (Expectation e : failed) {
        out.open("li").element("strong", e.experiment()).text(": " + e.what() + ". " + e.detail());
        out.close("li");
      }
      out.close("ul").close("div");
    }
    out.open("nav", "aria-label", "Sections").open("ul");
    for (Section section : sections) {
      out.open("li").element("a", section.title(), "href", "#" + section.id()).close("li");
    }
    out.close("ul").close("nav").close("header");
  }

  private static String style() {
    try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new IllegalStateException("report.css is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
