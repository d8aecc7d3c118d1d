package ringside.reports.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one lane decided and counted.
 *
 * @param id unique in the workload: mechanism and hook, e.g. {@code module@pre_routing}
 * @param mechanism {@code module}, {@code ebpf}, {@code builtin}, …
 * @param title for people
 * @param hook Linux's name for the hook point
 * @param baseline id of the lane at the same hook that its cost is set against; null for a baseline
 * @param artifact what was loaded; null for a lane in Java
 * @param verdicts how many events got which verdict, in the words of the workload
 * @param verdictDigest SHA-256 over the verdicts in order of the events, in hex
 * @param counters what the workload itself counted, by name
 */
public record LaneResult(
    String id,
    String mechanism,
    String title,
    String hook,
    @Nullable String baseline,
    @Nullable Artifact artifact,
    Map<String, Long> verdicts,
    String verdictDigest,
    Map<String, Long> counters) {
  /** Copies the maps, keeping their order. */
  public LaneResult {
    verdicts = Collections.unmodifiableMap(new LinkedHashMap<>(verdicts));
    counters = Collections.unmodifiableMap(new LinkedHashMap<>(counters));
  }

  /**
   * A compiled object.
   *
   * @param file its name
   * @param bytes its size
   * @param instructions eBPF instruction slots, or bytes of RV64 text divided by two, as {@code
   *     unit} says
   * @param unit what {@code instructions} counts
   * @param check what the loader or verifier said on acceptance, in a line
   */
  public record Artifact(String file, long bytes, long instructions, String unit, String check) {}
}
