package ringside.reports.model;

import java.util.List;

/**
 * One fault in one lane, in a kernel of its own.
 *
 * @param lane {@code module}, {@code ebpf}, {@code builtin}, {@code ebpf-unverified}
 * @param title the lane, for people
 * @param outcome what became of it
 * @param reason why it is called that, with the facts that decided it
 * @param linuxReports what a user of a default Linux would have been told
 * @param really what happened, as the oracle saw it
 * @param evidence the texts that prove it
 */
public record TrialResult(
    String lane,
    String title,
    Outcome outcome,
    String reason,
    String linuxReports,
    String really,
    List<Evidence> evidence) {
  /** Copies the list. */
  public TrialResult {
    evidence = List.copyOf(evidence);
  }
}
