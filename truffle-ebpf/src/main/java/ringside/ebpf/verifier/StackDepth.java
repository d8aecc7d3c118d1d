package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.E2BIG;
import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Adds up the stack along every chain of calls: 512 bytes over at most eight frames. */
final class StackDepth {
  private static final int MAX_BEFORE_TAIL_CALL = 256;
  private static final int GRANULE = 16;
  private static final int PRIVATE_STACK_MIN = 64;

  private final VerifierEnv env;

  /** The functions that led to the one being walked. */
  private final int[] path = new int[VerifierState.MAX_FRAMES];

  StackDepth(VerifierEnv env) {
    this.env = env;
  }

  void check() throws VerifierReject {
    boolean tailCalls = false;
    for (Subprogram sub : env.subprograms) {
      tailCalls |= sub.hasTailCall;
    }
    boolean privateStack =
        !tailCalls
            && switch (env.type) {
              case KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT -> true;
              default -> false;
            };
    boolean[] reach = new boolean[env.subprograms.size()];
    walk(0, 0, 0, privateStack, reach);
    for (int i = 1; i < env.subprograms.size(); i++) {
      if (env.subprograms.get(i).isAsyncCallback) {
        walk(i, 0, 0, false, reach);
      }
    }
  }

  /** A callback cannot be unwound: whoever called it knows nothing of exceptions. */
  private void checkThrow(int insn, int subprogno, int frame) throws VerifierReject {
    boolean callback = env.subprograms.get(subprogno).isCallback;
    for (int i = 0; i < frame && !callback; i++) {
      callback = env.subprograms.get(path[i]).isCallback;
    }
    if (callback) {
      throw env.reject(
          EINVAL,
          "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d",
          insn,
          subprogno);
    }
  }

  /** Walks a function and what it calls; true if a tail call is reachable from it. */
  private boolean walk(int subprogno, int above, int frame, boolean privateStack, boolean[] reach)
      throws VerifierReject {
    Subprogram sub = env.subprograms.get(subprogno);
    if (subprogno != 0 && sub.hasTailCall && above >= MAX_BEFORE_TAIL_CALL) {
      throw env.reject(
          EACCES,
          "tail_calls are not allowed when call stack of previous frames is %d bytes. Too large",
          above);
    }
    int own = (sub.stackDepth + GRANULE - 1) / GRANULE * GRANULE;
    int depth = above;
    if (privateStack && own >= PRIVATE_STACK_MIN) {
      if (own > Opcodes.MAX_BPF_STACK) {
        throw env.reject(EACCES, "stack size of subprog %d is %d. Too large", subprogno, own);
      }
    } else {
      depth += own;
      if (depth > Opcodes.MAX_BPF_STACK) {
        throw env.reject(
            EACCES, "combined stack size of %d calls is %d. Too large", frame + 1, depth);
      }
    }
    boolean tail = sub.hasTailCall;
    for (int i = sub.start; i < sub.end; i++) {
      Insn insn = env.program.insn(i);
      if (Program.isKfuncCall(insn) && env.kfuncs.nameOf(insn).equals("bpf_throw")) {
        checkThrow(i, subprogno, frame);
      }
      if (!Program.isPseudoCall(insn) && !Program.isPseudoFunc(insn)) {
        continue;
      }
      if (frame + 1 >= VerifierState.MAX_FRAMES) {
        throw env.reject(E2BIG, "the call stack of %d frames is too deep !", frame + 1);
      }
      int callee = env.findSubprogram(i + insn.imm() + 1);
      Subprogram called = env.subprograms.get(callee);
      if (called.isAsyncCallback) {
        // It runs on a stack of its own unless it is called.
        if (!Program.isPseudoCall(insn)) {
          continue;
        }
        if (called.isExceptionCallback) {
          throw env.reject(EINVAL, "insn %d cannot call exception cb directly", i);
        }
      }
      path[frame] = subprogno;
      tail |= walk(callee, depth, frame + 1, privateStack, reach);
    }
    if (tail) {
      sub.tailCallReachable = true;
      reach[subprogno] = true;
    }
    return tail;
  }
}
