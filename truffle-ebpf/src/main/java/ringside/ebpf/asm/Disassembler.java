package ringside.ebpf.asm;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;

/**
 * Prints instructions as the kernel does in the verifier's log and in {@code bpftool prog dump
 * xlated} ({@code print_bpf_insn} of {@code kernel/bpf/disasm.c}).
 */
public final class Disassembler {
  private final Names names;

  /** Makes a disassembler that knows helpers' names and nothing else. */
  public Disassembler() {
    this(new Names() {});
  }

  /** Makes a disassembler with names of its own for what instructions refer to. */
  public Disassembler(Names names) {
    this.names = names;
  }

  /** Names for what instructions refer to. */
  public interface Names {
    /** What a 64-bit immediate load is printed as; by default its value in hexadecimal. */
    default String wide(Insn insn, long value) {
      return "0x" + Long.toHexString(value);
    }

    /** What a helper or kfunc call is printed as, e.g. {@code bpf_map_lookup_elem#1}. */
    default String callee(Insn insn) {
      boolean helper = insn.src() == 0 && HelperCatalog.exists(insn.imm());
      return (helper ? HelperCatalog.name(insn.imm()) : "unknown") + "#" + insn.imm();
    }
  }

  /**
   * One instruction as the kernel's log has it, opcode first and without a newline: {@code (07) r1
   * += -8}.
   *
   * @param at the index of its first slot
   */
  public String line(List<Insn> insns, int at) {
    Insn insn = insns.get(at);
    return "(%02x) %s".formatted(insn.code(), text(insn, next(insns, at)));
  }

  /** One instruction without its opcode, e.g. {@code r1 += -8}. */
  public String text(List<Insn> insns, int at) {
    return text(insns.get(at), next(insns, at));
  }

  /** A whole program, a line an instruction, each with its index: {@code 0: (b7) r0 = 0}. */
  public String listing(List<Insn> insns) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      out.append(at).append(": ").append(line(insns, at)).append('\n');
    }
    return out.toString();
  }

  private static @Nullable Insn next(List<Insn> insns, int at) {
    return at + 1 < insns.size() ? insns.get(at + 1) : null;
  }

  private String text(Insn insn, @Nullable Insn second) {
    Instruction row = InstructionSet.find(insn);
    if (row == null) {
      return unknown(insn);
    }
    if (row.wide()) {
      long value = second == null ? insn.imm() : insn.wideImm(second);
      return "r%d = %s".formatted(insn.dst(), names.wide(insn, value));
    }
    if (row.op() == Op.CALL_KFUNC) {
      return "call " + names.callee(insn);
    }
    StringBuilder out = new StringBuilder();
    boolean operand = false;
    for (char c : row.template().toCharArray()) {
      if (operand) {
        out.append(operand(c, insn));
        operand = false;
      } else if (c == '$') {
        operand = true;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private String operand(char kind, Insn insn) {
    return switch (kind) {
      case 'd' -> Integer.toString(insn.dst());
      case 's' -> Integer.toString(insn.src());
      case 'o' -> "%+d".formatted(insn.off());
      case 'i' -> Integer.toString(insn.imm());
      case 'x' -> "0x" + Integer.toHexString(insn.imm());
      case 'h' -> Integer.toString(insn.imm() >>> 16);
      case 'l' -> Integer.toString(insn.imm() & 0xffff);
      case 't' -> "pc%+d".formatted(insn.off());
      case 'T' -> "pc%+d".formatted(insn.imm());
      case 'f' -> names.callee(insn);
      default -> throw new IllegalStateException("operand $" + kind);
    };
  }

  private static String unknown(Insn insn) {
    return switch (insn.insnClass()) {
      case 0 -> "BUG_ld_%02x".formatted(insn.code());
      case 1 -> "BUG_ldx_%02x".formatted(insn.code());
      case 2 -> "BUG_st_%02x".formatted(insn.code());
      case 3 -> "BUG_%02x".formatted(insn.code());
      case 5 -> "jmp";
      case 6 -> "jmp32";
      case 7 -> "alu64";
      default -> "alu";
    };
  }
}
