package ringside.rv64.isa;

import java.util.ArrayList;
import java.util.List;

/**
 * Every 16-bit instruction of RV64C without floating point, one row each, with the 32-bit
 * instruction that it stands for (unprivileged specification, chapter 27).
 *
 * <p>Rows are tried in order: the special case of an encoding stands before the general one. An
 * immediate is written as in the specification: {@code 5:4@12} says that immediate bits 5 to 4 are
 * instruction bits 12 to 11; a leading minus says that its highest bit is the sign.
 */
public enum CompressedOp {
  C_ADDI4SPN(
      "c.addi4spn",
      0x0000,
      0xe003,
      Op.ADDI,
      Place.RD_LOW,
      Place.SP,
      Place.NONE,
      "5:4@12 9:6@10 2@6 3@5",
      NonZero.IMMEDIATE),
  C_LW(
      "c.lw",
      0x4000,
      0xe003,
      Op.LW,
      Place.RD_LOW,
      Place.RS1_LOW,
      Place.NONE,
      "5:3@12 2@6 6@5",
      NonZero.NOTHING),
  C_LD(
      "c.ld",
      0x6000,
      0xe003,
      Op.LD,
      Place.RD_LOW,
      Place.RS1_LOW,
      Place.NONE,
      "5:3@12 7:6@6",
      NonZero.NOTHING),
  C_SW(
      "c.sw",
      0xc000,
      0xe003,
      Op.SW,
      Place.NONE,
      Place.RS1_LOW,
      Place.RD_LOW,
      "5:3@12 2@6 6@5",
      NonZero.NOTHING),
  C_SD(
      "c.sd",
      0xe000,
      0xe003,
      Op.SD,
      Place.NONE,
      Place.RS1_LOW,
      Place.RD_LOW,
      "5:3@12 7:6@6",
      NonZero.NOTHING),
  C_ADDI(
      "c.addi",
      0x0001,
      0xe003,
      Op.ADDI,
      Place.RD,
      Place.RD,
      Place.NONE,
      "-5@12 4:0@6",
      NonZero.NOTHING),
  C_ADDIW(
      "c.addiw",
      0x2001,
      0xe003,
      Op.ADDIW,
      Place.RD,
      Place.RD,
      Place.NONE,
      "-5@12 4:0@6",
      NonZero.RD),
  C_LI(
      "c.li",
      0x4001,
      0xe003,
      Op.ADDI,
      Place.RD,
      Place.NONE,
      Place.NONE,
      "-5@12 4:0@6",
      NonZero.NOTHING),
  C_ADDI16SP(
      "c.addi16sp",
      0x6101,
      0xef83,
      Op.ADDI,
      Place.SP,
      Place.SP,
      Place.NONE,
      "-9@12 4@6 6@5 8:7@4 5@2",
      NonZero.IMMEDIATE),
  C_LUI(
      "c.lui",
      0x6001,
      0xe003,
      Op.LUI,
      Place.RD,
      Place.NONE,
      Place.NONE,
      "-17@12 16:12@6",
      NonZero.IMMEDIATE),
  C_SRLI(
      "c.srli",
      0x8001,
      0xec03,
      Op.SRLI,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.NONE,
      "5@12 4:0@6",
      NonZero.NOTHING),
  C_SRAI(
      "c.srai",
      0x8401,
      0xec03,
      Op.SRAI,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.NONE,
      "5@12 4:0@6",
      NonZero.NOTHING),
  C_ANDI(
      "c.andi",
      0x8801,
      0xec03,
      Op.ANDI,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.NONE,
      "-5@12 4:0@6",
      NonZero.NOTHING),
  C_SUB(
      "c.sub",
      0x8c01,
      0xfc63,
      Op.SUB,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_XOR(
      "c.xor",
      0x8c21,
      0xfc63,
      Op.XOR,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_OR(
      "c.or",
      0x8c41,
      0xfc63,
      Op.OR,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_AND(
      "c.and",
      0x8c61,
      0xfc63,
      Op.AND,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_SUBW(
      "c.subw",
      0x9c01,
      0xfc63,
      Op.SUBW,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_ADDW(
      "c.addw",
      0x9c21,
      0xfc63,
      Op.ADDW,
      Place.RS1_LOW,
      Place.RS1_LOW,
      Place.RD_LOW,
      "",
      NonZero.NOTHING),
  C_J(
      "c.j",
      0xa001,
      0xe003,
      Op.JAL,
      Place.NONE,
      Place.NONE,
      Place.NONE,
      "-11@12 4@11 9:8@10 10@8 6@7 7@6 3:1@5 5@2",
      NonZero.NOTHING),
  C_BEQZ(
      "c.beqz",
      0xc001,
      0xe003,
      Op.BEQ,
      Place.NONE,
      Place.RS1_LOW,
      Place.NONE,
      "-8@12 4:3@11 7:6@6 2:1@4 5@2",
      NonZero.NOTHING),
  C_BNEZ(
      "c.bnez",
      0xe001,
      0xe003,
      Op.BNE,
      Place.NONE,
      Place.RS1_LOW,
      Place.NONE,
      "-8@12 4:3@11 7:6@6 2:1@4 5@2",
      NonZero.NOTHING),
  C_SLLI(
      "c.slli",
      0x0002,
      0xe003,
      Op.SLLI,
      Place.RD,
      Place.RD,
      Place.NONE,
      "5@12 4:0@6",
      NonZero.NOTHING),
  C_LWSP(
      "c.lwsp",
      0x4002,
      0xe003,
      Op.LW,
      Place.RD,
      Place.SP,
      Place.NONE,
      "5@12 4:2@6 7:6@3",
      NonZero.RD),
  C_LDSP(
      "c.ldsp",
      0x6002,
      0xe003,
      Op.LD,
      Place.RD,
      Place.SP,
      Place.NONE,
      "5@12 4:3@6 8:6@4",
      NonZero.RD),
  C_JR("c.jr", 0x8002, 0xf07f, Op.JALR, Place.NONE, Place.RD, Place.NONE, "", NonZero.RD),
  C_MV("c.mv", 0x8002, 0xf003, Op.ADD, Place.RD, Place.NONE, Place.RS2, "", NonZero.RS2),
  C_EBREAK(
      "c.ebreak",
      0x9002,
      0xffff,
      Op.EBREAK,
      Place.NONE,
      Place.NONE,
      Place.NONE,
      "",
      NonZero.NOTHING),
  C_JALR("c.jalr", 0x9002, 0xf07f, Op.JALR, Place.RA, Place.RD, Place.NONE, "", NonZero.RD),
  C_ADD("c.add", 0x9002, 0xf003, Op.ADD, Place.RD, Place.RD, Place.RS2, "", NonZero.RS2),
  C_SWSP(
      "c.swsp",
      0xc002,
      0xe003,
      Op.SW,
      Place.NONE,
      Place.SP,
      Place.RS2,
      "5:2@12 7:6@8",
      NonZero.NOTHING),
  C_SDSP(
      "c.sdsp",
      0xe002,
      0xe003,
      Op.SD,
      Place.NONE,
      Place.SP,
      Place.RS2,
      "5:3@12 8:6@9",
      NonZero.NOTHING);

  private final String mnemonic;
  private final int match;
  private final int mask;
  private final Op expansion;
  private final Place rd;
  private final Place rs1;
  private final Place rs2;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf, of records
  private final List<Bits> immediate;

  private final int signBit;
  private final NonZero nonZero;

  CompressedOp(
      String mnemonic,
      int match,
      int mask,
      Op expansion,
      Place rd,
      Place rs1,
      Place rs2,
      String immediate,
      NonZero nonZero) {
    this.mnemonic = mnemonic;
    this.match = match;
    this.mask = mask;
    this.expansion = expansion;
    this.rd = rd;
    this.rs1 = rs1;
    this.rs2 = rs2;
    this.immediate = Bits.parse(immediate);
    this.signBit = immediate.startsWith("-") ? this.immediate.getFirst().to : -1;
    this.nonZero = nonZero;
  }

  /** The assembler's name, e.g. {@code c.addi4spn}. */
  public String mnemonic() {
    return mnemonic;
  }

  /** The fixed bits of the encoding. */
  public int match() {
    return match;
  }

  /** Which bits of the encoding are fixed. */
  public int mask() {
    return mask;
  }

  /** The instruction that it stands for. */
  public Op expansion() {
    return expansion;
  }

  /** Whether {@code half} encodes this instruction. */
  public boolean matches(int half) {
    return (half & mask) == match
        && switch (nonZero) {
          case NOTHING -> true;
          case RD -> Place.RD.in(half) != 0;
          case RS2 -> Place.RS2.in(half) != 0;
          case IMMEDIATE -> immediate(half) != 0;
        };
  }

  /** The instruction that {@code half} stands for. */
  Instruction expand(int half) {
    return new Instruction(
        expansion, rd.in(half), rs1.in(half), rs2.in(half), immediate(half), 2, half);
  }

  private long immediate(int half) {
    long value = 0;
    for (Bits bits : immediate) {
      value |= (long) (half >>> bits.from & ((1 << bits.count) - 1)) << (bits.to - bits.count + 1);
    }
    return signBit < 0 ? value : value << (63 - signBit) >> (63 - signBit);
  }

  /** Where a register operand comes from. */
  private enum Place {
    /** Not an operand: x0. */
    NONE,
    /** Fixed: x1. */
    RA,
    /** Fixed: x2. */
    SP,
    /** Bits 11–7. */
    RD,
    /** Bits 6–2. */
    RS2,
    /** Bits 4–2, one of x8–x15. */
    RD_LOW,
    /** Bits 9–7, one of x8–x15. */
    RS1_LOW;

    int in(int half) {
      return switch (this) {
        case NONE -> 0;
        case RA -> 1;
        case SP -> 2;
        case RD -> half >>> 7 & 31;
        case RS2 -> half >>> 2 & 31;
        case RD_LOW -> 8 + (half >>> 2 & 7);
        case RS1_LOW -> 8 + (half >>> 7 & 7);
      };
    }
  }

  /** Which field must not be zero for the encoding to be this instruction. */
  private enum NonZero {
    NOTHING,
    RD,
    RS2,
    IMMEDIATE
  }

  /**
   * A run of immediate bits.
   *
   * @param to its highest bit in the immediate
   * @param from its lowest bit in the instruction
   */
  private record Bits(int to, int from, int count) {
    static List<Bits> parse(String text) {
      List<Bits> runs = new ArrayList<>();
      for (String run : text.replace("-", "").split(" ", -1)) {
        if (!run.isEmpty()) {
          int at = run.indexOf('@');
          int colon = run.indexOf(':');
          int high = Integer.parseInt(run, 0, colon < 0 ? at : colon, 10);
          int low = colon < 0 ? high : Integer.parseInt(run, colon + 1, at, 10);
          int count = high - low + 1;
          runs.add(
              new Bits(high, Integer.parseInt(run, at + 1, run.length(), 10) - count + 1, count));
        }
      }
      return List.copyOf(runs);
    }
  }
}
