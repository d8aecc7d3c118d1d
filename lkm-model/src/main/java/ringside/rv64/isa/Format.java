package ringside.rv64.isa;

/** Where a 32-bit instruction keeps its operands, and so how it is written in assembly. */
public enum Format {
  /** {@code add rd, rs1, rs2}. */
  R,
  /** {@code addi rd, rs1, imm}. */
  I,
  /** {@code slli rd, rs1, shamt}, six bits of shift amount. */
  SHIFT,
  /** {@code slliw rd, rs1, shamt}, five bits of shift amount. */
  SHIFT_WORD,
  /** {@code ld rd, imm(rs1)}. */
  LOAD,
  /** {@code sd rs2, imm(rs1)}. */
  STORE,
  /** {@code beq rs1, rs2, target}. */
  BRANCH,
  /** {@code lui rd, imm20}. */
  UPPER,
  /** {@code jal rd, target}. */
  JUMP,
  /** {@code jalr rd, imm(rs1)}. */
  JUMP_REGISTER,
  /** {@code amoadd.d rd, rs2, (rs1)}; bits 26 and 25 are {@code aq} and {@code rl}. */
  ATOMIC,
  /** {@code lr.d rd, (rs1)}. */
  LOAD_RESERVED,
  /** {@code csrrw rd, csr, rs1}. */
  CSR,
  /** {@code csrrwi rd, csr, uimm}; the rs1 field is the operand. */
  CSR_IMMEDIATE,
  /** {@code fence pred, succ}. */
  FENCE,
  /** {@code sfence.vma rs1, rs2}. */
  SFENCE,
  /** No operands. */
  NONE;

  /** The sign-extended immediate of {@code word}; 0 in formats that have none. */
  public long immediate(int word) {
    return switch (this) {
      case I, LOAD, JUMP_REGISTER -> word >> 20;
      case SHIFT -> word >>> 20 & 0x3f;
      case SHIFT_WORD -> word >>> 20 & 0x1f;
      case STORE -> word >> 25 << 5 | (word >>> 7 & 0x1f);
      case BRANCH ->
          word >> 31 << 12
              | (word >>> 7 & 1) << 11
              | (word >>> 25 & 0x3f) << 5
              | (word >>> 8 & 0xf) << 1;
      case UPPER -> word & 0xfffff000;
      case JUMP ->
          word >> 31 << 20
              | (word >>> 12 & 0xff) << 12
              | (word >>> 20 & 1) << 11
              | (word >>> 21 & 0x3ff) << 1;
      case CSR, CSR_IMMEDIATE -> word >>> 20 & 0xfff;
      case FENCE -> word >>> 20 & 0xfff;
      case R, ATOMIC, LOAD_RESERVED, SFENCE, NONE -> 0;
    };
  }

  /** Whether the instruction writes register {@code rd}. */
  public boolean writesRd() {
    return switch (this) {
      case STORE, BRANCH, FENCE, SFENCE, NONE -> false;
      default -> true;
    };
  }

  /** Whether the instruction reads register {@code rs1}. */
  public boolean readsRs1() {
    return switch (this) {
      case UPPER, JUMP, CSR_IMMEDIATE, FENCE, NONE -> false;
      default -> true;
    };
  }

  /** Whether the instruction reads register {@code rs2}. */
  public boolean readsRs2() {
    return switch (this) {
      case R, STORE, BRANCH, ATOMIC, SFENCE -> true;
      default -> false;
    };
  }
}
