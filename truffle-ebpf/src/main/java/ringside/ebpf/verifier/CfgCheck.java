package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.E2BIG;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;
import static ringside.ebpf.verifier.VerifierReject.EPERM;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperPrototype;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.kfunc.KfuncFlag;

/**
 * Control flow, before any value is looked at: functions, jump targets, reachability; and the
 * points where paths may meet again and are compared.
 */
final class CfgCheck {
  private static final int DISCOVERED = 0x10;
  private static final int EXPLORED = 0x20;
  private static final int FALLTHROUGH = 1;
  private static final int BRANCH = 2;
  private static final int MAX_SUBPROGS = 256;

  private final VerifierEnv env;
  private final Program program;
  private int[] marks = {};
  private int[] stack = {};
  private int depth;

  CfgCheck(VerifierEnv env) {
    this.env = env;
    program = env.program;
  }

  /** Finds the functions: every target of a local call or of a function reference. */
  void findSubprograms() throws VerifierReject {
    env.addSubprogram(0);
    Exceptions.findCallback(env);
    for (int i = 0; i < program.length(); i++) {
      Insn insn = program.insn(i);
      boolean local = Program.isPseudoFunc(insn) || Program.isPseudoCall(insn);
      if (!local && !Program.isKfuncCall(insn)) {
        continue;
      }
      if (!env.bpfCapable) {
        throw env.reject(
            EPERM,
            "loading/calling other bpf or kernel functions are allowed for CAP_BPF and"
                + " CAP_SYS_ADMIN");
      }
      if (!local) {
        env.kfuncs.add(insn);
        continue;
      }
      long target = (long) i + insn.imm() + 1;
      if (target < 0 || target >= program.length()) {
        throw env.reject(EINVAL, "call to invalid destination");
      }
      env.addSubprogram((int) target);
      if (env.subprogramCount() > MAX_SUBPROGS) {
        throw env.reject(E2BIG, "too many subprograms");
      }
    }
    env.sealSubprograms();
    Exceptions.number(env);
    if (env.log.detailed()) {
      for (int i = 0; i < env.subprograms.size(); i++) {
        env.log.print("func#" + i + " @" + env.subprograms.get(i).start + "\n");
      }
    }
  }

  /** Checks that jumps stay within their function and that no function runs into the next. */
  void checkSubprograms() throws VerifierReject {
    int current = 0;
    Subprogram sub = env.subprograms.get(0);
    for (int i = 0; i < program.length(); i++) {
      Insn insn = program.insn(i);
      int code = insn.code();
      if (Program.isHelperCall(insn) && insn.imm() == Helpers.TAIL_CALL) {
        sub.hasTailCall = true;
        sub.tailCallReachable = true;
      }
      if (Program.klass(insn) == Opcodes.BPF_LD
          && (Program.mode(insn) == Opcodes.BPF_ABS || Program.mode(insn) == Opcodes.BPF_IND)) {
        sub.hasLdAbs = true;
      }
      int op = Program.op(insn);
      if (Program.isJumpClass(insn) && op != Opcodes.BPF_EXIT && op != Opcodes.BPF_CALL) {
        long target = (long) i + Program.jumpOffset(insn) + 1;
        if (target < sub.start || target >= sub.end) {
          throw env.reject(EINVAL, "jump out of range from insn %d to %d", i, target);
        }
      }
      if (i == sub.end - 1) {
        if (code != (Opcodes.BPF_JMP | Opcodes.BPF_EXIT)
            && code != (Opcodes.BPF_JMP32 | Opcodes.BPF_JA)
            && code != (Opcodes.BPF_JMP | Opcodes.BPF_JA)) {
          throw env.reject(EINVAL, "last insn is not an exit or jmp");
        }
        current++;
        if (current < env.subprograms.size()) {
          sub = env.subprograms.get(current);
        }
      }
    }
  }

  /** Walks the program depth first; every instruction must be reached. */
  void checkReachability() throws VerifierReject {
    int n = program.length();
    marks = new int[n];
    stack = new int[n];
    walkFrom(0);
    if (env.exceptionStart >= 0 && marks[env.exceptionStart] == 0) {
      walkFrom(env.exceptionStart);
    }
    for (int i = 0; i < n; i++) {
      if (marks[i] != EXPLORED) {
        throw env.reject(EINVAL, "unreachable insn %d", i);
      }
      if (program.insn(i).isWide()) {
        if (marks[i + 1] != 0) {
          throw env.reject(EINVAL, "jump into the middle of ldimm64 insn %d", i);
        }
        i++;
      }
    }
  }

  private void walkFrom(int start) throws VerifierReject {
    marks[start] = DISCOVERED;
    stack[0] = start;
    depth = 1;
    while (depth > 0) {
      int at = stack[depth - 1];
      if (!visit(at)) {
        marks[at] = EXPLORED;
        depth--;
      }
    }
  }

