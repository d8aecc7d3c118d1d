package ringside.ebpf.loader;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says in a verifier's log what a poisoned instruction was meant for ({@code fixup_verifier_log} of
 * libbpf).
 */
final class LogFixup {
  private static final Pattern POISONED =
      Pattern.compile(
          "^(\\d+): \\(85\\) call unknown#\\d+.*\\n(invalid func unknown#\\d+.*\\n?)",
          Pattern.MULTILINE);

  private LogFixup() {}

  /**
   * Replaces the two lines about the instruction.
   *
   * @param poisoned by slot: why
   */
  static String of(String log, Map<Integer, String> poisoned) {
    Matcher matcher = POISONED.matcher(log);
    if (!matcher.find()) {
      return log;
    }
    int slot = Integer.parseInt(matcher.group(1));
    String why = poisoned.get(slot);
    if (why == null) {
      return log;
    }
    String instead =
        why.startsWith("kfunc") ? "<invalid kfunc call>" : "<invalid CO-RE relocation>";
    return log.substring(0, matcher.start())
        + "%d: %s\n%s\n".formatted(slot, instead, why)
        + log.substring(matcher.end());
  }
}
