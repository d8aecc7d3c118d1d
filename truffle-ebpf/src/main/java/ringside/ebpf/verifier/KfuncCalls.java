package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.kfunc.KfuncFlag;

/** Calls of kernel functions by BTF id ({@code check_kfunc_call}). */
final class KfuncCalls {
  private static final int MAX_ERRNO = 4095;

  private final VerifierEnv env;
  private final KfuncArgs args;
  private final References references;
  private final Iterators iterators;
  private final Locks locks;
  private final GraphNodes graph;
  private final KfuncReturns returns;
  private final SubprogramCalls calls;
  private final Explorer explorer;
  private final ReturnChecks exits;

  KfuncCalls(
      VerifierEnv env,
      KfuncArgs args,
      References references,
      Iterators iterators,
      Locks locks,
      GraphNodes graph,
      KfuncReturns returns,
      SubprogramCalls calls,
      Explorer explorer,
      ReturnChecks exits) {
    this.env = env;
    this.args = args;
    this.references = references;
    this.iterators = iterators;
    this.locks = locks;
    this.graph = graph;
    this.returns = returns;
    this.calls = calls;
    this.explorer = explorer;
    this.exits = exits;
  }

  /** Checks a call; true where the path ends with it, because it throws. */
  boolean check(Insn insn) throws VerifierReject {
    KfuncTable.Entry entry = env.kfuncs.find(insn);
    if (insn.imm() == 0 || entry == null) {
      // Fails later, unless the call turns out to be dead code.
      return false;
    }
    if (entry.kfunc() == null) {
      throw env.reject(EACCES, "calling kernel function %s is not allowed", entry.name());
    }
    InsnAux aux = env.aux();
    aux.kfunc = entry;
    KfuncCall call = new KfuncCall(entry);
    boolean sleepable = entry.has(KfuncFlag.KF_SLEEPABLE);
    if (entry.has(KfuncFlag.KF_DESTRUCTIVE) && !env.input.capabilities().sysAdmin()) {
      throw env.reject(EACCES, "destructive kfunc calls require CAP_SYS_BOOT capability");
    }
    if (sleepable && !env.state.inSleepable) {
      throw env.reject(
          EACCES, "program must be sleepable to call sleepable kfunc %s", entry.name());
    }
    boolean takesLock = call.is("bpf_res_spin_lock") || call.is("bpf_res_spin_lock_irqsave");
    if (takesLock) {
      forkFailure();
    } else if (call.is("__bpf_trap")) {
      throw env.reject(EFAULT, "unexpected __bpf_trap() due to uninitialized variable?");
    }
    args.check(call);
    callbacks(insn, call);
    locks.sections(call, sleepable, graph.inTreeCallback());
    if (entry.has(KfuncFlag.KF_RCU_PROTECTED)
        && !entry.has(KfuncFlag.KF_ITER_NEW)
        && !entry.has(KfuncFlag.KF_ITER_NEXT)
        && !entry.has(KfuncFlag.KF_ITER_DESTROY)
        && !env.inRcuSection()) {
      throw env.reject(
          EACCES, "kernel function %s requires RCU critical section protection", entry.name());
    }
    release(call);
    if (GraphNodes.adds(entry.name())) {
      aux.insertOff = env.reg(2).off;
      aux.structType = call.argBtfId;
      graph.convertOwner();
    }
    if (call.is("bpf_throw")) {
      if (env.exceptionCallback < 0) {
        exits.checkThrow();
      }
      clear();
      return true;
    }
    clear();
    returns.set(call, takesLock);
    if (entry.changesPackets()) {
      references.clearPackets();
    }
    if (entry.has(KfuncFlag.KF_ITER_NEXT)) {
      iterators.next(call, references);
    }
    return false;
  }

  private void clear() {
    RegState[] regs = env.regs();
    for (int i = 0; i <= 5; i++) {
      regs[i].markNotInit();
      env.scratchReg(i);
    }
  }

  /** Taking a resilient lock may fail: that path goes on without the lock. */
  private void forkFailure() throws VerifierReject {
    VerifierState failed = explorer.push(env.insnIdx + 1, env.insnIdx);
    RegState[] regs = failed.cur().regs;
    for (int i = 0; i <= 5; i++) {
      regs[i].markNotInit();
    }
    RegState r0 = regs[0];
    env.markUnknown(r0);
    r0.s32min = -MAX_ERRNO;
    r0.s32max = -1;
    r0.smin = -MAX_ERRNO;
    r0.smax = -1;
    RegBounds.sync(r0);
  }

  private void callbacks(Insn insn, KfuncCall call) throws VerifierReject {
    if (call.entry.callsBack()) {
      calls.pushTreeCallback(insn, call, graph);
    } else if (call.entry.callsLater()) {
      calls.pushAsync(call.subprogno, call.map, call.mapUid, true);
    }
  }

  private void release(KfuncCall call) throws VerifierReject {
    if (call.releaseReg == 0) {
      return;
    }
    if (!references.release(env.reg(call.releaseReg).refObjId)) {
      throw env.reject(
          EINVAL,
          "kfunc %s#%d reference has not been acquired before",
          call.entry.name(),
          call.entry.id());
    }
  }
}
