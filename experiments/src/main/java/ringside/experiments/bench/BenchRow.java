package ringside.experiments.bench;

import org.jspecify.annotations.Nullable;
import ringside.reports.model.Estimate;

/**
 * What was measured of one case.
 *
 * @param nanos an event, or a boot, over the iterations of all rounds
 * @param ratio to the baseline's, paired round by round; null where that was not measured too
 */
public record BenchRow(BenchCase measured, Estimate nanos, @Nullable Estimate ratio) {}
