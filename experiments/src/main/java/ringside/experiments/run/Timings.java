package ringside.experiments.run;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.experiments.measure.Measured;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Timing;
import ringside.reports.stats.Samples;

/** Turns measured samples into timings with ratios to their baselines. */
final class Timings {
  private Timings() {}

  /**
   * Joins lanes and measurements.
   *
   * @param measured in the order of {@code lanes}
   */
  static List<Timing> of(String workload, List<LaneResult> lanes, List<Measured> measured) {
    List<Timing> timings = new ArrayList<>();
    for (int i = 0; i < lanes.size(); i++) {
      Samples samples = samples(measured.get(i));
      Samples baseline = baseline(lanes, measured, lanes.get(i).baseline());
      timings.add(
          new Timing(
              workload,
              lanes.get(i).id(),
              measured.get(i).warmup(),
              measured.get(i).eventsPerBlock(),
              measured.get(i).nsPerEvent(),
              samples.estimate(),
              baseline == null ? null : samples.ratioTo(baseline)));
    }
    return timings;
  }

  private static @Nullable Samples baseline(
      List<LaneResult> lanes, List<Measured> measured, @Nullable String id) {
    for (int i = 0; i < lanes.size(); i++) {
      if (lanes.get(i).id().equals(id)) {
        return samples(measured.get(i));
      }
    }
    return null;
  }

  private static Samples samples(Measured measured) {
    return Samples.of(measured.nsPerEvent());
  }
}
