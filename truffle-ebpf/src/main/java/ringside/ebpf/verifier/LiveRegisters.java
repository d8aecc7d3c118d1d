package ringside.ebpf.verifier;

import ringside.ebpf.helper.HelperPrototype;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * Which registers may be read before they are written, from each instruction on.
 *
 * <p>A plain backwards data flow analysis. When states are compared, a register that is not live
 * does not count.
 */
final class LiveRegisters {
  private static final int CALLER_SAVED = 0x3f;
  private static final int ALL = 0xffff;

  private final VerifierEnv env;
  private final Program program;

  LiveRegisters(VerifierEnv env) {
    this.env = env;
    program = env.program;
  }

  void compute() {
    int n = program.length();
    int[] use = new int[n];
    int[] def = new int[n];
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      use[i] = uses(program.insn(i));
      def[i] = defines(program.insn(i));
      if (program.insn(i).isWide()) {
        i++;
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i : env.postorder) {
        int live = 0;
        for (int s : Successors.of(program, i)) {
          live |= program.aux[s].liveRegsBefore;
        }
        int before = (live & ~def[i]) | use[i];
        if (live != out[i] || before != program.aux[i].liveRegsBefore) {
          out[i] = live;
          program.aux[i].liveRegsBefore = before;
          changed = true;
        }
      }
    }
    if (env.log.detailed()) {
      print();
    }
  }

  private void print() {
    StringBuilder text = new StringBuilder("Live regs before insn:\n");
    for (int i = 0; i < program.length(); i++) {
      InsnAux aux = program.aux[i];
      text.append(aux.scc != 0 ? String.format("%3d ", aux.scc) : "    ");
      text.append(String.format("%3d: ", i));
      for (int r = 0; r < FuncState.FP; r++) {
        if ((aux.liveRegsBefore & 1 << r) != 0) {
          text.append(r);
        } else {
          text.append('.');
        }
      }
      text.append(' ').append(InsnText.of(env, i)).append('\n');
      if (program.insn(i).isWide()) {
        i++;
      }
    }
    env.log.print(text.toString());
  }

  private int uses(Insn insn) {
    int src = 1 << insn.src();
    int dst = 1 << insn.dst();
    return switch (Program.klass(insn)) {
      case Opcodes.BPF_LD -> insn.isWide() ? 0 : ALL;
      case Opcodes.BPF_LDX -> src;
      case Opcodes.BPF_ST -> dst;
      case Opcodes.BPF_STX -> {
        boolean atomic = Program.isAtomic(insn);
        if (atomic && insn.imm() == Opcodes.BPF_LOAD_ACQ) {
          yield src;
        }
        yield dst | src | (atomic && insn.imm() == Opcodes.BPF_CMPXCHG ? 1 : 0);
      }
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 ->
          switch (Program.op(insn)) {
            case Opcodes.BPF_END, Opcodes.BPF_NEG -> dst;
            case Opcodes.BPF_MOV -> Program.srcIsReg(insn) ? src : 0;
            default -> Program.srcIsReg(insn) ? dst | src : dst;
          };
      default ->
          switch (Program.op(insn)) {
            case Opcodes.BPF_JA, Opcodes.BPF_JCOND -> 0;
            case Opcodes.BPF_EXIT -> 1;
            case Opcodes.BPF_CALL -> callUses(insn);
            default -> Program.srcIsReg(insn) ? dst | src : dst;
          };
    };
  }

  private int callUses(Insn insn) {
    KfuncTable.Entry kfunc = Program.isKfuncCall(insn) ? env.kfuncs.find(insn) : null;
    if (kfunc != null && kfunc.kfunc() != null) {
      return ((1 << kfunc.parameters().size()) - 1) << 1;
    }
    HelperPrototype proto = Program.isHelperCall(insn) ? env.prototype(insn) : null;
    int params = proto == null ? 5 : proto.args().size();
    return ((1 << params) - 1) << 1;
  }

  private static int defines(Insn insn) {
    int dst = 1 << insn.dst();
    return switch (Program.klass(insn)) {
      case Opcodes.BPF_LD -> insn.isWide() ? dst : 0;
      case Opcodes.BPF_LDX, Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> dst;
      case Opcodes.BPF_STX -> Program.isAtomic(insn) ? atomicDefines(insn) : 0;
      case Opcodes.BPF_JMP, Opcodes.BPF_JMP32 ->
          Program.op(insn) == Opcodes.BPF_CALL ? CALLER_SAVED : 0;
      default -> 0;
    };
  }

  private static int atomicDefines(Insn insn) {
    return switch (insn.imm()) {
      case Opcodes.BPF_CMPXCHG -> 1;
      case Opcodes.BPF_LOAD_ACQ -> 1 << insn.dst();
      case Opcodes.BPF_STORE_REL -> 0;
      default -> (insn.imm() & Opcodes.BPF_FETCH) != 0 ? 1 << insn.src() : 0;
    };
  }
}
