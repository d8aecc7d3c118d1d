package ringside.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.ebpf.host.HostUnavailable;
import ringside.experiments.bench.BenchCase;
import ringside.experiments.bench.BenchRow;
import ringside.experiments.bench.BenchRun;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.lane.LoadRefused;
import ringside.reports.html.Figures;
import ringside.reports.model.Estimate;
import ringside.reports.text.TextTable;
import ringside.reports.text.TextTable.Cell;
import ringside.toolchain.Toolchain;

/** {@code ringside bench}: measures workloads under JMH. */
@Command(
    name = "bench",
    description = {
      "Measure what an event costs in each lane, under JMH.",
      "Each case runs in a JVM of its own; rounds go over all cases, so that ratios are paired.",
    },
    footer = {
      "",
      "Measure on an idle machine. Progress goes to standard error, the table to standard output.",
      "",
      "Examples:",
      "  ringside bench                             everything, some minutes",
      "  ringside bench packet-filter --lanes ebpf,builtin",
      "  ringside bench packet-filter --lanes ebpf,host --against-host",
      "  ringside bench boot --full --json",
    })
final class BenchCommand extends Subcommand {
  @Parameters(
      paramLabel = "WORKLOAD",
      arity = "0..*",
      description = "What to measure: workloads of 'run --list', or 'boot'; all without any.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--lanes",
      paramLabel = "LANE",
      split = ",",
      description = "Only these lanes: builtin, ebpf, module, or one as the table names it.")
  private List<String> lanes = new ArrayList<>();

  @ArgGroup private Length length = new Length();

  /** How long to measure: one or the other. */
  static final class Length {
    @Option(names = "--quick", description = "About half a minute a lane; the default.")
    private boolean quick;

    @Option(names = "--full", description = "About three minutes a lane.")
    private boolean full;

    /** Made by picocli. */
    Length() {}

    BenchRun.Settings settings() {
      return full && !quick ? BenchRun.Settings.FULL : BenchRun.Settings.QUICK;
    }
  }

  @Option(
      names = "--against-host",
      description = {
        "Time packet programs on the real kernel's JIT too (lane host@xdp; by",
        "BPF_PROG_TEST_RUN, nothing is attached; needs root).",
      })
  private boolean againstHost;

  @Option(names = "--rounds", paramLabel = "N", description = "JVMs that each lane runs in.")
  private @Nullable Integer rounds;

  @Option(names = "--warmups", paramLabel = "N", description = "Iterations that do not count.")
  private @Nullable Integer warmups;

  @Option(names = "--iterations", paramLabel = "N", description = "Iterations that count.")
  private @Nullable Integer iterations;

  @Option(names = "--millis", paramLabel = "MS", description = "Length of an iteration.")
  private @Nullable Integer millis;

  @Option(names = "--list", description = "List what can be measured and exit.")
  private boolean list;

  /** Made by picocli. */
  BenchCommand() {}

  @Override
  protected ExitCode run() throws IOException {
    Catalog catalog = Catalog.load();
    List<BenchCase> all = BenchCase.all(catalog, againstHost);
    if (list) {
      all.forEach(each -> out().printf("%-22s %s%n", each.workload(), each.lane()));
      return ExitCode.DONE;
    }
    List<BenchCase> chosen = chosen(all);
    BenchRun.Settings settings = settings();
    List<BenchRow> rows = measure(new BenchRun(settings, catalog, objects(), progress()), chosen);
    if (json()) {
      out().println(json(rows, settings));
    } else {
      print(rows);
    }
    return ExitCode.DONE;
  }

  private static ObjectStore objects() {
    return new ObjectStore(Toolchain.locate());
  }

  private List<BenchRow> measure(BenchRun run, List<BenchCase> chosen) throws IOException {
    try {
      return run.measure(chosen);
    } catch (HostUnavailable e) {
      throw HostPrograms.unavailable(e);
    } catch (LoadRefused e) {
      err().print(e.log());
      throw new UserError(ExitCode.REJECTED, null, e.reason(), "leave out --against-host", e);
    }
  }

