package ringside.experiments.run;

import com.oracle.truffle.api.Truffle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.graalvm.polyglot.Engine;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Experiment;
import ringside.experiments.catalog.Fault;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.Lab;
import ringside.experiments.lane.LoadRefused;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.KernelVersion;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Results;
import ringside.reports.model.RunInfo;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/** Runs experiments and joins what they gave into results. */
public final class Runner {
  private final RunRequest request;
  private final ObjectStore objects;
  private final Consumer<String> progress;

  /**
   * Prepares a run.
   *
   * @param progress told in a line what is being done
   */
  public Runner(RunRequest request, ObjectStore objects, Consumer<String> progress) {
    this.request = request;
    this.objects = objects;
    this.progress = progress;
  }

  /**
   * Runs everything.
   *
   * @throws LoadRefused where a workload's extension, which must load, was refused
   */
  public Results run() throws LoadRefused {
    long start = System.nanoTime();
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    List<WorkloadResult> workloads = new ArrayList<>();
    List<FaultResult> faults = new ArrayList<>();
    List<Expectation> expectations = new ArrayList<>();
    List<Timing> timings = new ArrayList<>();
    try (Engine engine = Lab.engine()) {
      KernelConfig machine = Lab.machine(engine, request.seed());
      int done = 0;
      for (Experiment experiment : request.experiments()) {
        progress.accept(
            "[%d/%d] %s".formatted(++done, request.experiments().size(), experiment.title()));
        switch (experiment) {
          case Workload workload -> {
            WorkloadOutcome outcome = run(workload, machine);
            workloads.add(outcome.result());
            timings.addAll(outcome.timings());
            expectations.addAll(outcome.expectations());
          }
          case Fault fault -> {
            FaultRun.FaultOutcome outcome = new FaultRun(fault, objects, machine).run();
            faults.add(outcome.result());
            expectations.addAll(outcome.expectations());
          }
        }
      }
    }
    boolean packets =
        request.experiments().stream()
            .anyMatch(e -> e instanceof Workload w && w.kind() == Workload.Kind.PACKETS);
    return new Results(
        Results.SCHEMA,
        new RunInfo(
            version(),
            KernelVersion.DEFAULT.release(),
            objects.toolchain().version(),
            request.mode(),
            request.seed(),
            request.experiments().stream().map(Experiment::name).toList(),
            packets ? request.packets().info() : null),
        workloads,
        faults,
        expectations,
        request.timing()
            ? new Measurements(now.toString(), (System.nanoTime() - start) / 1e9, host(), timings)
            : null);
  }

  private WorkloadOutcome run(Workload workload, KernelConfig machine) throws LoadRefused {
    return switch (workload.kind()) {
      case PACKETS -> new PacketRun(workload, request, objects, machine).run();
      case SYSCALLS -> new SyscallRun(workload, request, objects, machine).run();
    };
  }

  /** The version of this program. */
  static String version() {
    String version = Runner.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-SNAPSHOT" : version;
  }

  private static Measurements.Host host() {
    return new Measurements.Host(
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        processor(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.vendor") + " " + Runtime.version(),
        "Truffle runtime " + Truffle.getRuntime().getName());
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
