package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;

/**
 * The verifier's log: what {@code BPF_PROG_LOAD} writes into {@code log_buf}.
 *
 * <p>Level bit 1 tells the path that leads to the verdict, bit 2 everything, bit 4 statistics. A
 * position counts characters since the start; {@link #reset} goes back to one, which is how level 1
 * forgets finished paths. Of a log that outgrows its limit the end is kept.
 */
final class VerifierLog {
  static final int LEVEL1 = 1;
  static final int LEVEL2 = 2;
  static final int STATS = 4;
  private static final int LIMIT = 1 << 24;

  final int level;
  private final StringBuilder text = new StringBuilder();
  private long dropped;
  private @Nullable String lastMessage;

  VerifierLog(int level) {
    this.level = level;
  }

  /** Tells whether instructions and states are to be printed. */
  boolean tracing() {
    return (level & (LEVEL1 | LEVEL2)) != 0;
  }

  boolean detailed() {
    return (level & LEVEL2) != 0;
  }

  /** Appends text; {@code \n} ends a line. */
  void print(String s) {
    if (level == 0) {
      return;
    }
    text.append(s);
    if (text.length() > 2 * LIMIT) {
      int cut = text.length() - LIMIT;
      text.delete(0, cut);
      dropped += cut;
    }
  }

  /** Appends a line that tells why something is wrong, and remembers it. */
  void complain(String line) {
    lastMessage = line;
    print(line + "\n");
  }

  @Nullable String lastMessage() {
    return lastMessage;
  }

  long position() {
    return dropped + text.length();
  }

  void reset(long position) {
    text.setLength((int) Math.max(0, Math.min(text.length(), position - dropped)));
  }

  String text() {
    return text.toString();
  }
}
