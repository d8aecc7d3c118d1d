package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The decisions of the path that a log ends with, read off the log.
 *
 * <p>At level 1 finished paths are gone from the log, so what is left of its conditional jumps are
 * those on the way to the mistake.
 */
final class LoggedPath {
  private static final int DECISIONS = 6;
  private static final Pattern LINE =
      Pattern.compile("^(?:; (.*) @ (\\S+:\\d+)|(\\d+): \\([0-9a-f]{2}\\) (.*?)(?:\\s+;.*)?)$");
  private static final Pattern JUMP = Pattern.compile("^if (.*) goto pc([+-]\\d+)");

  private LoggedPath() {}

  /** One conditional jump that was met. */
  private record Jump(int insn, String condition, String source) {}

  /** The last decisions, oldest first, each a line. */
  static List<String> decisions(String log) {
    List<String> decisions = new ArrayList<>();
    Jump open = null;
    String source = "";
    for (String line : log.split("\n", -1)) {
      if (line.startsWith("from ")) {
        open = null;
      }
      Matcher m = LINE.matcher(line);
      if (!m.matches()) {
        continue;
      }
      if (m.group(1) != null) {
        source = m.group(2) + ": " + m.group(1);
        continue;
      }
      int insn = Integer.parseInt(m.group(3));
      if (open != null) {
        decisions.add(decision(open, insn));
      }
      Matcher jump = JUMP.matcher(m.group(4));
      open = jump.find() ? new Jump(insn, jump.group(1), source) : null;
    }
    return decisions.subList(Math.max(0, decisions.size() - DECISIONS), decisions.size());
  }

  private static String decision(Jump jump, int next) {
    String held = next == jump.insn() + 1 ? "not " : "";
    String where = jump.source().isEmpty() ? "instruction " + jump.insn() : jump.source();
    return where + " (" + held + jump.condition() + ")";
  }
}
