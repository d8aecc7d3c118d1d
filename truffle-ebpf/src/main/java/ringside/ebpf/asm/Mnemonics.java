package ringside.ebpf.asm;

import java.util.Map;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.Instruction.Field;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;

/**
 * The mnemonics of uBPF, made from encodings.
 *
 * <p>What uBPF does not know has names in its manner: {@code ldacqw}, {@code strelw}, {@code
 * may_goto}, and {@code map_fd(n)} and kin as operands of {@code lddw}.
 */
final class Mnemonics {
  private static final Map<Integer, String> ALU =
      Map.ofEntries(
          Map.entry(Opcodes.BPF_ADD, "add"),
          Map.entry(Opcodes.BPF_SUB, "sub"),
          Map.entry(Opcodes.BPF_MUL, "mul"),
          Map.entry(Opcodes.BPF_DIV, "div"),
          Map.entry(Opcodes.BPF_OR, "or"),
          Map.entry(Opcodes.BPF_AND, "and"),
          Map.entry(Opcodes.BPF_LSH, "lsh"),
          Map.entry(Opcodes.BPF_RSH, "rsh"),
          Map.entry(Opcodes.BPF_NEG, "neg"),
          Map.entry(Opcodes.BPF_MOD, "mod"),
          Map.entry(Opcodes.BPF_XOR, "xor"),
          Map.entry(Opcodes.BPF_MOV, "mov"),
          Map.entry(Opcodes.BPF_ARSH, "arsh"));

  private static final Map<Integer, String> JUMPS =
      Map.ofEntries(
          Map.entry(Opcodes.BPF_JEQ, "jeq"),
          Map.entry(Opcodes.BPF_JGT, "jgt"),
          Map.entry(Opcodes.BPF_JGE, "jge"),
          Map.entry(Opcodes.BPF_JSET, "jset"),
          Map.entry(Opcodes.BPF_JNE, "jne"),
          Map.entry(Opcodes.BPF_JSGT, "jsgt"),
          Map.entry(Opcodes.BPF_JSGE, "jsge"),
          Map.entry(Opcodes.BPF_JLT, "jlt"),
          Map.entry(Opcodes.BPF_JLE, "jle"),
          Map.entry(Opcodes.BPF_JSLT, "jslt"),
          Map.entry(Opcodes.BPF_JSLE, "jsle"));

  private static final Map<Integer, String> WIDE =
      Map.of(
          Op.LD_IMM64, "$q",
          Op.LD_MAP_FD, "map_fd($q)",
          Op.LD_MAP_VALUE, "map_value($q)",
          Op.LD_BTF_ID, "btf_id($q)",
          Op.LD_FUNC, "func($q)",
          Op.LD_MAP_IDX, "map_idx($q)",
          Op.LD_MAP_IDX_VALUE, "map_idx_value($q)");

  private Mnemonics() {}

  /** The template of a row in this syntax. */
  static String template(Instruction row) {
    return switch (row.code() & 7) {
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> arithmetic(row);
      case Opcodes.BPF_JMP, Opcodes.BPF_JMP32 -> jump(row);
      case Opcodes.BPF_LD -> load(row);
      case Opcodes.BPF_LDX -> {
        boolean signed = (row.code() & 0xe0) == Opcodes.BPF_MEMSX;
        yield (signed ? "ldxs" : "ldx") + size(row) + " %r$d, [%r$s$o]";
      }
      case Opcodes.BPF_ST -> "st" + size(row) + " [%r$d$o], $i";
      default -> store(row);
    };
  }

  private static int fixed(Instruction row, Field field) {
    return row.fixed().getOrDefault(field, 0);
  }

  private static String size(Instruction row) {
    return switch (row.code() & Opcodes.BPF_DW) {
      case Opcodes.BPF_B -> "b";
      case Opcodes.BPF_H -> "h";
      case Opcodes.BPF_W -> "w";
      default -> "dw";
    };
  }

