package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;

/** Spin locks, saved interrupt states, RCU read sections and sections without preemption. */
final class Locks {
  private static final String NATIVE = "native";
  private static final String LOCK = "lock";

  private final VerifierEnv env;
  private final References references;
  private final BtfPointers pointers;
  private final StackObjects stack;
  private final MemoryChecks memory;

  Locks(
      VerifierEnv env,
      References references,
      BtfPointers pointers,
      StackObjects stack,
      MemoryChecks memory) {
    this.env = env;
    this.references = references;
    this.pointers = pointers;
    this.stack = stack;
    this.memory = memory;
  }

  /** Checks the argument of a lock or unlock function ({@code process_spin_lock}). */
  void spin(int regno, boolean lock, RefState.Kind kind) throws VerifierReject {
    boolean resilient = kind != RefState.Kind.LOCK;
    String word = resilient ? "bpf_res_spin" : "bpf_spin";
    RegState r = env.reg(regno);
    if (!r.varOff.isConst()) {
      throw env.reject(
          EINVAL,
          "R%d doesn't have constant offset. %s_lock has to be at the constant offset",
          regno,
          word);
    }
    MapDescriptor map = r.type == RegType.PTR_TO_MAP_VALUE ? r.map : null;
    if (map != null && map.btf() == null) {
      throw env.reject(
          EINVAL, "map '%s' has to have BTF in order to use %s_lock", map.name(), word);
    }
    BtfRecord record = pointers.record(r);
    BtfFieldType type = resilient ? BtfFieldType.BPF_RES_SPIN_LOCK : BtfFieldType.BPF_SPIN_LOCK;
    if (record == null || !record.has(type)) {
      throw env.reject(
          EINVAL,
          "%s '%s' has no valid %s_lock",
          map == null ? "local" : "map",
          map == null ? "kptr" : map.name(),
          word);
    }
    long off = r.varOff.value() + r.off;
    if (record.offsetOf(type) != off) {
      throw env.reject(
          EINVAL,
          "off %d doesn't point to 'struct %s_lock' that is at %d",
          off,
          word,
          record.offsetOf(type));
    }
    Object object = map == null ? BtfPointers.btf(r) : map;
    if (lock) {
      acquire(kind, r.id, object);
    } else {
      release(kind, r.id, object, word);
    }
  }

  private void acquire(RefState.Kind kind, int id, Object object) throws VerifierReject {
    VerifierState st = env.state;
    if (kind == RefState.Kind.LOCK) {
      if (st.refs.stream().anyMatch(ref -> ref.kind() == RefState.Kind.LOCK)) {
        throw env.reject(EINVAL, "Locking two bpf_spin_locks are not allowed");
      }
    } else if (held(st, kind, id, object) || held(st, other(kind), id, object)) {
      throw env.reject(EINVAL, "Acquiring the same lock again, AA deadlock detected");
    }
    st.refs.add(new RefState(kind, id, env.insnIdx, object));
    st.activeLocks++;
    st.activeLockId = id;
    st.activeLock = object;
  }

  private static RefState.Kind other(RefState.Kind kind) {
    return kind == RefState.Kind.RES_LOCK ? RefState.Kind.RES_LOCK_IRQ : RefState.Kind.RES_LOCK;
  }

  private static boolean held(VerifierState st, RefState.Kind kind, int id, Object object) {
    for (RefState ref : st.refs) {
      if (ref.kind() == kind && ref.id() == id && object.equals(ref.object())) {
        return true;
      }
    }
    return false;
  }

  private void release(RefState.Kind kind, int id, Object object, String word)
      throws VerifierReject {
    VerifierState st = env.state;
    if (st.activeLocks == 0) {
      throw env.reject(EINVAL, "%s_unlock without taking a lock", word);
    }
    if (!held(st, kind, id, object)) {
      throw env.reject(EINVAL, "%s_unlock of different lock", word);
    }
    if (id != st.activeLockId || !object.equals(st.activeLock)) {
      throw env.reject(EINVAL, "%s_unlock cannot be out of order", word);
    }
    drop(st, kind, id, object);
    st.eachReg(r -> {
      if (BtfPointers.isNonOwning(r.type)) {
        references.invalidate(r);
      }
    });
  }

