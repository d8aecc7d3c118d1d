package ringside.ebpf.isa;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with an encoding, in the words of the kernel's verifier ({@code
 * kernel/bpf/verifier.c}).
 *
 * <p>Says nothing of what a program does: only of opcodes that are unused, fields that must be 0,
 * and register numbers that do not exist. RFC 9669 §3 asks for programs with such to be refused.
 */
public final class ReservedFields {
  private ReservedFields() {}

  /**
   * The complaint about the first bad slot of a program; null where there is none.
   *
   * <p>The kernel's verifier refuses {@code callx}; here it is an instruction like others.
   */
  public static @Nullable String complaint(List<Insn> insns) {
    for (int at = 0; at < insns.size(); at++) {
      Insn insn = insns.get(at);
      String complaint =
          insn.isWide()
              ? wide(insn, at + 1 < insns.size() ? insns.get(at + 1) : null)
              : complaint(insn);
      if (complaint == null && insn.dst() > Opcodes.BPF_REG_FP) {
        complaint = "R%d is invalid".formatted(insn.dst());
      }
      if (complaint != null) {
        return complaint;
      }
      at += insn.isWide() ? 1 : 0;
    }
    return null;
  }

  private static @Nullable String wide(Insn insn, @Nullable Insn second) {
    if (second == null
        || second.code() != 0
        || second.dst() != 0
        || second.src() != 0
        || second.off() != 0) {
      return "invalid bpf_ld_imm64 insn";
    }
    if (insn.src() > Opcodes.BPF_PSEUDO_MAP_IDX_VALUE) {
      return "unrecognized bpf_ld_imm64 insn";
    }
    boolean map =
        insn.src() == Opcodes.BPF_PSEUDO_MAP_FD || insn.src() == Opcodes.BPF_PSEUDO_MAP_IDX;
    if (map && second.imm() != 0) {
      return "unrecognized bpf_ld_imm64 insn";
    }
    return insn.off() != 0 ? "BPF_LD_IMM64 uses reserved fields" : null;
  }

  private static @Nullable String complaint(Insn insn) {
    if (insn.insnClass() == Opcodes.BPF_LDX) {
      int mode = insn.code() & 0xe0;
      if ((mode != Opcodes.BPF_MEM && mode != Opcodes.BPF_MEMSX) || insn.imm() != 0) {
        return "BPF_LDX uses reserved fields";
      }
    }
    if (InstructionSet.withCode(insn.code()).isEmpty()) {
      return "unknown opcode %02x".formatted(insn.code());
    }
    Instruction row = InstructionSet.find(insn);
    if (row == null || !row.reservedClear(insn)) {
      return refusal(insn);
    }
    if (row.op() == Op.ADDR_SPACE_CAST && insn.imm() != 1 && insn.imm() != 1 << 16) {
      return "addr_space_cast insn can only convert between address space 1 and 0";
    }
    if (row.operands().contains(Instruction.Field.SRC) && insn.src() > Opcodes.BPF_REG_FP) {
      return "R%d is invalid".formatted(insn.src());
    }
    return null;
  }

  private static String refusal(Insn insn) {
    int operation = insn.code() & 0xf0;
    return switch (insn.insnClass()) {
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 ->
          switch (operation) {
            case Opcodes.BPF_NEG -> "BPF_NEG uses reserved fields";
            case Opcodes.BPF_END -> "BPF_END uses reserved fields";
            case Opcodes.BPF_MOV -> "BPF_MOV uses reserved fields";
            default -> "BPF_ALU uses reserved fields";
          };
      case Opcodes.BPF_JMP, Opcodes.BPF_JMP32 ->
          switch (operation) {
            case Opcodes.BPF_CALL -> "BPF_CALL uses reserved fields";
            case Opcodes.BPF_JA -> "BPF_JA uses reserved fields";
            case Opcodes.BPF_EXIT -> "BPF_EXIT uses reserved fields";
            case Opcodes.BPF_JCOND -> "invalid may_goto imm %d".formatted(insn.imm());
            default -> "BPF_JMP/JMP32 uses reserved fields";
          };
      case Opcodes.BPF_LD -> "BPF_LD_[ABS|IND] uses reserved fields";
      case Opcodes.BPF_ST -> "BPF_ST uses reserved fields";
      default ->
          (insn.code() & 0xe0) == Opcodes.BPF_ATOMIC
              ? "BPF_ATOMIC uses invalid atomic opcode %02x".formatted(insn.imm())
              : "BPF_STX uses reserved fields";
    };
  }
}
