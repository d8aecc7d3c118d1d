package ringside.experiments.measure;

import java.util.List;
import ringside.reports.model.Timing;

/**
 * What was measured of one subject.
 *
 * @param warmup what came before
 * @param eventsPerBlock how many events each sample averages over
 * @param nsPerEvent a sample a block
 */
public record Measured(Timing.Warmup warmup, long eventsPerBlock, List<Double> nsPerEvent) {
  /** Copies the list. */
  public Measured {
    nsPerEvent = List.copyOf(nsPerEvent);
  }
}