  private static void drop(VerifierState st, RefState.Kind kind, int id, Object object) {
    int before = 0;
    Object beforeObject = null;
    for (int i = 0; i < st.refs.size(); i++) {
      RefState ref = st.refs.get(i);
      if (ref.kind() == kind && ref.id() == id && object.equals(ref.object())) {
        st.refs.remove(i);
        st.activeLocks--;
        st.activeLockId = before;
        st.activeLock = beforeObject;
        return;
      }
      if (ref.kind().isLock()) {
        before = ref.id();
        beforeObject = ref.object();
      }
    }
  }

  /** Whether the lock over an object's lists and trees is held. */
  void requireLockOf(RegState r, int lockOff, String what) throws VerifierReject {
    VerifierState st = env.state;
    Object object =
        RegType.base(r.type) == RegType.PTR_TO_MAP_VALUE && r.map != null
            ? r.map
            : BtfPointers.btf(r);
    boolean same = object.equals(st.activeLock) && st.activeLockId == r.id;
    if (st.activeLocks > 0 && !same) {
      env.complain("held lock and object are not in the same allocation");
    }
    if (st.activeLocks == 0 || !same) {
      throw env.reject(EINVAL, "bpf_spin_lock at off=%d must be held for %s", lockOff, what);
    }
  }

