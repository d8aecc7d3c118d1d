package ringside.rv64.vm;

/** Multiplication and division as the M extension defines them (unprivileged spec, chapter 13). */
final class Alu {
  private Alu() {}

  static long mulhsu(long signed, long unsigned) {
    return Math.unsignedMultiplyHigh(signed, unsigned) - (signed < 0 ? unsigned : 0);
  }

  // Division never traps: by zero it gives all ones, and the remainder is the dividend.

  static long div(long a, long b) {
    return b == 0 ? -1 : a / b;
  }

  static long divu(long a, long b) {
    return b == 0 ? -1 : Long.divideUnsigned(a, b);
  }

  static long rem(long a, long b) {
    return b == 0 ? a : a % b;
  }

  static long remu(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  static int divw(int a, int b) {
    return b == 0 ? -1 : a / b;
  }

  static int divuw(int a, int b) {
    return b == 0 ? -1 : Integer.divideUnsigned(a, b);
  }

  static int remw(int a, int b) {
    return b == 0 ? a : a % b;
  }

  static int remuw(int a, int b) {
    return b == 0 ? a : Integer.remainderUnsigned(a, b);
  }
}
