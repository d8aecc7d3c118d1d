package ringside.ebpf.verifier;

import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** The instructions under verification, with what is remembered of each. */
final class Program {
  final Insn[] insns;
  final InsnAux[] aux;

  Program(List<Insn> list) {
    insns = list.toArray(new Insn[0]);
    aux = new InsnAux[insns.length];
    for (int i = 0; i < aux.length; i++) {
      aux[i] = new InsnAux();
    }
  }

  int length() {
    return insns.length;
  }

  Insn insn(int i) {
    return insns[i];
  }

  static int klass(Insn insn) {
    return insn.code() & 0x07;
  }

  static int op(Insn insn) {
    return insn.code() & 0xf0;
  }

  static int mode(Insn insn) {
    return insn.code() & 0xe0;
  }

  static boolean srcIsReg(Insn insn) {
    return (insn.code() & Opcodes.BPF_X) != 0;
  }

  /** Bytes that a load or store moves. */
  static int size(Insn insn) {
    return switch (insn.code() & 0x18) {
      case Opcodes.BPF_W -> 4;
      case Opcodes.BPF_H -> 2;
      case Opcodes.BPF_B -> 1;
      default -> 8;
    };
  }

  static boolean isJumpClass(Insn insn) {
    int c = klass(insn);
    return c == Opcodes.BPF_JMP || c == Opcodes.BPF_JMP32;
  }

  static boolean isHelperCall(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL) && insn.src() == 0;
  }

  static boolean isPseudoCall(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL)
        && insn.src() == Opcodes.BPF_PSEUDO_CALL;
  }

  static boolean isKfuncCall(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL)
        && insn.src() == Opcodes.BPF_PSEUDO_KFUNC_CALL;
  }

  static boolean isExit(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_EXIT);
  }

  static boolean isPseudoFunc(Insn insn) {
    return insn.isWide() && insn.src() == Opcodes.BPF_PSEUDO_FUNC;
  }

  static boolean isMayGoto(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_JCOND) && insn.src() == 0;
  }

  /** The jump distance: in {@code imm} for {@code gotol}, in {@code off} for every other jump. */
  static int jumpOffset(Insn insn) {
    return insn.code() == (Opcodes.BPF_JMP32 | Opcodes.BPF_JA) ? insn.imm() : insn.off();
  }

  static boolean isAtomic(Insn insn) {
    return klass(insn) == Opcodes.BPF_STX && mode(insn) == Opcodes.BPF_ATOMIC;
  }

  static boolean isAtomicLoad(Insn insn) {
    return isAtomic(insn) && insn.imm() == Opcodes.BPF_LOAD_ACQ;
  }

  static boolean isAtomicStore(Insn insn) {
    return isAtomic(insn) && insn.imm() == Opcodes.BPF_STORE_REL;
  }
}
