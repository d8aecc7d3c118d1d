package ringside.ebpf.verifier;

/** What a history entry says of its instruction: which stack slot it accessed, in which frame. */
final class HistoryFlags {
  /** The instruction accessed the stack: frame in bits 0–2, slot in bits 3–8. */
  static final int STACK_ACCESS = 1 << 9;

  static final int DST_REG_STACK = 1 << 10;
  static final int SRC_REG_STACK = 1 << 11;

  private HistoryFlags() {}

  static int stackAccess(int frame, int slot) {
    return STACK_ACCESS | (slot << 3) | frame;
  }

  static int frame(int flags) {
    return flags & 7;
  }

  static int slot(int flags) {
    return (flags >> 3) & 63;
  }
}