  /** Checks an argument that is a saved interrupt state on the stack. */
  void irqFlag(int regno, KfuncCall call) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.type != RegType.PTR_TO_STACK) {
      throw env.reject(EINVAL, "arg#%d doesn't point to an irq flag on stack", regno - 1);
    }
    boolean lock = call.entry.name().startsWith("bpf_res_spin");
    boolean save = call.entry.name().endsWith("save");
    int slot = stack.slot(r, "irq_flag", 1);
    FuncState f = env.frameOf(r);
    if (save) {
      boolean free =
          slot == StackObjects.NOT_ALLOCATED
              || (slot >= 0 && f.stack[slot].kind(0) != StackSlot.IRQ_FLAG);
      if (!free) {
        throw env.reject(EINVAL, "expected uninitialized irq flag as arg#%d", regno - 1);
      }
      StackObjects.overwrite(memory, regno, 1);
      saveIrq(f, stack.slot(r, "irq_flag", 1), lock ? LOCK : NATIVE);
      return;
    }
    if (slot < 0
        || f.stack[slot].kind(0) != StackSlot.IRQ_FLAG
        || f.stack[slot].spilled.refObjId == 0) {
      throw env.reject(EINVAL, "expected an initialized irq flag as arg#%d", regno - 1);
    }
    stack.read(f, slot, 1);
    restoreIrq(f, slot, lock ? LOCK : NATIVE);
  }

  private void saveIrq(FuncState f, int slot, String family) {
    int id = ++env.idGen;
    env.state.refs.add(new RefState(RefState.Kind.IRQ, id, env.insnIdx, null));
    env.state.activeIrqId = id;
    StackSlot s = f.stack[slot];
    s.spilled.markKnown(0);
    s.spilled.type = RegType.PTR_TO_STACK;
    s.spilled.refObjId = id;
    s.spilled.special = new SpecialSlot.IrqFlag(family);
    s.fill(StackSlot.IRQ_FLAG);
    stack.wrote(f, slot, 1);
  }

  private void restoreIrq(FuncState f, int slot, String family) throws VerifierReject {
    StackSlot s = f.stack[slot];
    String saved = s.spilled.special instanceof SpecialSlot.IrqFlag flag ? flag.family() : "";
    if (!saved.equals(family)) {
      throw env.reject(
          EINVAL,
          "irq flag acquired by %s kfuncs cannot be restored with %s kfuncs",
          saved,
          family);
    }
    VerifierState st = env.state;
    int id = s.spilled.refObjId;
    int before = 0;
    for (int i = 0; i < st.refs.size(); i++) {
      RefState ref = st.refs.get(i);
      if (ref.kind() != RefState.Kind.IRQ) {
        continue;
      }
      if (st.activeIrqId != id && ref.id() == st.activeIrqId) {
        throw env.reject(
            EACCES,
            "cannot restore irq state out of order, expected id=%d acquired at insn_idx=%d",
            st.activeIrqId,
            ref.insnIdx());
      }
      if (st.activeIrqId == id && ref.id() == id) {
        st.refs.remove(i);
        break;
      }
      before = ref.id();
    }
    st.activeIrqId = before;
    s.spilled.markNotInit();
    s.fill(StackSlot.INVALID);
    stack.wrote(f, slot, 1);
  }

  /** Enters and leaves read sections, and refuses what may sleep within one. */
  void sections(KfuncCall call, boolean sleepable, boolean inTreeCallback) throws VerifierReject {
    VerifierState st = env.state;
    String name = call.entry.name();
    boolean enters = call.is("bpf_rcu_read_lock");
    boolean leaves = call.is("bpf_rcu_read_unlock");
    if (st.rcuReadLock) {
      if (inTreeCallback && (enters || leaves)) {
        throw env.reject(
            EACCES, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback");
      }
      if (enters) {
        throw env.reject(EINVAL, "nested rcu read lock (kernel function %s)", name);
      }
      if (leaves) {
        leaveRcu(st);
      } else if (sleepable) {
        throw env.reject(EACCES, "kernel func %s is sleepable within rcu_read_lock region", name);
      }
    } else if (enters) {
      st.rcuReadLock = true;
    } else if (leaves) {
      throw env.reject(EINVAL, "unmatched rcu read unlock (kernel function %s)", name);
    }
    preemption(st, call, sleepable);
    if (st.activeIrqId != 0 && sleepable) {
      throw env.reject(EACCES, "kernel func %s is sleepable within IRQ-disabled region", name);
    }
  }

  private static void leaveRcu(VerifierState st) {
    st.rcuReadLock = false;
    st.eachReg(Locks::distrust);
    for (int i = 0; i <= st.curframe; i++) {
      for (StackSlot s : st.frame(i).stack) {
        if (s.kind(StackSlot.SIZE - 1) == StackSlot.ITER) {
          distrust(s.spilled);
        }
      }
    }
  }

  private static void distrust(RegState r) {
    if ((r.type & RegType.MEM_RCU) != 0) {
      r.type &= ~(RegType.MEM_RCU | RegType.PTR_MAYBE_NULL);
      r.type |= RegType.PTR_UNTRUSTED;
    }
  }

  private void preemption(VerifierState st, KfuncCall call, boolean sleepable)
      throws VerifierReject {
    boolean disables = call.is("bpf_preempt_disable");
    boolean enables = call.is("bpf_preempt_enable");
    if (disables) {
      st.preemptLocks++;
    } else if (enables && st.preemptLocks == 0) {
      throw env.reject(
          EINVAL, "unmatched attempt to enable preemption (kernel function %s)", call.entry.name());
    } else if (enables) {
      st.preemptLocks--;
    } else if (sleepable && st.preemptLocks > 0) {
      throw env.reject(
          EACCES, "kernel func %s is sleepable within non-preemptible region", call.entry.name());
    }
  }

  /** Refuses a helper that may sleep where sleeping is forbidden. */
  static void checkHelper(VerifierEnv env, String name, int id) throws VerifierReject {
    VerifierState st = env.state;
    String where =
        st.rcuReadLock
            ? "rcu_read_lock"
            : st.preemptLocks > 0 ? "non-preemptible" : st.activeIrqId != 0 ? "IRQ-disabled" : null;
    if (where != null) {
      throw env.reject(EINVAL, "sleepable helper %s#%d in %s region", name, id, where);
    }
  }

  /** Whether a kernel function may be called while a spin lock is held. */
  static boolean allowedInSpinLock(@Nullable String kfunc) {
    if (kfunc == null) {
      return false;
    }
    return GraphNodes.isApi(kfunc)
        || kfunc.startsWith("bpf_iter_num_")
        || kfunc.startsWith("bpf_res_spin_")
        || kfunc.startsWith("bpf_arena_")
        || kfunc.startsWith("bpf_stream_");
  }
}
