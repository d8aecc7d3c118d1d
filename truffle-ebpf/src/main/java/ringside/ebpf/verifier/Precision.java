package ringside.ebpf.verifier;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * Marks the scalars whose exact range a decision rested on.
 *
 * <p>Where a value mattered, the path is walked backwards to everything the value was computed
 * from, and those registers and slots are marked precise in the states saved on the way. Comparing
 * states, a scalar that is not precise in the explored one matches any other.
 */
final class Precision {
  private static final int ARGS = 0x3e;

  private final VerifierEnv env;
  private final int[] regs = new int[VerifierState.MAX_FRAMES];
  private final long[] slots = new long[VerifierState.MAX_FRAMES];
  private int frame;
  private boolean changed;

  Precision(VerifierEnv env) {
    this.env = env;
  }

  /** The backtracking cannot follow: everything must be taken as precise. */
  private static final class Unsupported extends Exception {
    private static final long serialVersionUID = 1L;

    Unsupported() {
      super(null, null, false, false);
    }
  }

  /** Asks that a register's value be precise; {@code regno} below zero asks nothing new. */
  void mark(int regno) throws VerifierReject {
    mark(env.state, regno);
  }

  void requestReg(int frameno, int regno) {
    regs[frameno] |= 1 << regno;
  }

  void requestSlot(int frameno, int slot) {
    slots[frameno] |= 1L << slot;
  }

  private boolean empty() {
    long any = 0;
    for (int i = 0; i <= frame; i++) {
      any |= regs[i] | slots[i];
    }
    return any == 0;
  }

  private void reset() {
    Arrays.fill(regs, 0);
    Arrays.fill(slots, 0);
    frame = 0;
  }

  private boolean has(int reg) {
    return (regs[frame] & 1 << reg) != 0;
  }

  private void set(int reg) {
    regs[frame] |= 1 << reg;
  }

  private void clear(int reg) {
    regs[frame] &= ~(1 << reg);
  }

  /**
   * Walks back from a state and marks what its requested registers and slots derive from.
   *
   * @return whether any mark was new
   */
  boolean mark(VerifierState start, int regno) throws VerifierReject {
    changed = false;
    if (!env.bpfCapable) {
      return false;
    }
    frame = start.curframe;
    if (regno >= 0) {
      if (start.cur().regs[regno].type != RegType.SCALAR_VALUE) {
        throw env.bug("backtracking misuse");
      }
      set(regno);
    }
    if (empty()) {
      return false;
    }
    try {
      walk(start);
    } catch (Unsupported e) {
      markAllPrecise(start);
    }
    reset();
    return changed;
  }

  private void walk(VerifierState start) throws VerifierReject, Unsupported {
    VerifierState st = start;
    int first = st.firstInsnIdx;
    int last = st.insnIdx;
    int subsequent = -1;
    boolean skip = true;
    while (true) {
      if (env.log.detailed()) {
        env.log.print(
            String.format(
                "mark_precise: frame%d: last_idx %d first_idx %d subseq_idx %d \n",
                frame, last, first, subsequent));
      }
      if (last < 0) {
        markEntry(st);
        return;
      }
      int history = st.historyCount;
      int i = last;
      while (true) {
        if (skip) {
          skip = false;
        } else {
          backtrack(i, subsequent, entry(st, history, i));
        }
        if (empty()) {
          return;
        }
        subsequent = i;
        VerifierState.HistoryEntry step = history > 0 ? st.history[history - 1] : null;
        if (i == st.firstInsnIdx && (history == 0 || (history == 1 && st.history[0].idx == i))) {
          break;
        }
        if (step != null && step.idx == i) {
          i = step.prevIdx;
          history--;
        } else {
          i--;
        }
        if (i < 0 || i >= env.program.length()) {
          throw env.bug("backtracking idx " + i);
        }
      }
      st = st.parent;
      if (st == null) {
        break;
      }
      markParent(st);
      if (empty()) {
        return;
      }
      subsequent = first;
      last = st.lastInsnIdx;
      first = st.firstInsnIdx;
    }
    throw new Unsupported();
  }

  /** The beginning of a function verified on its own: only its arguments may be asked for. */
  private void markEntry(VerifierState st) throws VerifierReject {
    FuncState f = st.frame(0);
    if (st.curframe == 0
        && f.subprogno > 0
        && f.callsite == -1
        && slots[frame] == 0
        && (regs[frame] & ~ARGS) == 0) {
      for (int i = 1; i <= 5; i++) {
        if (has(i)) {
          clear(i);
          if (f.regs[i].isScalar()) {
            f.regs[i].precise = true;
            changed = true;
          }
        }
      }
      return;
    }
    throw env.bug(
        String.format(
            "backtracking func entry subprog %d reg_mask %x stack_mask %x",
            f.subprogno, regs[frame], slots[frame]));
  }

