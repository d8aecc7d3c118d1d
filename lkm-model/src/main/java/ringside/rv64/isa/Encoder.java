package ringside.rv64.isa;

/** Turns operands into 32-bit instruction words; the inverse of {@link Decoder}. */
public final class Encoder {
  private Encoder() {}

  /**
   * Encodes one instruction; operands that its format lacks are not looked at.
   *
   * @param immediate as {@link Instruction#immediate} has it
   * @throws IllegalArgumentException where the immediate does not fit the format
   */
  public static int encode(Op op, int rd, int rs1, int rs2, long immediate) {
    Format format = op.format();
    int word = op.match() | immediate(format, immediate);
    if (format.writesRd()) {
      word |= rd << 7;
    }
    if (format.readsRs1() || format == Format.CSR_IMMEDIATE) {
      word |= rs1 << 15;
    }
    if (format.readsRs2()) {
      word |= rs2 << 20;
    }
    if (format.immediate(word) != immediate && hasImmediate(format)) {
      throw new IllegalArgumentException(
          "immediate 0x%x does not fit %s".formatted(immediate, op.mnemonic()));
    }
    return word;
  }

  private static boolean hasImmediate(Format format) {
    return switch (format) {
      // The shift amount of a shift shares its field with fixed bits.
      case R, ATOMIC, LOAD_RESERVED, SFENCE, NONE -> false;
      default -> true;
    };
  }

  private static int immediate(Format format, long immediate) {
    int value = (int) immediate;
    return switch (format) {
      case I, LOAD, JUMP_REGISTER, CSR, CSR_IMMEDIATE, FENCE -> (value & 0xfff) << 20;
      case SHIFT -> (value & 0x3f) << 20;
      case SHIFT_WORD -> (value & 0x1f) << 20;
      case STORE -> (value >> 5 & 0x7f) << 25 | (value & 0x1f) << 7;
      case BRANCH ->
          (value >> 12 & 1) << 31
              | (value >> 5 & 0x3f) << 25
              | (value >> 1 & 0xf) << 8
              | (value >> 11 & 1) << 7;
      case UPPER -> value & 0xfffff000;
      case JUMP ->
          (value >> 20 & 1) << 31
              | (value >> 1 & 0x3ff) << 21
              | (value >> 11 & 1) << 20
              | (value >> 12 & 0xff) << 12;
      case R, ATOMIC, LOAD_RESERVED, SFENCE, NONE -> 0;
    };
  }
}
