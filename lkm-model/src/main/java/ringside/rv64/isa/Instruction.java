package ringside.rv64.isa;

/**
 * One decoded instruction; a compressed one is already expanded.
 *
 * @param rd destination register number; 0 in formats without one
 * @param rs1 first source register number, or the 5-bit operand of {@link Format#CSR_IMMEDIATE}
 * @param rs2 second source register number
 * @param immediate sign-extended immediate; the CSR's number in the CSR formats; relative to the
 *     instruction's own address in branches and jumps
 * @param length bytes: 2 or 4
 * @param word the encoding as fetched
 */
public record Instruction(Op op, int rd, int rs1, int rs2, long immediate, int length, int word) {
  /** Whether it was fetched as 16 bits. */
  public boolean compressed() {
    return length == 2;
  }
}
