package ringside.reports;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.reports.model.Evidence;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Measurements;
import ringside.reports.model.Outcome;
import ringside.reports.model.Results;
import ringside.reports.model.RunInfo;
import ringside.reports.model.SourceFile;
import ringside.reports.model.Timing;
import ringside.reports.model.TrialResult;
import ringside.reports.model.WorkloadResult;
import ringside.reports.stats.Samples;

/** Made-up results in which every field of the model and every shape of the page occurs. */
public final class SampleResults {
  private SampleResults() {}

  /** A run with one workload and two faults. */
  public static Results complete() {
    return new Results(
        Results.SCHEMA,
        new RunInfo(
            "0.1.0",
            "6.12.0-ringside",
            "clang version 20.1.7",
            "quick",
            7,
            List.of("packet-filter", "null-dereference", "out-of-bounds-write"),
            new RunInfo.Capture("loopback.pcap", "ab".repeat(32), 512, 61_234)),
        List.of(workload()),
        List.of(
            fault(
                "null-dereference",
                trial("module", Outcome.OOPS, Evidence.Kind.DMESG),
                trial("ebpf", Outcome.REJECTED, Evidence.Kind.VERIFIER_LOG)),
            fault(
                "out-of-bounds-write",
                trial("module", Outcome.SILENT_CORRUPTION, Evidence.Kind.ORACLE),
                trial("ebpf", Outcome.REJECTED, Evidence.Kind.VERIFIER_LOG))),
        List.of(
            new Expectation("packet-filter", "every lane reaches the same verdicts", true, "512"),
            new Expectation("null-dereference", "the module oopses", true, "OOPS")),
        new Measurements(
            "2026-03-01T10:00:00Z",
            21.5,
            new Measurements.Host("Linux 6.18", "A CPU", 2, "Temurin 25", "GraalVM CE"),
            List.of(
                timing("builtin@xdp", 20, null),
                timing("ebpf@xdp", 25.5, new Samples(rounds(20))),
                timing("module@pre_routing", 41, new Samples(rounds(20))))));
  }

  private static WorkloadResult workload() {
    return new WorkloadResult(
        "packet-filter",
        "5-tuple packet filter",
        "Matches <each> packet against \"rules\" & counts.",
        "packets of a capture",
        512,
        List.of(
            lane("builtin@xdp", "builtin", "Built-in (XDP)", "xdp", null),
            lane("ebpf@xdp", "ebpf", "eBPF", "xdp", "builtin@xdp"),
            lane("module@pre_routing", "module", "Kernel module", "NF_INET_PRE_ROUTING", null)),
        List.of(),
        List.of("The contestants sit at different hooks."),
        List.of(
            new SourceFile("core.h", "static inline int f(int a) { return a < 3 && a > 1; }\n")));
  }

  private static LaneResult lane(
      String id, String mechanism, String title, String hook, @Nullable String baseline) {
    return new LaneResult(
        id,
        mechanism,
        title,
        hook,
        baseline,
        new LaneResult.Artifact(id + ".o", 4_096, 120, "instructions", "accepted"),
        Map.of("pass", 500L),
        "cd".repeat(32),
        Map.of("rule 0", 12L));
  }

  private static Timing timing(String lane, double centre, @Nullable Samples baseline) {
    Samples samples = new Samples(rounds(centre));
    return new Timing(
        "packet-filter",
        lane,
        new Timing.Warmup(100_000, 1.5, 900, true),
        10_000,
        java.util.Arrays.stream(rounds(centre)).boxed().toList(),
        samples.estimate(),
        baseline == null ? null : samples.ratioTo(baseline));
  }

  private static double[] rounds(double centre) {
    double[] noise = {0, 0.4, -0.3, 0.1, 2.5, -0.2, 0.3, 0.05};
    double[] rounds = new double[noise.length];
    for (int i = 0; i < rounds.length; i++) {
      rounds[i] = centre + noise[i];
    }
    return rounds;
  }

  private static FaultResult fault(String name, TrialResult... trials) {
    return new FaultResult(
        name,
        "Fault " + name,
        "Dereferences a pointer it did not check.",
        "What is caught before it runs cannot kill.",
        List.of(trials),
        List.of(new SourceFile("core.h", "*p = 1;\n")));
  }

  private static TrialResult trial(String lane, Outcome outcome, Evidence.Kind kind) {
    return new TrialResult(
        lane,
        lane.equals("ebpf") ? "eBPF" : "Kernel module",
        outcome,
        "because of <this>",
        "an oops in dmesg",
        "what the oracle saw",
        List.of(
            new Evidence(
                kind,
                "dmesg",
                "Read the first line.",
                "[    0.000123] Unable to handle kernel NULL pointer\u0007 dereference\nsecond <line>\n",
                List.of(0))));
  }
}