  /** Follows one edge out of an instruction; true while there is more to explore below it. */
  private boolean visit(int at) throws VerifierReject {
    Insn insn = program.insn(at);
    if (Program.isPseudoFunc(insn)) {
      return visitCall(at, true);
    }
    if (!Program.isJumpClass(insn)) {
      return follow(at, at + (insn.isWide() ? 2 : 1), FALLTHROUGH);
    }
    return switch (Program.op(insn)) {
      case Opcodes.BPF_EXIT -> false;
      case Opcodes.BPF_CALL -> {
        noteHelper(at, insn);
        yield visitCall(at, insn.src() == Opcodes.BPF_PSEUDO_CALL);
      }
      case Opcodes.BPF_JA -> visitJump(at, insn);
      default -> {
        program.aux[at].prunePoint = true;
        if (Program.isMayGoto(insn)) {
          program.aux[at].forceCheckpoint = true;
        }
        yield follow(at, at + 1, FALLTHROUGH) || follow(at, at + 1 + insn.off(), BRANCH);
      }
    };
  }

  private boolean visitJump(int at, Insn insn) throws VerifierReject {
    if (Program.srcIsReg(insn)) {
      throw new VerifierReject(EINVAL, "");
    }
    int target = at + 1 + Program.jumpOffset(insn);
    if (follow(at, target, FALLTHROUGH)) {
      return true;
    }
    mark(target);
    return false;
  }

  private void noteHelper(int at, Insn insn) {
    InsnAux aux = program.aux[at];
    if (Program.isKfuncCall(insn)) {
      noteKfunc(at, env.kfuncs.find(insn));
    }
    if (!Program.isHelperCall(insn)) {
      return;
    }
    if (insn.imm() == Helpers.TIMER_SET_CALLBACK) {
      aux.prunePoint = true;
    }
    if (Helpers.callsCallback(insn.imm())) {
      aux.callsCallback = true;
      aux.forceCheckpoint = true;
      mark(at);
    }
    HelperPrototype proto = env.prototype(insn);
    if (proto != null) {
      Subprogram sub = env.containing(at);
      sub.mightSleep |= proto.mightSleep();
      sub.changesPacketData |= proto.changesPktData() || insn.imm() == Helpers.TAIL_CALL;
    }
  }

  private void noteKfunc(int at, KfuncTable.@Nullable Entry kfunc) {
    if (kfunc == null || kfunc.kfunc() == null) {
      return;
    }
    InsnAux aux = program.aux[at];
    if (kfunc.callsLater()) {
      aux.prunePoint = true;
    }
    if (kfunc.callsBack()) {
      aux.callsCallback = true;
      aux.forceCheckpoint = true;
      mark(at);
    }
    if (kfunc.has(KfuncFlag.KF_ITER_NEXT)) {
      aux.prunePoint = true;
      aux.forceCheckpoint = true;
      aux.iteratorNext = true;
    }
    Subprogram sub = env.containing(at);
    sub.mightSleep |= kfunc.has(KfuncFlag.KF_SLEEPABLE);
    sub.changesPacketData |= kfunc.changesPackets();
  }

  private boolean visitCall(int at, boolean visitCallee) throws VerifierReject {
    Insn insn = program.insn(at);
    int next = at + (insn.isWide() ? 2 : 1);
    if (follow(at, next, FALLTHROUGH)) {
      return true;
    }
    mark(next);
    if (!visitCallee) {
      return false;
    }
    int callee = at + insn.imm() + 1;
    program.aux[at].prunePoint = true;
    Subprogram caller = env.containing(at);
    Subprogram called = env.containing(callee);
    caller.changesPacketData |= called.changesPacketData;
    caller.mightSleep |= called.mightSleep;
    return follow(at, callee, BRANCH);
  }

  private void mark(int at) {
    program.aux[at].prunePoint = true;
    program.aux[at].jumpPoint = true;
  }

  private boolean follow(int from, int to, int edge) throws VerifierReject {
    if (marks[from] >= (DISCOVERED | edge)) {
      return false;
    }
    if (to < 0 || to >= program.length()) {
      throw env.reject(EINVAL, "jump out of range from insn %d to %d", from, to);
    }
    if (edge == BRANCH) {
      mark(to);
    }
    if (marks[to] == 0) {
      marks[from] = DISCOVERED | edge;
      marks[to] = DISCOVERED;
      stack[depth++] = to;
      return true;
    }
    if ((marks[to] & 0xf0) == DISCOVERED) {
      if (env.bpfCapable) {
        return false;
      }
      throw env.reject(EINVAL, "back-edge from insn %d to %d", from, to);
    }
    marks[from] = DISCOVERED | edge;
    return false;
  }

  /**
   * Orders each function's instructions so that successors come first, for the data flow passes.
   */
  void computePostorder() {
    int n = program.length();
    int[] order = new int[n];
    byte[] state = new byte[n];
    int[] work = new int[n + 1];
    int count = 0;
    for (Subprogram sub : env.subprograms) {
      sub.postorderStart = count;
      int top = 0;
      work[top++] = sub.start;
      while (top > 0) {
        int at = work[top - 1];
        if (state[at] == 2) {
          top--;
          continue;
        }
        state[at] = 1;
        boolean pushed = false;
        for (int next : Successors.of(program, at)) {
          if (state[next] == 0) {
            state[next] = 1;
            if (top == work.length) {
              work = Arrays.copyOf(work, top * 2);
            }
            work[top++] = next;
            pushed = true;
          }
        }
        if (!pushed) {
          state[at] = 2;
          order[count++] = at;
          top--;
        }
      }
      sub.postorderEnd = count;
    }
    env.postorder = Arrays.copyOf(order, count);
  }
}
