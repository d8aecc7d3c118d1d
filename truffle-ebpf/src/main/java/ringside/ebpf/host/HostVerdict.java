package ringside.ebpf.host;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the real kernel said of a program.
 *
 * @param program null where it was refused; closed with its {@link HostKernel} at the latest
 * @param errno 0, or the positive errno
 * @param log the verifier's log, in the kernel's words
 */
public record HostVerdict(@Nullable HostProgram program, int errno, String log) {
  private static final Pattern PROCESSED = Pattern.compile("(?m)^processed (\\d+) insns");
  private static final Pattern TIME = Pattern.compile("(?m)^verification time (\\d+) usec");

  /** Whether the program was loaded. */
  public boolean accepted() {
    return program != null;
  }

  /** How many instructions the verifier looked at, or -1 where the log does not say. */
  public long insnsProcessed() {
    return last(PROCESSED, 1);
  }

  /** How long the verifier took in nanoseconds, or -1 where the log does not say. */
  public long verifyNanos() {
    return last(TIME, 1000);
  }

  private long last(Pattern pattern, long unit) {
    Matcher matcher = pattern.matcher(log);
    long value = -1;
    while (matcher.find()) {
      value = Long.parseLong(matcher.group(1)) * unit;
    }
    return value;
  }
}
