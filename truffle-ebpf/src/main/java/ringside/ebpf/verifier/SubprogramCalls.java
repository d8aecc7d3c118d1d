package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.E2BIG;
import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ArgType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Calls between the functions of a program, and functions that helpers call back. */
final class SubprogramCalls {
  private final VerifierEnv env;
  private final Explorer explorer;
  private final Trace trace;
  private final Precision precision;
  private final StackLiveness liveness;
  private final References references;
  private final ReturnChecks returns;
  private final HelperArgs args;
  private final Dynptrs dynptrs;
  private final ArgumentTags tags;

  SubprogramCalls(
      VerifierEnv env,
      Explorer explorer,
      Trace trace,
      Precision precision,
      StackLiveness liveness,
      References references,
      ReturnChecks returns,
      HelperArgs args,
      Dynptrs dynptrs) {
    this.env = env;
    this.explorer = explorer;
    this.trace = trace;
    this.precision = precision;
    this.liveness = liveness;
    this.references = references;
    this.returns = returns;
    this.args = args;
    this.dynptrs = dynptrs;
    tags = new ArgumentTags(env);
  }

  /** Checks a call; a static function is entered, a global one is taken at its word. */
  void check(Insn insn) throws VerifierReject {
    int target = env.insnIdx + insn.imm() + 1;
    int callee = env.findSubprogram(target);
    Subprogram sub = env.subprograms.get(callee);
    if (sub.global) {
      callGlobal(callee, sub);
      return;
    }
    VerifierState st = env.state;
    RegState[] caller = st.cur().regs;
    FuncState frame = enter(st, callee, env.insnIdx);
    for (int i = 1; i <= 5; i++) {
      frame.regs[i].set(caller[i]);
    }
    clearCallerSaved(caller);
    env.insnIdx = sub.start - 1;
    liveness.resetCallChain();
    if (env.log.tracing()) {
      env.log.print("caller:\n");
      trace.state(st, st.curframe - 1, true);
      env.log.print("callee:\n");
      trace.state(st, st.curframe, true);
    }
  }

  private FuncState enter(VerifierState st, int callee, int callsite) throws VerifierReject {
    if (st.curframe + 1 >= VerifierState.MAX_FRAMES) {
      throw env.reject(E2BIG, "the call stack of %d frames is too deep", st.curframe + 2);
    }
    FuncState frame = new FuncState(callsite, st.curframe + 1, callee);
    st.frames[++st.curframe] = frame;
    env.scratchAll();
    return frame;
  }

  private void clearCallerSaved(RegState[] regs) {
    for (int i = 0; i <= 5; i++) {
      regs[i].markNotInit();
    }
  }

  private void callGlobal(int callee, Subprogram sub) throws VerifierReject {
    VerifierState st = env.state;
    if (st.activeLocks > 0) {
      throw env.reject(
          EINVAL,
          "global function calls are not allowed while holding a lock,\n"
              + "use static function instead");
    }
    boolean atomic =
        st.rcuReadLock || st.preemptLocks > 0 || st.activeIrqId != 0 || !st.inSleepable;
    if (sub.mightSleep && atomic) {
      throw env.reject(
          EINVAL,
          """
          global functions that may sleep are not allowed in non-sleepable context,
          i.e., in a RCU/IRQ/preempt-disabled section, or in
          a non-sleepable BPF program context\
          """);
    }
    try {
      checkArguments(sub);
    } catch (VerifierReject e) {
      if (e.errno == EFAULT) {
        throw e;
      }
      throw env.reject(e.errno, "Caller passes invalid args into func#%d ('%s')", callee, sub.name);
    }
    if (env.log.tracing()) {
      env.log.print("Func#" + callee + " ('" + sub.name + "') is global and assumed valid.\n");
    }
    if (sub.changesPacketData) {
      references.clearPackets();
    }
    sub.called = true;
    clearCallerSaved(env.regs());
    env.markUnknown(env.reg(0));
  }

  /** Queues the simulation of a tree's comparison function. */
  void pushTreeCallback(Insn insn, KfuncCall call, GraphNodes graph) throws VerifierReject {
    FuncState caller = env.state.cur();
    env.subprograms.get(call.subprogno).isCallback = true;
    VerifierState queued = explorer.push(env.subprograms.get(call.subprogno).start, env.insnIdx);
    FuncState callee = enter(queued, call.subprogno, env.insnIdx);
    graph.setComparisonArguments(callee, call);
    finishCallback(queued, caller, callee);
  }

  private static void finishCallback(VerifierState queued, FuncState caller, FuncState callee) {
    callee.inCallback = true;
    callee.callbackReturn = new ReturnRange(0, 1);
    queued.callbackUnrollDepth++;
    queued.frame(queued.curframe - 1).callbackDepth++;
    caller.callbackDepth = 0;
  }

