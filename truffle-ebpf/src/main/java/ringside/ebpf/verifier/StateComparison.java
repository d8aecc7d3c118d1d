package ringside.ebpf.verifier;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a state is covered by one already explored: if that one was safe, so is this.
 *
 * <p>Ids only say which registers belong together, so they are compared up to renaming.
 */
final class StateComparison {
  /** How strictly states are compared. */
  enum Exactness {
    /** What nobody relied on may differ. */
    NOT_EXACT,
    /** Everything must be the same: used to find endless loops. */
    EXACT,
    /** Ranges must lie within the old ones, whether or not anybody relied on them yet. */
    RANGE_WITHIN
  }

  private final VerifierEnv env;
  private final RegState unbound = new RegState();
  private int[] oldIds = new int[16];
  private int[] curIds = new int[16];
  private int pairs;
  private int tempIds;

  StateComparison(VerifierEnv env) {
    this.env = env;
    unbound.markUnknownImprecise();
  }

  boolean equal(VerifierState old, VerifierState cur, Exactness exact) {
    if (old.curframe != cur.curframe) {
      return false;
    }
    pairs = 0;
    tempIds = env.idGen;
    if (old.speculative && !cur.speculative) {
      return false;
    }
    if (old.inSleepable != cur.inSleepable || !sameRefs(old, cur)) {
      return false;
    }
    for (int i = 0; i <= old.curframe; i++) {
      FuncState a = old.frame(i);
      FuncState b = cur.frame(i);
      if (a.callsite != b.callsite || !frames(a, b, old.frameInsnIdx(i), exact)) {
        return false;
      }
    }
    return true;
  }

  private boolean frames(FuncState old, FuncState cur, int insn, Exactness exact) {
    if (old.callbackDepth > cur.callbackDepth) {
      return false;
    }
    int live = env.program.aux[insn].liveRegsBefore;
    for (int i = 0; i < FuncState.REGISTERS; i++) {
      boolean counts = i == FuncState.FP || (live & 1 << i) != 0;
      if (counts && !regSafe(old.regs[i], cur.regs[i], exact)) {
        return false;
      }
    }
    return stackSafe(old, cur, exact);
  }

  private boolean ids(int old, int cur) {
    if ((old != 0) != (cur != 0)) {
      return false;
    }
    if (old == 0) {
      return true;
    }
    for (int i = 0; i < pairs; i++) {
      if (oldIds[i] == old) {
        return curIds[i] == cur;
      }
      if (curIds[i] == cur) {
        return false;
      }
    }
    if (pairs == oldIds.length) {
      oldIds = Arrays.copyOf(oldIds, pairs * 2);
      curIds = Arrays.copyOf(curIds, pairs * 2);
    }
    oldIds[pairs] = old;
    curIds[pairs++] = cur;
    return true;
  }

  private boolean scalarIds(int old, int cur) {
    return ids(old != 0 ? old : ++tempIds, cur != 0 ? cur : ++tempIds);
  }

  private boolean same(RegState old, RegState cur) {
    return old.samePointee(cur)
        && old.sameBounds(cur)
        && ids(old.id, cur.id)
        && ids(old.refObjId, cur.refObjId);
  }

  private static boolean within(RegState old, RegState cur) {
    return Long.compareUnsigned(old.umin, cur.umin) <= 0
        && Long.compareUnsigned(old.umax, cur.umax) >= 0
        && old.smin <= cur.smin
        && old.smax >= cur.smax
        && Integer.compareUnsigned(old.u32min, cur.u32min) <= 0
        && Integer.compareUnsigned(old.u32max, cur.u32max) >= 0
        && old.s32min <= cur.s32min
        && old.s32max >= cur.s32max
        && old.varOff.contains(cur.varOff);
  }

  /** Whether a register of the explored state covers the current one. */
  private boolean regSafe(RegState old, RegState cur, Exactness exact) {
    if (exact == Exactness.EXACT) {
      return same(old, cur);
    }
    if (old.type == RegType.NOT_INIT
        && (exact == Exactness.NOT_EXACT || cur.type == RegType.NOT_INIT)) {
      return true;
    }
    if (old.type != cur.type) {
      return false;
    }
    return switch (RegType.base(old.type)) {
      case RegType.SCALAR_VALUE -> scalarSafe(old, cur, exact);
      case RegType.PTR_TO_MAP_KEY,
          RegType.PTR_TO_MAP_VALUE,
          RegType.PTR_TO_MEM,
          RegType.PTR_TO_BUF,
          RegType.PTR_TO_TP_BUFFER ->
          old.samePointee(cur)
              && within(old, cur)
              && ids(old.id, cur.id)
              && ids(old.refObjId, cur.refObjId);
      case RegType.PTR_TO_PACKET, RegType.PTR_TO_PACKET_META ->
          rangeSafe(old.range, cur.range)
              && old.off == cur.off
              && ids(old.id, cur.id)
              && within(old, cur);
      case RegType.PTR_TO_STACK -> same(old, cur) && old.frameno == cur.frameno;
      case RegType.PTR_TO_ARENA -> true;
      default -> same(old, cur);
    };
  }

  /** At least as much of the packet must be accessible; a known end must be the same one. */
  private static boolean rangeSafe(int old, int cur) {
    boolean end = old < 0 || cur < 0;
    return end ? old == cur : old <= cur;
  }

