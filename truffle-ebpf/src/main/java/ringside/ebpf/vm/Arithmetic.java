package ringside.ebpf.vm;

/**
 * Division and remainder as RFC 9669 §4.1 defines them for all operands.
 *
 * <p>Division by zero gives 0, remainder by zero the dividend, and nothing traps. The 32-bit forms
 * take the low halves of their operands and zero-extend the result.
 */
final class Arithmetic {
  private static final long LOW = 0xffffffffL;

  private Arithmetic() {}

  static long div64(long a, long b) {
    return b == 0 ? 0 : Long.divideUnsigned(a, b);
  }

  static long mod64(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  static long sdiv64(long a, long b) {
    return b == 0 ? 0 : a / b;
  }

  static long smod64(long a, long b) {
    return b == 0 ? a : a % b;
  }

  static long div32(long a, long b) {
    return (b & LOW) == 0 ? 0 : (a & LOW) / (b & LOW);
  }

  static long mod32(long a, long b) {
    return (b & LOW) == 0 ? a & LOW : (a & LOW) % (b & LOW);
  }

  static long sdiv32(long a, long b) {
    return (int) b == 0 ? 0 : ((int) a / (int) b) & LOW;
  }

  static long smod32(long a, long b) {
    return (int) b == 0 ? a & LOW : ((int) a % (int) b) & LOW;
  }
}
