package ringside.experiments.catalog;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.reports.model.Outcome;

/**
 * A fault: one mistake in C, committed in every lane.
 *
 * @param lesson what the difference between the lanes teaches
 * @param program the base name of its C files, and of the eBPF program in them
 * @param verifierBug the CVE number of the verifier's bug that it is about; null where it is about
 *     none
 * @param secret what must not reach the user, in hex; null where the fault leaks nothing
 * @param explanations how to read the evidence of a lane; lanes without one have none
 * @param expected the outcome in each lane that must come out; lanes run in this order
 */
public record Fault(
    String name,
    String title,
    String description,
    String lesson,
    String program,
    @Nullable String verifierBug,
    @Nullable String secret,
    Map<FaultLane, String> explanations,
    Map<FaultLane, Outcome> expected,
    ExperimentFiles files)
    implements Experiment {
  /** Copies the map, keeping its order. */
  public Fault {
    explanations = Map.copyOf(explanations);
    expected = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(expected));
  }
}