  private PrintStream progress() {
    return new PrintStream(new WriterStream(err()), true, StandardCharsets.UTF_8);
  }

  private BenchRun.Settings settings() {
    BenchRun.Settings preset = length.settings();
    return new BenchRun.Settings(
        positive("--rounds", rounds, preset.rounds()),
        positive("--warmups", warmups, preset.warmups()),
        positive("--iterations", iterations, preset.iterations()),
        positive("--millis", millis, preset.millis()));
  }

  private static int positive(String option, @Nullable Integer given, int preset) {
    if (given != null && given < 1) {
      throw new UserError(
          ExitCode.USAGE, null, option + " must be at least 1, not " + given, "leave it out");
    }
    return given == null ? preset : given;
  }

  private List<BenchCase> chosen(List<BenchCase> all) {
    Set<String> workloads = new LinkedHashSet<>(all.stream().map(BenchCase::workload).toList());
    for (String name : names) {
      if (!name.equals("all") && !workloads.contains(name)) {
        throw unknown("workload", name, workloads);
      }
    }
    List<BenchCase> some =
        all.stream()
            .filter(
                each -> names.isEmpty() || names.contains("all") || names.contains(each.workload()))
            .toList();
    for (String lane : lanes) {
      if (some.stream().noneMatch(each -> each.named(lane))) {
        throw unknown(
            "lane", lane, new LinkedHashSet<>(some.stream().map(BenchCase::lane).toList()));
      }
    }
    return some.stream()
        .filter(each -> lanes.isEmpty() || lanes.stream().anyMatch(each::named))
        .toList();
  }

  private static UserError unknown(String what, String name, Set<String> known) {
    return new UserError(
        ExitCode.USAGE,
        null,
        "unknown %s '%s'".formatted(what, name),
        "there are: " + String.join(", ", known));
  }

  private void print(List<BenchRow> rows) {
    TextTable table =
        new TextTable(ansi().enabled())
            .text("WORKLOAD")
            .text("LANE")
            .figures("NS")
            .figures("95 % LOW")
            .figures("HIGH")
            .figures("× BASELINE")
            .figures("95 % LOW")
            .figures("HIGH");
    for (BenchRow row : rows) {
      Estimate ratio = row.ratio();
      table.row(
          Cell.of(row.measured().workload()),
          Cell.of(row.measured().lane()),
          Cell.of(Figures.number(row.nanos().median())),
          Cell.of(Figures.number(row.nanos().low())),
          Cell.of(Figures.number(row.nanos().high())),
          Cell.of(ratio == null ? "-" : Figures.number(ratio.median())),
          Cell.of(ratio == null ? "-" : Figures.number(ratio.low())),
          Cell.of(ratio == null ? "-" : Figures.number(ratio.high())));
    }
    out().print(table.render());
  }

  private static JsonObject json(List<BenchRow> rows, BenchRun.Settings settings) {
    JsonArray array = new JsonArray();
    for (BenchRow row : rows) {
      JsonObject object = new JsonObject();
      object.addProperty("workload", row.measured().workload());
      object.addProperty("lane", row.measured().lane());
      object.add("ns", estimate(row.nanos()));
      Estimate ratio = row.ratio();
      if (ratio != null) {
        object.addProperty("baseline", row.measured().baseline());
        object.add("ratio", estimate(ratio));
      }
      array.add(object);
    }
    JsonObject root = new JsonObject();
    root.addProperty("rounds", settings.rounds());
    root.addProperty("warmups", settings.warmups());
    root.addProperty("iterations", settings.iterations());
    root.addProperty("millis", settings.millis());
    root.add("rows", array);
    return root;
  }

  private static JsonObject estimate(Estimate estimate) {
    JsonObject object = new JsonObject();
    object.addProperty("median", estimate.median());
    object.addProperty("mad", estimate.mad());
    object.addProperty("low", estimate.low());
    object.addProperty("high", estimate.high());
    object.addProperty("n", estimate.n());
    return object;
  }
}
