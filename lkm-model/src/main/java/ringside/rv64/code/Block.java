package ringside.rv64.code;

/**
 * A run of instructions that is entered at its first and left at its last.
 *
 * @param start index of its first instruction in {@link Function#instructions}
 * @param end index behind its last straight-line instruction, which is that of the instruction that
 *     ends it where there is one
 * @param kind how it ends
 * @param next the block that follows in memory, or -1
 * @param taken the block that a branch or jump goes to, or -1
 * @param target the address that a jump, call or departure goes to, where known
 */
public record Block(int start, int end, Kind kind, int next, int taken, long target) {
  /** How a block ends. */
  public enum Kind {
    /** No instruction: goes on to {@code next}. */
    FALL,
    /** A conditional branch: to {@code taken} or {@code next}. */
    BRANCH,
    /** An unconditional jump within the function: to {@code taken}. */
    JUMP,
    /** A jump out of the function, to {@code target}. */
    TAIL_JUMP,
    /** A jump or return to the address in a register. */
    JUMP_REGISTER,
    /** A call of {@code target}; returns to {@code next}. */
    CALL,
    /** A call of the address in a register; returns to {@code next}. */
    CALL_REGISTER,
    /** No instruction: execution goes on at {@code target} outside the function. */
    LEAVE,
    /** {@code ecall}. */
    ECALL,
    /** {@code ebreak}. */
    EBREAK,
    /** A CSR access or another system instruction, after which {@code next} follows. */
    SYSTEM,
    /** {@code fence.i} or {@code sret}: the code must be looked up again at the next pc. */
    RESUME,
    /** Bits that are no instruction. */
    ILLEGAL;

    /** Whether an instruction ends the block. */
    public boolean hasInstruction() {
      return this != FALL && this != LEAVE;
    }

    /** Whether execution may go on behind the instruction that ends the block. */
    public boolean continues() {
      return switch (this) {
        case BRANCH, CALL, CALL_REGISTER, SYSTEM, ECALL -> true;
        default -> false;
      };
    }

    /** Whether it goes to {@code taken}. */
    public boolean takes() {
      return this == BRANCH || this == JUMP;
    }
  }

  /** How many instructions it holds, the one that ends it included. */
  public int size() {
    return end - start + (kind.hasInstruction() ? 1 : 0);
  }
}
