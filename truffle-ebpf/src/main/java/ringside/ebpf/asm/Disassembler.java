package ringside.ebpf.asm;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;

/**
 * Prints instructions: as the kernel does in the verifier's log and in {@code bpftool prog dump
 * xlated} ({@code print_bpf_insn} of {@code kernel/bpf/disasm.c}), or so that {@link Assembler} can
 * read them back.
 */
public final class Disassembler {
  private final Names names;
  private final Syntax syntax;

  /** Makes a disassembler that knows helpers' names and nothing else. */
  public Disassembler() {
    this(new Names() {});
  }

  /** Makes a disassembler with names of its own for what instructions refer to. */
  public Disassembler(Names names) {
    this(names, Syntax.C);
  }

  private Disassembler(Names names, Syntax syntax) {
    this.names = names;
    this.syntax = syntax;
  }

  /** Makes a disassembler whose text {@link Assembler} reads back to the same bytes. */
  public static Disassembler source(Syntax syntax) {
    return new Disassembler(syntax == Syntax.C ? new SourceNames() : new Names() {}, syntax);
  }

  /** Prints references by their kind, where a listing shows what they mean. */
  private static final class SourceNames implements Names {
    @Override
    public String wide(Insn insn, long value) {
      String template = InstructionSet.ROWS.get(Op.LD_IMM64 + insn.src()).template();
      return template.substring(template.indexOf("= ") + 2).replace("$q", wideOperand(insn, value));
    }

    @Override
    public String callee(Insn insn) {
      String name = Names.super.callee(insn);
      return insn.src() == Opcodes.BPF_PSEUDO_KFUNC_CALL ? "kfunc " + name : name;
    }
  }

  private static String wideOperand(Insn insn, long value) {
    int low = insn.imm();
    int high = (int) (value >>> 32);
    return switch (insn.src()) {
      case 0, Opcodes.BPF_PSEUDO_BTF_ID -> "0x" + Long.toHexString(value);
      default ->
          Integer.toUnsignedString(low) + (high == 0 ? "" : ", " + Integer.toUnsignedString(high));
    };
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
    long value = row.wide() && second != null ? insn.wideImm(second) : insn.imm();
    if (row.wide() && syntax == Syntax.C) {
      return "r%d = %s".formatted(insn.dst(), names.wide(insn, value));
    }
    if (row.op() == Op.CALL_KFUNC && syntax == Syntax.C) {
      return "call " + names.callee(insn);
    }
    StringBuilder out = new StringBuilder();
    boolean operand = false;
    for (char c : syntax.template(row).toCharArray()) {
      if (operand) {
        out.append(operand(c, insn, value));
        operand = false;
      } else if (c == '$') {
        operand = true;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private String operand(char kind, Insn insn, long wide) {
    return switch (kind) {
      case 'd' -> Integer.toString(insn.dst());
      case 's' -> Integer.toString(insn.src());
      case 'o' -> "%+d".formatted(insn.off());
      case 'i' -> Integer.toString(insn.imm());
      case 'x' -> "0x" + Integer.toHexString(insn.imm());
      case 'h' -> Integer.toString(insn.imm() >>> 16);
      case 'l' -> Integer.toString(insn.imm() & 0xffff);
      case 'q' -> wideOperand(insn, wide);
      case 't' -> (syntax == Syntax.C ? "pc%+d" : "%+d").formatted(insn.off());
      case 'T' -> (syntax == Syntax.C ? "pc%+d" : "%+d").formatted(insn.imm());
      case 'f' -> syntax == Syntax.C ? names.callee(insn) : Integer.toString(insn.imm());
      default -> throw new IllegalStateException("operand $" + kind);
    };
  }

  /** {@code BPF_ADDR_PERCPU}: the offset of a mov that the verifier makes. */
  private static final int ADDR_PERCPU = -1;

  private static String unknown(Insn insn) {
    if (insn.code() == Opcodes.NOSPEC) {
      return "nospec";
    }
    boolean mov = insn.code() == (Opcodes.BPF_ALU64 | Opcodes.BPF_MOV | Opcodes.BPF_X);
    if (mov && insn.off() == ADDR_PERCPU) {
      return "r%d = &(void __percpu *)(r%d)".formatted(insn.dst(), insn.src());
    }
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
