package ringside.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Experiment;
import ringside.experiments.lane.LoadRefused;
import ringside.experiments.run.Packets;
import ringside.experiments.run.RunRequest;
import ringside.experiments.run.Runner;
import ringside.reports.json.ResultsJson;
import ringside.reports.model.Results;
import ringside.reports.text.TextReport;
import ringside.toolchain.Toolchain;

/** {@code ringside run}: runs experiments, writes results and report, prints a table. */
@Command(
    name = "run",
    description = {
      "Run experiments: every lane, checked and measured.",
      "Writes results.json and report.html, prints a table.",
    },
    footer = {
      "",
      "Two runs with one seed give the same results.json, byte for byte, except for its last",
      "field \"measurements\"; --no-timing leaves that out. To compare two runs:",
      "  diff <(jq 'del(.measurements)' A/results.json) <(jq 'del(.measurements)' B/results.json)",
      "",
      "Examples:",
      "  ringside run                                all experiments, well under a minute",
      "  ringside run packet-filter --pcap my.pcap   one of them over your own packets",
      "  ringside run verifier-bugs                  what a wrong proof is worth",
      "  ringside run all --full --seed 7            minutes of measuring",
    })
final class RunCommand extends Subcommand {
  /** Stands for all faults that are about a bug of the verifier. */
  private static final String VERIFIER_BUGS = "verifier-bugs";

  @Parameters(
      paramLabel = "EXPERIMENT",
      arity = "0..*",
      description =
          "What to run, 'verifier-bugs' for the verifier's old mistakes, or 'all'; all without"
              + " any. --list names them.")
  private List<String> names = new ArrayList<>();

  @ArgGroup private Length length = new Length();

  /** How long to measure: one or the other. */
  static final class Length {
    @Option(names = "--quick", description = "Measure for seconds; the default.")
    private boolean quick;

    @Option(names = "--full", description = "Measure for minutes: more warm-up, more blocks.")
    private boolean full;

    /** Made by picocli. */
    Length() {}

    boolean isFull() {
      return full && !quick;
    }
  }

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      showDefaultValue = Visibility.ALWAYS,
      description = "Seed of every random choice.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "ringside-out",
      showDefaultValue = Visibility.ALWAYS,
      description = "Where results.json and report.html go; made when missing.")
  private Path out;

  @Option(
      names = "--pcap",
      paramLabel = "FILE",
      description = "Packets for packet workloads: pcap or pcapng; a bundled capture without.")
  private @Nullable Path pcap;

  @Option(
      names = "--no-timing",
      description = "Do not measure: only what is the same on every machine.")
  private boolean noTiming;

  @Option(names = "--list", description = "List the experiments and exit.")
  private boolean list;

  /** Made by picocli. */
  RunCommand() {}

  @Override
  protected ExitCode run() throws Exception {
    Catalog catalog = Catalog.load();
    if (list) {
      for (Experiment experiment : catalog.all()) {
        out().printf("%-22s %s%n", experiment.name(), experiment.title());
      }
      return ExitCode.DONE;
    }
    List<Experiment> experiments = experiments(catalog);
    ReportFiles files = new ReportFiles(out);
    files.checkWritable();
    Packets packets = packets();
    RunRequest request = new RunRequest(experiments, length.isFull(), seed, packets, !noTiming);
    Results results = run(request);
    files.write(results, null);
    if (json()) {
      out().print(new ResultsJson().write(results));
    } else {
      out().print(new TextReport(results, ansi().enabled()).render());
      out().println();
      out().println("Report:  " + files.html());
      out().println("Results: " + files.json());
    }
    return results.asExpected() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private Results run(RunRequest request) {
    try {
      return new Runner(
              request,
              new ObjectStore(Toolchain.locate()),
              line -> {
                err().println(line);
                err().flush();
              })
          .run();
    } catch (LoadRefused refused) {
      // A workload that does not load has no result; its log is the only explanation.
      err().print(refused.log());
      throw new UserError(
          ExitCode.REJECTED, null, refused.reason(), "the log above says where", refused);
    }
  }

  private Packets packets() throws IOException {
    return pcap == null ? Packets.bundled() : Packets.read(pcap);
  }

  private List<Experiment> experiments(Catalog catalog) {
    if (names.isEmpty() || names.contains("all")) {
      return catalog.all();
    }
    List<Experiment> chosen = new ArrayList<>();
    for (String name : names) {
      if (name.equals(VERIFIER_BUGS)) {
        chosen.addAll(catalog.verifierBugs());
        continue;
      }
      Optional<Experiment> found = catalog.find(name);
      if (found.isEmpty()) {
        throw new UserError(
            ExitCode.USAGE,
            null,
            "unknown experiment '" + name + "'",
            catalog.nearest(name).map(near -> "did you mean " + near + "? ").orElse("")
                + "there are: "
                + String.join(", ", catalog.all().stream().map(Experiment::name).toList()));
      }
      if (!chosen.contains(found.get())) {
        chosen.add(found.get());
      }
    }
    return chosen;
  }
}
