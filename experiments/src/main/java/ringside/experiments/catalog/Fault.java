package ringside.experiments.catalog;

import java.util.Map;
import ringside.reports.model.Outcome;

/**
 * A fault: one mistake in C, committed in every lane.
 *
 * @param lesson what the difference between the lanes teaches
 * @param program the base name of its C files, and of the eBPF program in them
 * @param expected the outcome in each lane that must come out; lanes run in this order
 */
public record Fault(
    String name,
    String title,
    String description,
    String lesson,
    String program,
    Map<FaultLane, Outcome> expected,
    ExperimentFiles files)
    implements Experiment {
  /** Copies the map, keeping its order. */
  public Fault {
    expected = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(expected));
  }
}