  private void markParent(VerifierState st) {
    for (int fr = frame; fr >= 0; fr--) {
      FuncState f = st.frame(fr);
      for (int i = 0; i < FuncState.FP; i++) {
        if ((regs[fr] & 1 << i) != 0 && settled(f.regs[i])) {
          regs[fr] &= ~(1 << i);
        }
      }
      for (int i = 0; i < 64; i++) {
        if ((slots[fr] & 1L << i) != 0
            && (i >= f.stack.length
                || !f.stack[i].isSpilledScalar()
                || settled(f.stack[i].spilled))) {
          slots[fr] &= ~(1L << i);
        }
      }
      if (env.log.detailed()) {
        StringBuilder text = new StringBuilder();
        text.append("mark_precise: frame").append(fr).append(": parent state regs=");
        text.append(regNames(regs[fr])).append(" stack=").append(StackLiveness.slots(slots[fr]));
        text.append(": ");
        StatePrinter.append(text, st, fr, -1, -1L);
        env.log.print(text.toString());
      }
    }
  }

  /** Marks a register precise; true if nothing is left to do for it further up. */
  private boolean settled(RegState r) {
    if (!r.isScalar() || r.precise) {
      return true;
    }
    r.precise = true;
    changed = true;
    return false;
  }

  static String regNames(int mask) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      if ((mask & 1 << i) != 0) {
        text.append(text.length() > 0 ? ",r" : "r").append(i);
      }
    }
    return text.toString();
  }

  private static VerifierState.@Nullable HistoryEntry entry(VerifierState st, int count, int insn) {
    if (count > 0 && st.history[count - 1].idx == insn) {
      return st.history[count - 1];
    }
    return null;
  }

  private void syncLinked(VerifierState.@Nullable HistoryEntry hist) {
    long[] linked = hist == null ? null : hist.linked;
    if (linked == null) {
      return;
    }
    boolean any = false;
    for (long e : linked) {
      int fr = LinkedRegs.frame(e);
      int n = LinkedRegs.index(e);
      any |= LinkedRegs.isReg(e) ? (regs[fr] & 1 << n) != 0 : (slots[fr] & 1L << n) != 0;
    }
    if (!any) {
      return;
    }
    for (long e : linked) {
      if (LinkedRegs.isReg(e)) {
        requestReg(LinkedRegs.frame(e), LinkedRegs.index(e));
      } else {
        requestSlot(LinkedRegs.frame(e), LinkedRegs.index(e));
      }
    }
  }

  private void backtrack(int idx, int subsequent, VerifierState.@Nullable HistoryEntry hist)
      throws VerifierReject, Unsupported {
    Insn insn = env.program.insn(idx);
    if (insn.code() == 0) {
      return;
    }
    if (env.log.detailed()) {
      env.log.print(
          "mark_precise: frame"
              + frame
              + ": regs="
              + regNames(regs[frame])
              + " stack="
              + StackLiveness.slots(slots[frame])
              + " before "
              + idx
              + ": "
              + InsnText.of(env, idx)
              + "\n");
    }
    syncLinked(hist);
    if (step(insn, idx, subsequent, hist)) {
      syncLinked(hist);
    }
  }

  /** Undoes one instruction; false if it has no bearing on what is asked for. */
  private boolean step(
      Insn insn, int idx, int subsequent, VerifierState.@Nullable HistoryEntry hist)
      throws VerifierReject, Unsupported {
    int dst = insn.dst();
    int flags = hist == null ? 0 : hist.flags;
    boolean stack = (flags & HistoryFlags.STACK_ACCESS) != 0;
    return switch (Program.klass(insn)) {
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> arithmetic(insn);
      case Opcodes.BPF_LDX -> load(dst, flags, stack);
      case Opcodes.BPF_ST, Opcodes.BPF_STX -> store(insn, flags, stack);
      case Opcodes.BPF_LD -> immediate(insn);
      default -> jump(insn, idx, subsequent, flags);
    };
  }

  private boolean arithmetic(Insn insn) {
    int op = Program.op(insn);
    if (!has(insn.dst()) || op == Opcodes.BPF_END || op == Opcodes.BPF_NEG) {
      return false;
    }
    if (op == Opcodes.BPF_MOV) {
      clear(insn.dst());
    }
    if (Program.srcIsReg(insn) && insn.src() != FuncState.FP) {
      set(insn.src());
    }
    return true;
  }

  private boolean immediate(Insn insn) throws Unsupported {
    if (!has(insn.dst())) {
      return false;
    }
    clear(insn.dst());
    if (!insn.isWide()) {
      throw new Unsupported();
    }
    return true;
  }

  private boolean load(int dst, int flags, boolean stack) {
    if (!has(dst)) {
      return false;
    }
    clear(dst);
    if (!stack) {
      return false;
    }
    requestSlot(HistoryFlags.frame(flags), HistoryFlags.slot(flags));
    return true;
  }

  private boolean store(Insn insn, int flags, boolean stack) throws Unsupported {
    if (Program.isAtomicLoad(insn)) {
      return load(insn.dst(), flags, stack);
    }
    // An atomic that fetches is a store only, as in Linux 6.18: the request for its result goes on
    // to
    // what the register held before, although the value came out of memory.
    if (has(insn.dst())) {
      // A scalar cannot be an address: pointers were subtracted on the way.
      throw new Unsupported();
    }
    if (!stack) {
      return false;
    }
    int fr = HistoryFlags.frame(flags);
    long slot = 1L << HistoryFlags.slot(flags);
    if ((slots[fr] & slot) == 0) {
      return false;
    }
    slots[fr] &= ~slot;
    if (Program.klass(insn) == Opcodes.BPF_STX) {
      set(insn.src());
    }
    return true;
  }

  private boolean jump(Insn insn, int idx, int subsequent, int flags)
      throws VerifierReject, Unsupported {
    int op = Program.op(insn);
    if (op == Opcodes.BPF_CALL) {
      return call(insn, idx, subsequent);
    }
    if (op == Opcodes.BPF_EXIT) {
      exit(subsequent);
      return false;
    }
    if (op != Opcodes.BPF_JA && Program.srcIsReg(insn) && !env.has(VerifierBug.CVE_2023_2163)) {
      if (!has(insn.dst()) && !has(insn.src())) {
        return false;
      }
      if ((flags & HistoryFlags.SRC_REG_STACK) == 0) {
        set(insn.src());
      }
      if ((flags & HistoryFlags.DST_REG_STACK) == 0) {
        set(insn.dst());
      }
    }
    return true;
  }

  private boolean call(Insn insn, int idx, int subsequent) throws VerifierReject, Unsupported {
    if (Program.isPseudoCall(insn)) {
      if (env.containing(idx + insn.imm() + 1).global) {
        if ((regs[frame] & ARGS) != 0) {
          throw env.bug(String.format("global subprog unexpected regs %x", regs[frame]));
        }
        clear(0);
        return false;
      }
      leaveCallee("static subprog");
      for (int i = 1; i <= 5; i++) {
        if (has(i)) {
          clear(i);
          requestReg(frame - 1, i);
        }
      }
      frame--;
      return false;
    }
    if (env.program.aux[idx].callsCallback && idx != subsequent - 1) {
      leaveCallee("callback");
      regs[frame] &= ~ARGS;
      frame--;
      return false;
    }
    if (Program.isKfuncCall(insn) && insn.imm() == 0) {
      throw new Unsupported();
    }
    clear(0);
    if ((regs[frame] & ARGS) != 0) {
      throw env.bug(String.format("backtracking call unexpected regs %x", regs[frame]));
    }
    return true;
  }

  private void leaveCallee(String what) throws VerifierReject {
    if ((regs[frame] & ~ARGS) != 0) {
      throw env.bug(String.format("%s unexpected regs %x", what, regs[frame]));
    }
    if (slots[frame] != 0) {
      throw env.bug(String.format("%s leftover stack slots %x", what, slots[frame]));
    }
    if (frame == 0) {
      throw env.bug("subprog exit from frame 0");
    }
  }

  private void exit(int subsequent) throws VerifierReject {
    if (subsequent >= 0 && env.program.aux[subsequent].callsCallback) {
      regs[frame] &= ~ARGS;
    }
    if ((regs[frame] & ARGS) != 0) {
      throw env.bug(String.format("backtracking exit unexpected regs %x", regs[frame]));
    }
    boolean r0 =
        subsequent >= 1 && Program.isPseudoCall(env.program.insn(subsequent - 1)) && has(0);
    clear(0);
    if (frame == VerifierState.MAX_FRAMES - 1) {
      throw env.bug("subprog enter from frame " + frame);
    }
    frame++;
    if (r0) {
      set(0);
    }
  }

  /** Gives up on finding the sources: every scalar of every state on the path counts. */
  void markAllPrecise(VerifierState start) {
    if (env.log.detailed()) {
      env.log.print(
          "mark_precise: frame"
              + start.curframe
              + ": falling back to forcing all scalars precise\n");
    }
    for (VerifierState st = start.parent; st != null; st = st.parent) {
      for (int i = 0; i <= st.curframe; i++) {
        FuncState f = st.frame(i);
        for (int j = 0; j < FuncState.FP; j++) {
          force(f.regs[j], i, "r" + j);
        }
        for (int j = 0; j < f.stack.length; j++) {
          if (f.stack[j].isSpilled()) {
            force(f.stack[j].spilled, i, "fp" + -8 * (j + 1));
          }
        }
      }
    }
  }

  private void force(RegState r, int frameno, String name) {
    if (!r.isScalar() || r.precise) {
      return;
    }
    r.precise = true;
    if (env.log.detailed()) {
      env.log.print("force_precise: frame" + frameno + ": forcing " + name + " to be precise\n");
    }
  }

  /** Forgets the marks a state inherited, before it is saved. */
  static void markAllImprecise(VerifierState st) {
    for (int i = 0; i <= st.curframe; i++) {
      FuncState f = st.frame(i);
      for (int j = 0; j < FuncState.FP; j++) {
        if (f.regs[j].isScalar()) {
          f.regs[j].precise = false;
        }
      }
      for (StackSlot s : f.stack) {
        if (s.isSpilledScalar()) {
          s.spilled.precise = false;
        }
      }
    }
  }
}
