package ringside.reports.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one {@code ringside run} found out.
 *
 * @param schema {@link #SCHEMA}
 * @param run what was run, on which kernel, with which seed
 * @param workloads what each workload counted and decided, lane by lane
 * @param faults what each fault did, lane by lane
 * @param expectations what was expected, and whether it held
 * @param measurements wall-clock figures and the machine they were taken on; null where the run was
 *     not to measure
 */
public record Results(
    String schema,
    RunInfo run,
    List<WorkloadResult> workloads,
    List<FaultResult> faults,
    List<Expectation> expectations,
    @Nullable Measurements measurements) {
  /** The version of the format that this code writes and reads. */
  public static final String SCHEMA = "ringside.results/1";

  /** Copies the lists. */
  public Results {
    workloads = List.copyOf(workloads);
    faults = List.copyOf(faults);
    expectations = List.copyOf(expectations);
  }

  /** The same results without anything that a wall clock or a machine had a say in. */
  public Results withoutMeasurements() {
    return new Results(schema, run, workloads, faults, expectations, null);
  }

  /** Lanes whose cost had not become steady when it was measured, as {@code workload lane}. */
  public List<String> unsteady() {
    return measurements == null
        ? List.of()
        : measurements.timings().stream()
            .filter(timing -> !timing.warmup().steady())
            .map(timing -> timing.workload() + " " + timing.lane())
            .toList();
  }

  /** Whether all that was expected came true. */
  public boolean asExpected() {
    return expectations.stream().allMatch(Expectation::held);
  }
}
