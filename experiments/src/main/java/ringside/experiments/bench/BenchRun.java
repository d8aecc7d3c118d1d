package ringside.experiments.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import ringside.ebpf.host.HostUnavailable;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.LoadRefused;
import ringside.reports.stats.Samples;

/**
 * Measures cases in rounds: in each round every case runs once, in a fresh JVM.
 *
 * <p>JMH would run all forks of one case before the next. In rounds, a machine that grows slower
 * meets all cases alike, and a ratio is taken between neighbours in time.
 */
public final class BenchRun {
  private final Settings settings;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final PrintStream progress;

  /**
   * Prepares a run.
   *
   * @param objects compiles what the real kernel is given
   * @param progress takes what JMH says meanwhile
   */
  public BenchRun(Settings settings, Catalog catalog, ObjectStore objects, PrintStream progress) {
    this.settings = settings;
    this.catalog = catalog;
    this.objects = objects;
    this.progress = progress;
  }

  /**
   * How long to measure.
   *
   * @param rounds JVMs a case
   * @param warmups iterations that are thrown away
   * @param iterations iterations that count
   * @param millis length of an iteration
   */
  public record Settings(int rounds, int warmups, int iterations, int millis) {
    /** About half a minute a case. */
    public static final Settings QUICK = new Settings(2, 8, 5, 1000);

    /** About three minutes a case. */
    public static final Settings FULL = new Settings(5, 15, 15, 1000);
  }

  /**
   * Measures.
   *
   * @throws IllegalStateException where a benchmark failed; its output said why
   * @throws HostUnavailable where the real kernel is to be measured and cannot be asked
   * @throws LoadRefused where the real kernel refuses the program
   */
  public List<BenchRow> measure(List<BenchCase> cases)
      throws HostUnavailable, LoadRefused, IOException {
    Map<BenchCase, List<Double>> nanos = new LinkedHashMap<>();
    cases.forEach(each -> nanos.put(each, new ArrayList<>()));
    for (int round = 0; round < settings.rounds(); round++) {
      for (BenchCase each : cases) {
        progress.printf(
            "# round %d of %d: %s %s%n",
            round + 1, settings.rounds(), each.workload(), each.lane());
        Objects.requireNonNull(nanos.get(each))
            .addAll(each.lane().equals(BenchCase.HOST) ? host(each) : iterations(each));
      }
    }
    List<BenchRow> rows = new ArrayList<>();
    nanos.forEach((each, values) -> {
      List<Double> baseline =
          each.baseline() == null
              ? null
              : nanos.get(new BenchCase(each.workload(), each.baseline(), null));
      Samples samples = Samples.of(values);
      rows.add(
          new BenchRow(
              each,
              samples.estimate(),
              baseline == null ? null : samples.ratioTo(Samples.of(baseline))));
    });
    return rows;
  }

  private List<Double> host(BenchCase each) throws HostUnavailable, LoadRefused, IOException {
    Workload workload = (Workload) catalog.find(each.workload()).orElseThrow();
    try (HostLane lane = new HostLane(workload, objects)) {
      return lane.samples(settings.iterations());
    }
  }

  private List<Double> iterations(BenchCase each) {
    boolean boot = each.workload().equals(BenchCase.BOOT);
    Class<?> benchmark = boot ? BootBenchmark.class : EventBenchmark.class;
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + benchmark.getName() + "\\.")
            .param("lane", each.lane())
            .forks(1)
            .warmupIterations(settings.warmups())
            .measurementIterations(settings.iterations())
            .warmupTime(TimeValue.milliseconds(settings.millis()))
            .measurementTime(TimeValue.milliseconds(settings.millis()))
            .shouldFailOnError(true);
    if (!boot) {
      options.param("workload", each.workload());
    }
    OutputFormat output = OutputFormatFactory.createFormatInstance(progress, VerboseMode.NORMAL);
    Collection<RunResult> results;
    try {
      results = new Runner(options.build(), output).run();
    } catch (RunnerException e) {
      throw new IllegalStateException(each.workload() + " " + each.lane() + " failed", e);
    }
    List<Double> values = new ArrayList<>();
    for (RunResult result : results) {
      for (BenchmarkResult fork : result.getBenchmarkResults()) {
        for (IterationResult iteration : fork.getIterationResults()) {
          values.add((boot ? iteration.getPrimaryResult() : perEvent(iteration)).getScore());
        }
      }
    }
    return values;
  }

  private static Result<?> perEvent(IterationResult iteration) {
    return Objects.requireNonNull(iteration.getSecondaryResults().get("events"));
  }
}
