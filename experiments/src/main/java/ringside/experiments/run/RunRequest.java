package ringside.experiments.run;

import java.util.List;
import ringside.experiments.catalog.Experiment;
import ringside.experiments.measure.Stopwatch;

/**
 * What a run is to do.
 *
 * @param experiments in order
 * @param full whether to measure for minutes rather than seconds
 * @param seed of every random choice
 * @param packets what packet workloads run over
 * @param timing whether costs are measured at all
 */
public record RunRequest(
    List<Experiment> experiments, boolean full, long seed, Packets packets, boolean timing) {
  /** Copies the list. */
  public RunRequest {
    experiments = List.copyOf(experiments);
  }

  /** {@code quick} or {@code full}. */
  public String mode() {
    return full ? "full" : "quick";
  }

  /** How long to measure. */
  public Stopwatch.Settings measuring() {
    return full ? Stopwatch.Settings.FULL : Stopwatch.Settings.QUICK;
  }
}
