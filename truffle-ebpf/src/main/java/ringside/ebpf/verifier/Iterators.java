package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.kfunc.KfuncFlag;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Open-coded iterators: stack slots that {@code new}, {@code next} and {@code destroy} share. */
final class Iterators {
  private static final int EPROTO = 71;
  private static final String PREFIX = "bpf_iter_";

  private final VerifierEnv env;
  private final References references;
  private final StackObjects stack;
  private final MemoryChecks memory;
  private final Explorer explorer;

  Iterators(
      VerifierEnv env,
      References references,
      StackObjects stack,
      MemoryChecks memory,
      Explorer explorer) {
    this.env = env;
    this.references = references;
    this.stack = stack;
    this.memory = memory;
    this.explorer = explorer;
  }

  /** The iterator's struct behind a parameter, or 0 ({@code btf_check_iter_arg}). */
  static int structOf(Btf btf, BtfType.Parameter parameter) {
    if (!(btf.stripped(parameter.type()) instanceof BtfType.Ptr pointer)) {
      return 0;
    }
    int id = btf.strip(pointer.type());
    return btf.type(id) instanceof BtfType.Struct s && s.name().startsWith(PREFIX) ? id : 0;
  }

  /** Checks an argument that is an iterator ({@code process_iter_arg}). */
  void argument(int regno, Btf btf, KfuncCall call) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.type != RegType.PTR_TO_STACK) {
      throw env.reject(EINVAL, "arg#%d expected pointer to an iterator on stack", regno - 1);
    }
    int struct = structOf(btf, call.entry.parameters().get(regno - 1));
    if (struct == 0) {
      throw env.reject(EINVAL, "expected valid iter pointer as arg #%d", regno - 1);
    }
    String name = btf.type(struct).name().substring(PREFIX.length());
    int slots = (int) btf.sizeOf(struct) / StackSlot.SIZE;
    if (call.entry.has(KfuncFlag.KF_ITER_NEW)) {
      if (!free(r, slots)) {
        throw env.reject(EINVAL, "expected uninitialized iter_%s as arg #%d", name, regno - 1);
      }
      StackObjects.overwrite(memory, regno, slots);
      begin(r, slots, struct, name, call);
      return;
    }
    int slot = slot(r, slots);
    if (slot < 0) {
      throw env.reject(EINVAL, "expected an initialized iter_%s as arg #%d", name, regno - 1);
    }
    FuncState f = env.frameOf(r);
    checkInitialized(f, slot, slots, struct, name, regno, call);
    stack.read(f, slot, slots);
    call.iterator = f.stack[slot].spilled;
    call.iteratorSlot = slot;
    call.iteratorFrame = r.frameno;
    call.refObjId = call.iterator.refObjId;
    if (call.entry.has(KfuncFlag.KF_ITER_DESTROY)) {
      end(f, slot, slots);
    }
  }

  private int slot(RegState r, int slots) {
    return stack.slot(r, "iter", slots);
  }

  private boolean free(RegState r, int slots) {
    int slot = slot(r, slots);
    if (slot == StackObjects.NOT_ALLOCATED) {
      return true;
    }
    if (slot < 0) {
      return false;
    }
    FuncState f = env.frameOf(r);
    for (int i = 0; i < slots; i++) {
      for (int j = 0; j < StackSlot.SIZE; j++) {
        if (f.stack[slot - i].kind(j) == StackSlot.ITER) {
          return false;
        }
      }
    }
    return true;
  }

  private void begin(RegState r, int slots, int struct, String name, KfuncCall call)
      throws VerifierReject {
    int slot = slot(r, slots);
    if (slot < 0) {
      throw new VerifierReject(-slot, "");
    }
    FuncState f = env.frameOf(r);
    int ref = references.acquire();
    int trust = 0;
    if (call.entry.has(KfuncFlag.KF_RCU_PROTECTED)) {
      trust = env.inRcuSection() ? RegType.MEM_RCU : RegType.PTR_UNTRUSTED;
    }
    for (int i = 0; i < slots; i++) {
      StackSlot s = f.stack[slot - i];
      RegState state = s.spilled;
      state.markKnown(0);
      state.type = RegType.PTR_TO_STACK | trust;
      state.refObjId = i == 0 ? ref : 0;
      state.btfId = struct;
      state.special = new SpecialSlot.Iterator(name, false, 0);
      s.fill(StackSlot.ITER);
    }
    stack.wrote(f, slot, slots);
  }

  private void checkInitialized(
      FuncState f, int slot, int slots, int struct, String name, int regno, KfuncCall call)
      throws VerifierReject {
    for (int i = 0; i < slots; i++) {
      StackSlot s = f.stack[slot - i];
      RegState state = s.spilled;
      boolean valid = true;
      if (s.kind(0) == StackSlot.ITER && (state.type & RegType.PTR_UNTRUSTED) != 0) {
        throw env.reject(EPROTO, "expected an RCU CS when using %s", call.entry.name());
      }
      valid &= (state.refObjId != 0) == (i == 0);
      valid &= state.special instanceof SpecialSlot.Iterator && state.btfId == struct;
      for (int j = 0; j < StackSlot.SIZE; j++) {
        valid &= s.kind(j) == StackSlot.ITER;
      }
      if (!valid) {
        throw env.reject(EINVAL, "expected an initialized iter_%s as arg #%d", name, regno - 1);
      }
    }
  }

  private void end(FuncState f, int slot, int slots) {
    references.release(f.stack[slot].spilled.refObjId);
    for (int i = 0; i < slots; i++) {
      StackSlot s = f.stack[slot - i];
      s.spilled.markNotInit();
      s.fill(StackSlot.INVALID);
    }
    stack.wrote(f, slot, slots);
  }

  /** Forks the path at a call of {@code next}: one more element, or none ({@code NULL}). */
  void next(KfuncCall call, References pointers) throws VerifierReject {
    VerifierState here = env.state;
    RegState iterator = current(here, call);
    if (!(iterator.special instanceof SpecialSlot.Iterator it)) {
      throw env.bug("unexpected iterator state");
    }
    if (!it.drained()) {
      VerifierState parent = here.parent;
      if (parent == null
          || parent.insnIdx != env.insnIdx
          || !StateComparison.sameCallsites(parent, here)) {
        throw env.bug("bad parent state for iter next call");
      }
      VerifierState before = explorer.previousEntry(parent, env.insnIdx);
      VerifierState queued = explorer.push(env.insnIdx + 1, env.insnIdx);
      current(queued, call).special = new SpecialSlot.Iterator(it.kind(), false, it.depth() + 1);
      if (before != null) {
        StateComparison.widenImprecise(env, before, queued);
      }
      pointers.markNotNull(queued.cur().regs[0]);
    }
    iterator.special = new SpecialSlot.Iterator(it.kind(), true, it.depth());
    env.markConstZero(env.reg(0));
  }

  /** Whether the iterator that r1 points to may have more elements. */
  static boolean isActive(VerifierState st) {
    RegState r1 = st.cur().regs[1];
    int slot = (int) (-(r1.off + r1.varOff.value()) - 1) / StackSlot.SIZE;
    StackSlot[] stack = st.frame(r1.frameno).stack;
    return r1.type == RegType.PTR_TO_STACK
        && slot < stack.length
        && stack[slot].spilled.special instanceof SpecialSlot.Iterator it
        && !it.drained();
  }

  /**
   * Whether an active iterator was advanced between two states ({@code iter_active_depths_differ}).
   */
  static boolean depthsDiffer(VerifierState old, VerifierState cur) {
    for (int i = old.curframe; i >= 0; i--) {
      StackSlot[] stack = old.frame(i).stack;
      StackSlot[] now = cur.frame(i).stack;
      for (int j = 0; j < stack.length; j++) {
        if (stack[j].kind(0) == StackSlot.ITER
            && stack[j].spilled.special instanceof SpecialSlot.Iterator a
            && !a.drained()
            && j < now.length
            && now[j].spilled.special instanceof SpecialSlot.Iterator b
            && a.depth() != b.depth()) {
          return true;
        }
      }
    }
    return false;
  }

  private static RegState current(VerifierState st, KfuncCall call) {
    return st.frame(call.iteratorFrame).stack[call.iteratorSlot].spilled;
  }
}
