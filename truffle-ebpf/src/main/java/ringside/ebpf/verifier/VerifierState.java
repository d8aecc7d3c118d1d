package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything known at one point of one path: the call frames and what the path holds. */
final class VerifierState {
  static final int MAX_FRAMES = 8;

  /** One step of the path, kept so that precision can be propagated backwards. */
  static final class HistoryEntry {
    int idx;
    int prevIdx;

    /** {@code HistoryFlags} of the instruction. */
    int flags;

    /** Scalars that shared an id when the instruction was a conditional jump. */
    long @Nullable [] linked;
  }

  final @Nullable FuncState[] frames = new FuncState[MAX_FRAMES];
  int curframe;
  List<RefState> refs = new ArrayList<>(0);
  int activeLocks;
  int preemptLocks;

  /** The lock taken last: the id of the pointer to what holds it, and that object. */
  int activeLockId;

  @Nullable Object activeLock;

  /** The interrupt state saved last, 0 while interrupts are enabled. */
  int activeIrqId;

  boolean rcuReadLock;
  boolean speculative;
  boolean inSleepable;
  boolean cleaned;

  /** Paths that start here and are not explored to their end. */
  int branches = 1;

  int insnIdx;
  int firstInsnIdx;
  int lastInsnIdx;
  int dfsDepth;
  int callbackUnrollDepth;
  int mayGotoDepth;
  @Nullable VerifierState parent;

  /** The explored state this one was found equal to, for states on a loop's back edge. */
  @Nullable VerifierState equalState;

  HistoryEntry[] history = {};
  int historyCount;

  FuncState frame(int i) {
    FuncState f = frames[i];
    if (f == null) {
      throw new IllegalStateException("no frame " + i);
    }
    return f;
  }

  FuncState cur() {
    return frame(curframe);
  }

  /**
   * Index of the instruction a frame stands at: here for the innermost, its call for the others.
   */
  int frameInsnIdx(int frame) {
    return frame == curframe ? insnIdx : frame(frame + 1).callsite;
  }

  VerifierState copy() {
    VerifierState s = new VerifierState();
    s.set(this);
    return s;
  }

  /** Makes this a deep copy of {@code o}. History entries are shared until changed. */
  void set(VerifierState o) {
    for (int i = 0; i < MAX_FRAMES; i++) {
      frames[i] = i <= o.curframe ? o.frame(i).copy() : null;
    }
    curframe = o.curframe;
    refs = new ArrayList<>(o.refs);
    activeLocks = o.activeLocks;
    preemptLocks = o.preemptLocks;
    activeLockId = o.activeLockId;
    activeLock = o.activeLock;
    activeIrqId = o.activeIrqId;
    rcuReadLock = o.rcuReadLock;
    speculative = o.speculative;
    inSleepable = o.inSleepable;
    cleaned = o.cleaned;
    branches = o.branches;
    insnIdx = o.insnIdx;
    firstInsnIdx = o.firstInsnIdx;
    lastInsnIdx = o.lastInsnIdx;
    dfsDepth = o.dfsDepth;
    callbackUnrollDepth = o.callbackUnrollDepth;
    mayGotoDepth = o.mayGotoDepth;
    parent = o.parent;
    equalState = o.equalState;
    history = new HistoryEntry[o.historyCount];
    for (int i = 0; i < o.historyCount; i++) {
      HistoryEntry from = o.history[i];
      HistoryEntry to = new HistoryEntry();
      to.idx = from.idx;
      to.prevIdx = from.prevIdx;
      to.flags = from.flags;
      to.linked = from.linked;
      history[i] = to;
    }
    historyCount = o.historyCount;
  }

  HistoryEntry addHistory() {
    if (historyCount == history.length) {
      history = Arrays.copyOf(history, Math.max(8, historyCount * 2));
    }
    HistoryEntry e = new HistoryEntry();
    history[historyCount++] = e;
    return e;
  }

  void clearHistory() {
    history = new HistoryEntry[0];
    historyCount = 0;
  }

  /** Visits every register and spilled register of every frame. */
  void eachReg(java.util.function.Consumer<RegState> visitor) {
    for (int i = 0; i <= curframe; i++) {
      FuncState f = frame(i);
      for (RegState r : f.regs) {
        visitor.accept(r);
      }
      for (StackSlot s : f.stack) {
        if (s.isSpilled()) {
          visitor.accept(s.spilled);
        }
      }
    }
  }
}
