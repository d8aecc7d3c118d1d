package ringside.reports.model;

import java.util.List;

/**
 * One workload: the same C core in every lane, over the same events.
 *
 * @param name as {@code ringside run} takes it
 * @param title for people
 * @param description a paragraph or two: what it does and where it is attached
 * @param eventSource what the events are
 * @param events how many each lane saw
 * @param lanes the contestants and their baselines
 * @param differences where lanes disagree on a verdict or count, in words; empty where all agree
 * @param notes what a reader must know to judge the figures fairly
 * @param sources the C files
 */
public record WorkloadResult(
    String name,
    String title,
    String description,
    String eventSource,
    long events,
    List<LaneResult> lanes,
    List<String> differences,
    List<String> notes,
    List<SourceFile> sources) {
  /** Copies the lists. */
  public WorkloadResult {
    lanes = List.copyOf(lanes);
    differences = List.copyOf(differences);
    notes = List.copyOf(notes);
    sources = List.copyOf(sources);
  }
}
