package ringside.ebpf.syscall;

import org.jspecify.annotations.Nullable;

/**
 * The answer to a load.
 *
 * @param program null where it was refused
 * @param errno 0, or the positive errno
 * @param log the verifier's log, in the kernel's words
 * @param insnsProcessed how many instructions the verifier looked at
 * @param verifyNanos wall time of the verifier
 */
public record LoadResult(
    @Nullable LoadedProgram program, int errno, String log, int insnsProcessed, long verifyNanos) {
  /** Whether the program is in the kernel. */
  public boolean accepted() {
    return program != null;
  }

  /** The complaint: the log's last line before its statistics; empty where there is none. */
  public String lastLine() {
    int end = log.length();
    for (String statistics : new String[] {"verification time ", "processed "}) {
      int at = log.startsWith(statistics) ? 0 : log.lastIndexOf("\n" + statistics);
      if (at >= 0) {
        end = Math.min(end, at);
      }
    }
    String body = log.substring(0, end).stripTrailing();
    return body.substring(body.lastIndexOf('\n') + 1);
  }
}
