package ringside.reports.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event costs in one lane.
 *
 * @param workload its name
 * @param lane its id in that workload
 * @param warmup what ran before the first block and is not in it
 * @param eventsPerBlock how many events one sample averages over
 * @param samples nanoseconds an event, one a block, in the order of measurement; block i of every
 *     lane of a workload was measured in the same round
 * @param nsPerEvent summary of the samples
 * @param toBaseline cost as a multiple of the baseline's at the same hook; null for a baseline
 */
public record Timing(
    String workload,
    String lane,
    Warmup warmup,
    long eventsPerBlock,
    List<Double> samples,
    Estimate nsPerEvent,
    @Nullable Estimate toBaseline) {
  /** Copies the list. */
  public Timing {
    samples = List.copyOf(samples);
  }

  /**
   * How the lane was brought to a steady state.
   *
   * @param events that ran
   * @param seconds it took
   * @param firstNsPerEvent cost of the very first round, cold
   * @param steady whether the cost had stopped falling when the measurement began
   */
  public record Warmup(long events, double seconds, double firstNsPerEvent, boolean steady) {}
}
