package ringside.ebpf.verifier;

/**
 * The values that a program or a callback may return.
 *
 * @param min smallest, signed
 * @param max largest, signed
 * @param return32 whether only the low 32 bits count
 */
record ReturnRange(int min, int max, boolean return32) {
  ReturnRange(int min, int max) {
    this(min, max, false);
  }
}
