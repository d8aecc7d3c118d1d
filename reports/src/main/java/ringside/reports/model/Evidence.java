package ringside.reports.model;

import java.util.List;

/**
 * A text that the kernel, the verifier or the oracle wrote.
 *
 * @param kind whose text it is
 * @param title for people
 * @param explanation how to read it
 * @param text word for word
 * @param keyLines indices from 0 of the lines that matter most
 */
public record Evidence(
    Kind kind, String title, String explanation, String text, List<Integer> keyLines) {
  /** Copies the list. */
  public Evidence {
    keyLines = List.copyOf(keyLines);
  }

  /** Where a text comes from. */
  public enum Kind {
    /** The kernel's ring buffer. */
    DMESG,
    /** The eBPF verifier. */
    VERIFIER_LOG,
    /** The shadow memory and invariants that Linux lacks. */
    ORACLE,
    /** What a Ring 3 program or the loader's command printed. */
    OUTPUT
  }
}
