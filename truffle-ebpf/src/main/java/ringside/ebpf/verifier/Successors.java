package ringside.ebpf.verifier;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** The instructions that may run next after one, within its subprogram. */
final class Successors {
  private static final int[] NONE = {};

  private Successors() {}

  static int[] of(Program program, int idx) {
    Insn insn = program.insn(idx);
    int next = idx + (insn.isWide() ? 2 : 1);
    if (!Program.isJumpClass(insn)) {
      return new int[] {next};
    }
    return switch (Program.op(insn)) {
      case Opcodes.BPF_EXIT -> NONE;
      case Opcodes.BPF_CALL -> new int[] {next};
      case Opcodes.BPF_JA -> new int[] {idx + 1 + Program.jumpOffset(insn)};
      default -> new int[] {next, idx + 1 + insn.off()};
    };
  }
}