  /**
   * Queues the simulation of a function that runs later, on a stack of its own: a timer's, a
   * workqueue's.
   */
  void pushAsync(int subprogno, @Nullable MapDescriptor map, int mapUid, boolean sleepable)
      throws VerifierReject {
    Subprogram sub = env.subprograms.get(subprogno);
    sub.isCallback = true;
    sub.isAsyncCallback = true;
    VerifierState fresh = explorer.pushFresh(subprogno, env.insnIdx, sleepable);
    FuncState callee = fresh.cur();
    callee.asyncEntryCount = env.state.cur().asyncEntryCount + 1;
    pointer(callee.regs[1], RegType.CONST_PTR_TO_MAP, map, 0);
    pointer(callee.regs[2], RegType.PTR_TO_MAP_KEY, map, 0);
    pointer(callee.regs[3], RegType.PTR_TO_MAP_VALUE, map, mapUid);
    callee.inAsyncCallback = true;
    callee.callbackReturn = new ReturnRange(0, 0);
  }

  private void checkArguments(Subprogram sub) throws VerifierReject {
    List<Argument> arguments = tags.of(sub);
    for (int i = 0; arguments != null && i < arguments.size(); i++) {
      checkArgument(i, arguments.get(i));
    }
  }

  private void checkArgument(int i, Argument a) throws VerifierReject {
    int regno = i + 1;
    RegState r = env.reg(regno);
    switch (a.kind()) {
      case SCALAR -> {
        if (!r.isScalar()) {
          throw env.reject(EINVAL, "R%d is not a scalar", regno);
        }
      }
      case CTX -> {
        args.checkOffset(regno, r, ArgType.ARG_DONTCARE);
        if (r.type != RegType.PTR_TO_CTX) {
          throw env.reject(EINVAL, "arg#%d expects pointer to ctx", i);
        }
      }
      case MEM -> {
        if (a.untrusted()) {
          return;
        }
        args.checkOffset(regno, r, ArgType.ARG_DONTCARE);
        args.readWrite(regno, r, a.memSize(), references);
        if (!a.nullable() && RegType.mayBeNull(r.type)) {
          throw env.reject(EINVAL, "arg#%d is expected to be non-NULL", i);
        }
      }
      case ARENA -> {
        if (r.type != RegType.PTR_TO_ARENA && !r.isScalar()) {
          throw env.reject(EINVAL, "R%d is not a pointer to arena or scalar.", regno);
        }
      }
      case DYNPTR -> {
        args.checkOffset(regno, r, ArgType.ARG_PTR_TO_DYNPTR_RDONLY);
        dynptrs.argument(regno, Dynptrs.Use.READ, null, 0);
      }
      case BTF_ID -> {
        if (a.untrusted() || (a.nullable() && r.isScalar() && r.varOff.equalsConst(0))) {
          return;
        }
        args.checkKernelStruct(regno, r, a.btfId(), a.nullable());
        args.checkOffset(regno, r, ArgType.ARG_PTR_TO_BTF_ID);
      }
    }
  }

  /** Gives a function that is verified on its own the arguments it may assume. */
  void setArguments(int subprogno) throws VerifierReject {
    RegState[] regs = env.regs();
    if (subprogno == env.exceptionCallback) {
      env.state.cur().inExceptionCallback = true;
    }
    if (subprogno == 0) {
      regs[1].type = RegType.PTR_TO_CTX;
      regs[1].markKnown(0);
      return;
    }
    List<Argument> arguments = tags.of(env.subprograms.get(subprogno));
    if (subprogno == env.exceptionCallback
        && (arguments == null
            || arguments.size() != 1
            || arguments.get(0).kind() != Argument.Kind.SCALAR)) {
      throw env.reject(EINVAL, "exception cb only supports single integer argument");
    }
    for (int i = 0; arguments != null && i < arguments.size(); i++) {
      setArgument(regs[i + 1], arguments.get(i));
    }
  }

  private void setArgument(RegState r, Argument a) {
    r.markKnown(0);
    int orNull = a.nullable() ? RegType.PTR_MAYBE_NULL : 0;
    switch (a.kind()) {
      case SCALAR, ARENA -> env.markUnknown(r);
      case CTX -> r.type = RegType.PTR_TO_CTX;
      case MEM -> {
        int untrusted = a.untrusted() ? RegType.PTR_UNTRUSTED | RegType.MEM_RDONLY : 0;
        r.type = RegType.PTR_TO_MEM | orNull | untrusted;
        r.memSize = a.memSize();
        if (!a.untrusted()) {
          r.id = ++env.idGen;
        }
      }
      case BTF_ID -> {
        int trust = a.untrusted() ? RegType.PTR_UNTRUSTED : RegType.PTR_TRUSTED;
        r.type = RegType.PTR_TO_BTF_ID | trust | orNull;
        r.btf = env.kernelBtf;
        r.btfId = a.btfId();
        r.id = ++env.idGen;
      }
      case DYNPTR -> dynptrs.markConst(r, Dynptrs.LOCAL);
    }
  }

