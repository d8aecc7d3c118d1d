package ringside.experiments.catalog;

import java.util.List;

/**
 * A workload: one C core for every lane, run over the same events and measured.
 *
 * @param kind what its events are
 * @param notes what a reader must know to judge its figures
 * @param rules of a packet filter, in order; empty for other workloads
 */
public record Workload(
    String name,
    String title,
    Kind kind,
    String description,
    List<String> notes,
    List<FilterRule> rules,
    ExperimentFiles files)
    implements Experiment {
  /** Copies the lists. */
  public Workload {
    notes = List.copyOf(notes);
    rules = List.copyOf(rules);
  }

  /** What a workload's events are. */
  public enum Kind {
    /** Frames of a capture that a network device receives. */
    PACKETS,
    /** System calls of Ring 3 programs. */
    SYSCALLS
  }
}
