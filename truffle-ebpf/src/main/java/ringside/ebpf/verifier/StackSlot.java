package ringside.ebpf.verifier;

/**
 * Eight bytes of a program's stack: a kind for each byte, and the register spilled there if any.
 *
 * <p>Byte {@code i} of the slot {@code spi} is the stack byte at {@code fp - 8 * spi - 8 + (7 -
 * i)}; the log prints the kinds from byte 0 to byte 7, as Linux does.
 */
final class StackSlot {
  static final int INVALID = 0;
  static final int SPILL = 1;
  static final int MISC = 2;
  static final int ZERO = 3;
  static final int DYNPTR = 4;
  static final int ITER = 5;
  static final int IRQ_FLAG = 6;
  private static final String LETTERS = "?rm0dif";
  static final int SIZE = 8;

  /** The kinds of the eight bytes, byte 0 lowest. */
  long kinds;

  final RegState spilled = new RegState();

  StackSlot() {
    spilled.markNotInit();
  }

  StackSlot copy() {
    StackSlot s = new StackSlot();
    s.set(this);
    return s;
  }

  void set(StackSlot o) {
    kinds = o.kinds;
    spilled.set(o.spilled);
  }

  int kind(int i) {
    return (int) (kinds >>> (8 * i)) & 0xff;
  }

  void kind(int i, int kind) {
    kinds = (kinds & ~(0xffL << (8 * i))) | ((long) kind << (8 * i));
  }

  void fill(int kind) {
    kinds = kind * 0x0101_0101_0101_0101L;
  }

  boolean isSpilled() {
    return kind(SIZE - 1) == SPILL;
  }

  /** A whole 64-bit scalar is spilled here. */
  boolean isSpilledScalar64() {
    return kind(0) == SPILL && spilled.type == RegType.SCALAR_VALUE;
  }

  boolean isSpilledScalar() {
    return isSpilled() && spilled.type == RegType.SCALAR_VALUE;
  }

  boolean isSpecial() {
    int kind = kind(SIZE - 1);
    return kind == DYNPTR || kind == ITER || kind == IRQ_FLAG;
  }

  static char letter(int kind) {
    return LETTERS.charAt(kind);
  }
}