  /** A loop without flags and with one callback is inlined: then the flags must stay known. */
  private void noteLoop(int subprogno) throws VerifierReject {
    InsnAux aux = env.aux();
    if (aux.loopSeen && !aux.loopInline) {
      return;
    }
    RegState flags = env.reg(4);
    boolean none = flags.isScalar() && flags.varOff.equalsConst(0);
    if (none) {
      precision.mark(4);
    }
    aux.loopInline = none && (!aux.loopSeen || aux.loopCallback == subprogno);
    if (!aux.loopSeen) {
      aux.loopCallback = subprogno;
    }
    aux.loopSeen = true;
  }

  /** Queues the simulation of a callback; the helper itself returns at once. */
  void pushCallback(Insn insn, HelperArgs.Meta meta) throws VerifierReject {
    FuncState caller = env.state.cur();
    if (insn.imm() == Helpers.LOOP) {
      noteLoop(meta.subprogno);
      precision.mark(1);
      if (Long.compareUnsigned(caller.callbackDepth, caller.regs[1].umax) >= 0) {
        caller.callbackDepth = 0;
        if (env.log.detailed()) {
          env.log.print("frame" + env.state.curframe + " bpf_loop iteration limit reached\n");
        }
        return;
      }
    }
    Subprogram sub = env.subprograms.get(meta.subprogno);
    sub.isCallback = true;
    VerifierState queued = explorer.push(sub.start, env.insnIdx);
    RegState[] from = queued.cur().regs;
    FuncState callee = enter(queued, meta.subprogno, env.insnIdx);
    switch (insn.imm()) {
      case Helpers.LOOP -> {
        env.markUnknown(callee.regs[1]);
        callee.regs[2].set(from[3]);
      }
      case Helpers.FOR_EACH_MAP_ELEM -> {
        callee.regs[1].set(from[1]);
        pointer(callee.regs[2], RegType.PTR_TO_MAP_KEY, from[1].map, from[1].mapUid);
        pointer(callee.regs[3], RegType.PTR_TO_MAP_VALUE, from[1].map, from[1].mapUid);
        callee.regs[4].set(from[3]);
      }
      case Helpers.FIND_VMA -> {
        callee.regs[1].set(from[1]);
        RegState vma = callee.regs[2];
        Btf kernel = env.kernelBtf;
        vma.markKnown(0);
        vma.type = RegType.PTR_TO_BTF_ID;
        vma.btf = kernel;
        vma.btfId =
            kernel == null ? 0 : kernel.find("vm_area_struct", BtfType.Struct.class).orElse(0);
        callee.regs[3].set(from[4]);
      }
      default -> {
        dynptrs.markConst(callee.regs[1], Dynptrs.LOCAL);
        callee.regs[2].set(from[3]);
      }
    }
    finishCallback(queued, caller, callee);
  }

  private static void pointer(RegState r, int type, @Nullable MapDescriptor map, int mapUid) {
    r.markKnown(0);
    r.type = type;
    r.map = map;
    r.mapUid = mapUid;
  }

  /** Returns from a function to its caller, or from a callback to the helper that called it. */
  void leave() throws VerifierReject {
    liveness.update();
    VerifierState st = env.state;
    FuncState callee = st.cur();
    RegState r0 = callee.regs[0];
    if (r0.type == RegType.PTR_TO_STACK) {
      throw env.reject(EINVAL, "cannot return stack pointer to the caller");
    }
    FuncState caller = st.frame(st.curframe - 1);
    int to = callee.callsite + 1;
    if (callee.inCallback) {
      if (!r0.isScalar()) {
        throw env.reject(EACCES, "R0 not a scalar value");
      }
      precision.mark(0);
      ReturnRange range = callee.callbackReturn;
      if (range != null) {
        returns.checkRange(r0, range, "At callback return");
      }
      to = callee.callsite;
    } else {
      caller.regs[0].set(r0);
    }
    env.insnIdx = to;
    if (env.log.tracing()) {
      env.log.print("returning from callee:\n");
      trace.state(st, st.curframe, true);
      env.log.print("to caller at " + to + ":\n");
      trace.state(st, st.curframe - 1, true);
    }
    st.frames[st.curframe--] = null;
    if (callee.inCallback) {
      VerifierState before = explorer.previousEntry(st, to);
      if (before != null) {
        StateComparison.widenImprecise(env, before, st);
      }
    }
    liveness.resetCallChain();
  }
}