  private static String arithmetic(Instruction row) {
    boolean narrow = (row.code() & 7) == Opcodes.BPF_ALU;
    int operation = row.code() & 0xf0;
    int off = fixed(row, Field.OFF);
    if (operation == Opcodes.BPF_END) {
      boolean big = (row.code() & Opcodes.BPF_TO_BE) != 0;
      return (narrow ? big ? "be" : "le" : "bswap") + fixed(row, Field.IMM) + " %r$d";
    }
    if (row.op() == Op.ADDR_SPACE_CAST) {
      return "addr_space_cast %r$d, %r$s, $h, $l";
    }
    String name = ALU.get(operation);
    String width = narrow ? "32" : "";
    if (operation == Opcodes.BPF_NEG) {
      return name + width + " %r$d";
    }
    if (operation == Opcodes.BPF_MOV && off != 0) {
      return "movsx" + off + (narrow ? "32" : "64") + " %r$d, %r$s";
    }
    boolean register = (row.code() & Opcodes.BPF_X) != 0;
    return (off == 1 ? "s" : "") + name + width + " %r$d, " + (register ? "%r$s" : "$i");
  }

  private static String jump(Instruction row) {
    return switch (row.op()) {
      case Op.JA -> "ja $t";
      case Op.JA_L -> "ja32 $T";
      case Op.MAY_GOTO -> "may_goto $t";
      case Op.CALL_HELPER -> "call $f";
      case Op.CALL_LOCAL -> "call local $T";
      case Op.CALL_KFUNC -> "call runtime $f";
      case Op.CALLX -> "call %r$d";
      case Op.EXIT -> "exit";
      default -> {
        boolean narrow = (row.code() & 7) == Opcodes.BPF_JMP32;
        boolean register = (row.code() & Opcodes.BPF_X) != 0;
        String name = JUMPS.get(row.code() & 0xf0) + (narrow ? "32" : "");
        yield name + " %r$d, " + (register ? "%r$s" : "$i") + ", $t";
      }
    };
  }

  private static String load(Instruction row) {
    if (row.wide()) {
      return "lddw %r$d, " + WIDE.get(row.op());
    }
    boolean indirect = (row.code() & 0xe0) == Opcodes.BPF_IND;
    return indirect ? "ldind" + size(row) + " %r$s, $i" : "ldabs" + size(row) + " $i";
  }

  private static String store(Instruction row) {
    if ((row.code() & 0xe0) == Opcodes.BPF_MEM) {
      return "stx" + size(row) + " [%r$d$o], %r$s";
    }
    int operation = fixed(row, Field.IMM);
    String width = (row.code() & Opcodes.BPF_DW) == Opcodes.BPF_DW ? "" : "32";
    return switch (operation) {
      case Opcodes.BPF_LOAD_ACQ -> "ldacq" + size(row) + " %r$d, [%r$s$o]";
      case Opcodes.BPF_STORE_REL -> "strel" + size(row) + " [%r$d$o], %r$s";
      case Opcodes.BPF_XCHG -> "lock xchg" + width + " [%r$d$o], %r$s";
      case Opcodes.BPF_CMPXCHG -> "lock cmpxchg" + width + " [%r$d$o], %r$s";
      default -> {
        boolean fetch = (operation & Opcodes.BPF_FETCH) != 0;
        String name = ALU.get(operation & 0xf0);
        yield "lock " + (fetch ? "fetch " : "") + name + width + " [%r$d$o], %r$s";
      }
    };
  }

  /** Whether a line of this syntax takes two slots. */
  static boolean isWide(String first) {
    return first.equals("lddw");
  }

  /** Words for which the suite and uBPF know more than one. */
  static Map<Integer, String> aliases() {
    return Map.of(
        Op.BSWAP16, "swap16 %r$d",
        Op.BSWAP32, "swap32 %r$d",
        Op.BSWAP64, "swap64 %r$d",
        Op.CALL_HELPER, "call helper $f");
  }
}
