package ringside.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.reports.html.HtmlReport;
import ringside.reports.json.ResultsException;
import ringside.reports.json.ResultsJson;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Results;
import ringside.reports.model.RunInfo;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;
import ringside.reports.text.TextReport;

/** {@code ringside report}: renders results again, alone, joined, or against earlier ones. */
@Command(
    name = "report",
    description = "Render results.json again, or several of different experiments as one.",
    footer = {
      "",
      "Examples:",
      "  ringside report ringside-out/results.json",
      "  ringside report new/results.json --compare old/results.json --out diff.html",
    })
final class ReportCommand extends Subcommand {
  @Parameters(
      paramLabel = "RESULTS",
      arity = "1..*",
      description = "results.json, or its directory.")
  private List<Path> files = new ArrayList<>();

  @Option(names = "--compare", paramLabel = "OLD", description = "Show what changed since these.")
  private @Nullable Path compare;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The report to write; by default report.html beside the first results.")
  private @Nullable Path out;

  /** Made by picocli. */
  ReportCommand() {}

  @Override
  protected ExitCode run() {
    List<Results> parts = files.stream().map(ReportCommand::read).toList();
    Results results = parts.size() == 1 ? parts.getFirst() : join(parts);
    Results earlier = compare == null ? null : read(compare);
    Path file = out == null ? locate(files.getFirst()).resolveSibling("report.html") : out;
    if (Files.isDirectory(file)) {
      throw new UserError(
          ExitCode.USAGE, file.toString(), "is a directory", "name a file with --out");
    }
    ReportFiles.write(file, new HtmlReport(results, earlier).render());
    if (json()) {
      out().print(new ResultsJson().write(results));
    } else {
      out().print(new TextReport(results, ansi().enabled()).render());
      out().println();
      out().println("Report: " + file);
    }
    return ExitCode.DONE;
  }

  private static Path locate(Path file) {
    return Files.isDirectory(file) ? file.resolve("results.json") : file;
  }

  private static Results read(Path file) {
    try {
      return new ResultsJson().read(locate(file));
    } catch (ResultsException e) {
      throw new UserError(ExitCode.USAGE, null, e.getMessage(), null);
    }
  }

  /** One set of results of several; each experiment may come from one of them only. */
  private static Results join(List<Results> parts) {
    List<String> experiments = new ArrayList<>();
    List<WorkloadResult> workloads = new ArrayList<>();
    List<FaultResult> faults = new ArrayList<>();
    List<Expectation> expectations = new ArrayList<>();
    List<Timing> timings = new ArrayList<>();
    Measurements measured = null;
    double seconds = 0;
    RunInfo.Capture capture = null;
    Set<String> seen = new HashSet<>();
    for (Results part : parts) {
      for (String experiment : part.run().experiments()) {
        if (!seen.add(experiment)) {
          throw new UserError(
              ExitCode.USAGE,
              null,
              "experiment '" + experiment + "' is in two of the results",
              "compare two runs of one experiment with --compare");
        }
        experiments.add(experiment);
      }
      workloads.addAll(part.workloads());
      faults.addAll(part.faults());
      expectations.addAll(part.expectations());
      capture = capture == null ? part.run().capture() : capture;
      Measurements more = part.measurements();
      if (more != null) {
        measured = measured == null ? more : measured;
        seconds += more.seconds();
        timings.addAll(more.timings());
      }
    }
    RunInfo run = parts.getFirst().run();
    return new Results(
        Results.SCHEMA,
        new RunInfo(
            run.ringside(),
            run.kernel(),
            run.compiler(),
            run.mode(),
            run.seed(),
            experiments,
            capture),
        workloads,
        faults,
        expectations,
        measured == null
            ? null
            : new Measurements(measured.takenAt(), seconds, measured.host(), timings));
  }
}