  private boolean scalarSafe(RegState old, RegState cur, Exactness exact) {
    if (env.exploreAluLimits) {
      return old.samePointee(cur) && old.sameBounds(cur) && scalarIds(old.id, cur.id);
    }
    if (!old.precise && exact == Exactness.NOT_EXACT) {
      return true;
    }
    // An unlinked scalar in the old state asks nothing of the current one's links.
    if (old.id != 0) {
      int add = RegState.ADD_CONST;
      if ((old.id & add) != (cur.id & add)
          || ((old.id & add) != 0 && old.off != cur.off)
          || !scalarIds(old.id, cur.id)) {
        return false;
      }
    }
    return within(old, cur);
  }

  /** A slot seen as one scalar: spilled, or eight bytes of which nothing is known. */
  private @Nullable RegState asScalar(StackSlot s) {
    if (s.isSpilledScalar64()) {
      return s.spilled;
    }
    for (int i = 0; i < 8; i++) {
      int kind = s.kind(i);
      if (kind != StackSlot.MISC && !(kind == StackSlot.INVALID && env.allowUninitStack)) {
        return null;
      }
    }
    return unbound;
  }

  private boolean stackSafe(FuncState old, FuncState cur, Exactness exact) {
    for (int slot = 0; slot < old.stack.length; slot++) {
      StackSlot a = old.stack[slot];
      StackSlot b = slot < cur.stack.length ? cur.stack[slot] : null;
      for (int i = 0; i < 8; i++) {
        int kind = a.kind(i);
        if (exact != Exactness.NOT_EXACT && (b == null || kind != b.kind(i))) {
          return false;
        }
        if (kind == StackSlot.INVALID || (kind == StackSlot.MISC && env.allowUninitStack)) {
          continue;
        }
        if (b == null) {
          return false;
        }
        RegState x = asScalar(a);
        RegState y = asScalar(b);
        if (x != null && y != null) {
          if (!regSafe(x, y, exact)) {
            return false;
          }
          break;
        }
        if (kind == StackSlot.MISC && b.kind(i) == StackSlot.ZERO) {
          continue;
        }
        if (kind != b.kind(i)) {
          return false;
        }
        if (i == 7 && !specialSafe(a, b, exact)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean specialSafe(StackSlot a, StackSlot b, Exactness exact) {
    RegState x = a.spilled;
    RegState y = b.spilled;
    return switch (a.kind(7)) {
      case StackSlot.SPILL -> regSafe(x, y, exact);
      case StackSlot.DYNPTR -> Objects.equals(x.special, y.special) && ids(x.refObjId, y.refObjId);
      case StackSlot.ITER ->
          x.special instanceof SpecialSlot.Iterator i
              && y.special instanceof SpecialSlot.Iterator j
              && i.kind().equals(j.kind())
              && i.drained() == j.drained()
              && x.type == y.type
              && ids(x.refObjId, y.refObjId);
      case StackSlot.IRQ_FLAG ->
          Objects.equals(x.special, y.special) && ids(x.refObjId, y.refObjId);
      default -> true;
    };
  }

  private boolean sameRefs(VerifierState old, VerifierState cur) {
    if (old.refs.size() != cur.refs.size()
        || old.preemptLocks != cur.preemptLocks
        || old.rcuReadLock != cur.rcuReadLock
        || old.activeLocks != cur.activeLocks
        || !ids(old.activeIrqId, cur.activeIrqId)
        || !ids(old.activeLockId, cur.activeLockId)
        || !Objects.equals(old.activeLock, cur.activeLock)) {
      return false;
    }
    for (int i = 0; i < old.refs.size(); i++) {
      RefState a = old.refs.get(i);
      RefState b = cur.refs.get(i);
      if (!ids(a.id(), b.id()) || a.kind() != b.kind() || !Objects.equals(a.object(), b.object())) {
        return false;
      }
    }
    return true;
  }

  /** A cheap test before the exact one: nothing at all may differ in the registers. */
  static boolean maybeLooping(VerifierState old, VerifierState cur) {
    if (old.curframe != cur.curframe) {
      return false;
    }
    for (int i = 0; i < FuncState.REGISTERS; i++) {
      RegState a = old.cur().regs[i];
      RegState b = cur.cur().regs[i];
      if (!a.samePointee(b) || !a.sameBounds(b) || a.id != b.id || a.refObjId != b.refObjId) {
        return false;
      }
    }
    return true;
  }

  static boolean sameCallsites(VerifierState a, VerifierState b) {
    if (a.curframe != b.curframe) {
      return false;
    }
    for (int i = a.curframe; i >= 0; i--) {
      if (a.frame(i).callsite != b.frame(i).callsite) {
        return false;
      }
    }
    return true;
  }

  /** Forgets scalars that changed since a loop's last round and that nobody relied on. */
  static void widenImprecise(VerifierEnv env, VerifierState old, VerifierState cur) {
    for (int i = old.curframe; i >= 0; i--) {
      FuncState a = old.frame(i);
      FuncState b = cur.frame(i);
      for (int j = 0; j < FuncState.REGISTERS; j++) {
        widen(env, a.regs[j], b.regs[j]);
      }
      for (int j = 0; j < Math.min(a.stack.length, b.stack.length); j++) {
        if (a.stack[j].isSpilled() && b.stack[j].isSpilled()) {
          widen(env, a.stack[j].spilled, b.stack[j].spilled);
        }
      }
    }
  }

  private static void widen(VerifierEnv env, RegState old, RegState cur) {
    if (!old.isScalar()
        || !cur.isScalar()
        || old.precise
        || cur.precise
        || (old.samePointee(cur) && old.sameBounds(cur))) {
      return;
    }
    env.markUnknown(cur);
  }
}
