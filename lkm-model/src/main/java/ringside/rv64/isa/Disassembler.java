package ringside.rv64.isa;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints instructions as {@code llvm-objdump -d} does, aliases and ABI register names included. */
public final class Disassembler {
  private static final String[] REGISTERS = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4",
        "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"
  };

  private Disassembler() {}

  /** The ABI name of integer register {@code number}. */
  public static String register(int number) {
    return REGISTERS[number];
  }

  /**
   * The text of the instruction word at {@code pc}, mnemonic and operands separated by one space.
   *
   * @return {@code <unknown>} where the word is no instruction of this machine
   */
  public static String disassemble(int word, long pc) {
    if ((word & 0xffff) == 0 || word == 0xc0001073) {
      return "unimp";
    }
    Instruction instruction = Decoder.decode(word);
    return instruction == null ? "<unknown>" : disassemble(instruction, pc);
  }

  /** The text of {@code instruction} at {@code pc}. */
  public static String disassemble(Instruction instruction, long pc) {
    String alias = alias(instruction, pc);
    return alias != null ? alias : plain(instruction, pc);
  }

  private static String plain(Instruction i, long pc) {
    String rd = REGISTERS[i.rd()];
    String rs1 = REGISTERS[i.rs1()];
    String rs2 = REGISTERS[i.rs2()];
    String name = i.op().mnemonic();
    return switch (i.op().format()) {
      case R -> name + " " + rd + ", " + rs1 + ", " + rs2;
      case I, SHIFT, SHIFT_WORD -> name + " " + rd + ", " + rs1 + ", " + hex(i.immediate());
      case LOAD, JUMP_REGISTER -> name + " " + rd + ", " + hex(i.immediate()) + "(" + rs1 + ")";
      case STORE -> name + " " + rs2 + ", " + hex(i.immediate()) + "(" + rs1 + ")";
      case BRANCH -> name + " " + rs1 + ", " + rs2 + ", " + target(i, pc);
      case UPPER -> name + " " + rd + ", " + hex(i.immediate() >>> 12 & 0xfffff);
      case JUMP -> name + " " + rd + ", " + target(i, pc);
      case ATOMIC -> name + ordering(i) + " " + rd + ", " + rs2 + ", (" + rs1 + ")";
      case LOAD_RESERVED -> name + ordering(i) + " " + rd + ", (" + rs1 + ")";
      case CSR -> name + " " + rd + ", " + csr(i) + ", " + rs1;
      case CSR_IMMEDIATE -> name + " " + rd + ", " + csr(i) + ", " + hex(i.rs1());
      case FENCE ->
          name
              + " "
              + fenceSet((int) i.immediate() >>> 4 & 15)
              + ", "
              + fenceSet((int) i.immediate() & 15);
      case SFENCE -> name + " " + rs1 + ", " + rs2;
      case NONE -> name;
    };
  }

  private static @Nullable String alias(Instruction i, long pc) {
    String rd = REGISTERS[i.rd()];
    String rs1 = REGISTERS[i.rs1()];
    String rs2 = REGISTERS[i.rs2()];
    boolean noRs1 = i.rs1() == 0;
    boolean noRs2 = i.rs2() == 0;
    return switch (i.op()) {
      case ADDI -> {
        if (i.rd() == 0 && noRs1 && i.immediate() == 0) {
          yield "nop";
        }
        if (i.compressed() && i.rd() == i.rs1()) {
          yield null;
        }
        if (noRs1) {
          yield "li " + rd + ", " + hex(i.immediate());
        }
        yield i.immediate() == 0 ? "mv " + rd + ", " + rs1 : null;
      }
      case ADD -> i.compressed() && noRs1 ? "mv " + rd + ", " + rs2 : null;
      case ADDIW -> i.immediate() == 0 ? "sext.w " + rd + ", " + rs1 : null;
      case XORI -> i.immediate() == -1 ? "not " + rd + ", " + rs1 : null;
      case ANDI -> i.immediate() == 255 ? "zext.b " + rd + ", " + rs1 : null;
      case SUB -> noRs1 ? "neg " + rd + ", " + rs2 : null;
      case SUBW -> noRs1 ? "negw " + rd + ", " + rs2 : null;
      case SLTIU -> i.immediate() == 1 ? "seqz " + rd + ", " + rs1 : null;
      case SLTU -> noRs1 ? "snez " + rd + ", " + rs2 : null;
      case SLT -> noRs2 ? "sltz " + rd + ", " + rs1 : noRs1 ? "sgtz " + rd + ", " + rs2 : null;
      case BEQ -> noRs2 ? "beqz " + rs1 + ", " + target(i, pc) : null;
      case BNE -> noRs2 ? "bnez " + rs1 + ", " + target(i, pc) : null;
      case BGE ->
          noRs1
              ? "blez " + rs2 + ", " + target(i, pc)
              : noRs2 ? "bgez " + rs1 + ", " + target(i, pc) : null;
      case BLT ->
          noRs2
              ? "bltz " + rs1 + ", " + target(i, pc)
              : noRs1 ? "bgtz " + rs2 + ", " + target(i, pc) : null;
      case JAL -> i.rd() == 0 ? "j " + target(i, pc) : i.rd() == 1 ? "jal " + target(i, pc) : null;
      case JALR -> jumpRegister(i, rs1);
      case CSRRW, CSRRWI -> i.rd() == 0 ? csrAlias(i, "csrw") : null;
      case CSRRS -> noRs1 ? csrRead(i, rd) : i.rd() == 0 ? csrAlias(i, "csrs") : null;
      case CSRRC -> i.rd() == 0 ? csrAlias(i, "csrc") : null;
      case CSRRSI -> i.rd() == 0 ? csrAlias(i, "csrs") : null;
      case CSRRCI -> i.rd() == 0 ? csrAlias(i, "csrc") : null;
      case FENCE ->
          i.immediate() == 0xff
              ? "fence"
              : i.immediate() == 0x833 ? "fence.tso" : i.immediate() == 0x10 ? "pause" : null;
      case SFENCE_VMA -> noRs1 && noRs2 ? "sfence.vma" : noRs2 ? "sfence.vma " + rs1 : null;
      default -> null;
    };
  }

  private static @Nullable String jumpRegister(Instruction i, String rs1) {
    if (i.rd() > 1) {
      return i.immediate() == 0 ? "jalr " + REGISTERS[i.rd()] + ", " + rs1 : null;
    }
    if (i.rd() == 0 && i.rs1() == 1 && i.immediate() == 0) {
      return "ret";
    }
    String where = i.immediate() == 0 ? rs1 : hex(i.immediate()) + "(" + rs1 + ")";
    return (i.rd() == 0 ? "jr " : "jalr ") + where;
  }

  private static String csrRead(Instruction i, String rd) {
    return switch (Csr.of((int) i.immediate())) {
      case CYCLE -> "rdcycle " + rd;
      case TIME -> "rdtime " + rd;
      case INSTRET -> "rdinstret " + rd;
      case null, default -> "csrr " + rd + ", " + csr(i);
    };
  }

  private static String csrAlias(Instruction i, String name) {
    return i.op().format() == Format.CSR
        ? name + " " + csr(i) + ", " + REGISTERS[i.rs1()]
        : name + "i " + csr(i) + ", " + hex(i.rs1());
  }

  private static String csr(Instruction i) {
    int number = (int) i.immediate();
    Csr csr = Csr.of(number);
    return csr == null ? hex(number) : csr.name().toLowerCase(Locale.ROOT);
  }

  private static String ordering(Instruction i) {
    return switch (i.word() >>> 25 & 3) {
      case 1 -> ".rl";
      case 2 -> ".aq";
      case 3 -> ".aqrl";
      default -> "";
    };
  }

  private static String fenceSet(int bits) {
    if (bits == 0) {
      return "0";
    }
    return ((bits & 8) != 0 ? "i" : "")
        + ((bits & 4) != 0 ? "o" : "")
        + ((bits & 2) != 0 ? "r" : "")
        + ((bits & 1) != 0 ? "w" : "");
  }

  private static String target(Instruction i, long pc) {
    return "0x" + Long.toHexString(pc + i.immediate());
  }

  private static String hex(long value) {
    return value < 0 ? "-0x" + Long.toHexString(-value) : "0x" + Long.toHexString(value);
  }
}
