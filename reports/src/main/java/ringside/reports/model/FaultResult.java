package ringside.reports.model;

import java.util.List;

/**
 * One fault, committed by the same C source in every lane.
 *
 * @param name as {@code ringside run} takes it
 * @param title for people
 * @param description what the code does wrong
 * @param lesson what the difference between the lanes teaches
 * @param trials one a lane
 * @param sources the C files
 */
public record FaultResult(
    String name,
    String title,
    String description,
    String lesson,
    List<TrialResult> trials,
    List<SourceFile> sources) {
  /** Copies the lists. */
  public FaultResult {
    trials = List.copyOf(trials);
    sources = List.copyOf(sources);
  }
}
