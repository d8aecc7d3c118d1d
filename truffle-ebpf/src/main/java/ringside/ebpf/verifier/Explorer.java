package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.E2BIG;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.verifier.StateComparison.Exactness;

/**
 * Walks all paths through the program, depth first, and gives up a path when it meets a state that
 * is covered by one already explored.
 */
final class Explorer {
  private static final int MAX_BRANCHES = 8192;
  private static final int MAX_STATES_UNPRIVILEGED = 64;
  private static final int MAX_HISTORY = 40;

  /** A path to be explored later. */
  private record Pending(VerifierState state, int insn, int prevInsn, long logPos) {}

  private static final class Explored {
    final VerifierState state;
    int hits;
    int misses;

    Explored(VerifierState state) {
      this.state = state;
    }
  }

  private final VerifierEnv env;
  private final Trace trace;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private final List<List<Explored>> explored = new ArrayList<>();
  private final List<Explored> evicted = new ArrayList<>();
  private final StateComparison comparison;
  private final StackLiveness liveness;
  private final LoopVisits loops;
  private final InsnChecks checks;
  private int exploredSize;

  Explorer(VerifierEnv env) {
    this.env = env;
    trace = new Trace(env);
    comparison = new StateComparison(env);
    liveness = new StackLiveness(env);
    Precision precision = new Precision(env);
    loops = new LoopVisits(env, precision);
    for (int i = 0; i < env.program.length(); i++) {
      explored.add(new ArrayList<>(0));
    }
    checks = new InsnChecks(env, this, trace, precision, liveness);
  }

  /** Explores a function: the main program, or a global function on its own. */
  void explore(int subprogno) throws VerifierReject {
    for (List<Explored> bucket : explored) {
      bucket.clear();
    }
    evicted.clear();
    exploredSize = 0;
    pending.clear();
    VerifierState st = new VerifierState();
    st.frames[0] = new FuncState(-1, 0, subprogno);
    st.inSleepable = env.sleepable;
    env.state = st;
    env.scratchAll();
    env.insnIdx = env.subprograms.get(subprogno).start;
    env.prevInsnIdx = -1;
    checks.setArguments(subprogno);
    liveness.resetCallChain();
    walk();
    if (!env.log.detailed()) {
      env.log.reset(0);
    }
  }

  private void walk() throws VerifierReject {
    boolean printState = false;
    int prev = -1;
    while (true) {
      VerifierState st = env.state;
      env.curHistory = null;
      env.prevInsnIdx = prev;
      if (env.insnIdx >= env.program.length()) {
        throw env.reject(
            EFAULT, "invalid insn idx %d insn_cnt %d", env.insnIdx, env.program.length());
      }
      if (++env.insnProcessed > VerifierEnv.COMPLEXITY_LIMIT_INSNS) {
        throw env.reject(E2BIG, "BPF program is too large. Processed %d insn", env.insnProcessed);
      }
      st.lastInsnIdx = prev;
      st.insnIdx = env.insnIdx;
      InsnAux aux = env.aux();
      if (aux.prunePoint && isVisited(env.insnIdx)) {
        if (env.log.tracing()) {
          env.log.print(printState ? from(prev) + ": safe\n" : env.insnIdx + ": safe\n");
        }
        if (!next()) {
          return;
        }
        prev = env.prevInsnIdx;
        printState = true;
        continue;
      }
      if (aux.jumpPoint) {
        env.pushHistory(st, 0, null);
      }
      printState = print(printState, prev);
      if (!st.speculative) {
        aux.seen = true;
      }
      prev = env.insnIdx;
      InsnChecks.Next outcome =
          st.speculative && aux.nospec ? InsnChecks.Next.EXIT : check(st, aux);
      if (st.speculative && aux.nospecResult) {
        outcome = InsnChecks.Next.EXIT;
      }
      if (outcome == InsnChecks.Next.RETURNED) {
        printState = true;
      } else if (outcome == InsnChecks.Next.EXIT) {
        if (!next()) {
          return;
        }
        prev = env.prevInsnIdx;
        printState = true;
      }
    }
  }

  /**
   * Checks an instruction. What only a speculative path does wrong a barrier can prevent: it ends
   * there.
   */
  private InsnChecks.Next check(VerifierState st, InsnAux aux) throws VerifierReject {
    liveness.beginWrites(env.insnIdx);
    InsnChecks.Next outcome;
    try {
      outcome = checks.check();
    } catch (VerifierReject e) {
      if (!st.speculative || !e.endsSpeculationOnly()) {
        throw e;
      }
      aux.nospec = true;
      aux.aluState = 0;
      outcome = InsnChecks.Next.EXIT;
    }
    liveness.commitWrites();
    return outcome;
  }

  private String from(int prev) {
    String how = env.state.speculative ? " (speculative execution)" : "";
    return "\nfrom " + prev + " to " + env.insnIdx + how;
  }

  private boolean print(boolean printState, int prev) {
    VerifierState st = env.state;
    if (env.log.detailed() && printState) {
      env.log.print(from(prev) + ":");
      trace.state(st, st.curframe, true);
      printState = false;
    }
    if (env.log.tracing()) {
      if (env.scratchedRegs != 0 || env.scratchedSlots != 0) {
        trace.insnState(st, st.curframe);
      }
      trace.sourceLine(env.insnIdx, "; ");
      trace.insn(env.insnIdx);
    }
    return printState;
  }

  /** Prints what the current instruction changed, before the path goes elsewhere. */
  void printState() {
    if (env.log.tracing()) {
      trace.insnState(env.state, env.state.curframe);
    }
  }

  /** Queues a copy of the current state to go on elsewhere later, and returns the copy. */
  VerifierState push(int insn, int prevInsn) throws VerifierReject {
    VerifierState copy = env.state.copy();
    pending.push(new Pending(copy, insn, prevInsn, env.log.position()));
    if (pending.size() > MAX_BRANCHES) {
      throw env.reject(EFAULT, "The sequence of %d jumps is too complex.", pending.size());
    }
    VerifierState parent = copy.parent;
    if (parent != null) {
      parent.branches++;
    }
    return copy;
  }

  /** Queues a path that only a mistaken processor takes. */
  VerifierState pushSpeculative(int insn, int prevInsn) throws VerifierReject {
    VerifierState copy = push(insn, prevInsn);
    copy.speculative = true;
    return copy;
  }

  /**
   * Queues the simulation of a function that runs later, on its own stack, and returns its state.
   */
  VerifierState pushFresh(int subprogno, int prevInsn, boolean sleepable) throws VerifierReject {
    VerifierState st = new VerifierState();
    st.frames[0] = new FuncState(-1, 0, subprogno);
    st.inSleepable = sleepable;
    pending.push(
        new Pending(st, env.subprograms.get(subprogno).start, prevInsn, env.log.position()));
    if (pending.size() > MAX_BRANCHES) {
      throw env.reject(
          E2BIG, "The sequence of %d jumps is too complex for async cb.", pending.size());
    }
    return st;
  }

  /** Ends the current path and takes up the next; false if there is none. */
  private boolean next() throws VerifierReject {
    env.scratchAll();
    finish(env.state);
    liveness.update();
    Pending p = pending.poll();
    if (p == null) {
      return false;
    }
    env.state = p.state();
    if (!env.log.detailed()) {
      env.log.reset(p.logPos());
    }
    env.insnIdx = p.insn();
    env.prevInsnIdx = p.prevInsn();
    liveness.resetCallChain();
    return true;
  }

  /** One path from a state has ended; tells its parents if it was the last. */
  private void finish(VerifierState from) throws VerifierReject {
    VerifierState st = from;
    boolean ended = false;
    while (st != null) {
      if (--st.branches != 0) {
        break;
      }
      ended |= st != from && !evicted.isEmpty();
      loops.exit(st);
      updatePeak();
      st = st.parent;
    }
    if (ended) {
      evicted.removeIf(e -> e.state.branches == 0);
    }
  }

  private void updatePeak() {
    env.peakStates = Math.max(env.peakStates, exploredSize + evicted.size() + loops.waiting);
  }

  private List<Explored> bucket(int insn) {
    int hash = insn ^ env.state.cur().callsite;
    return explored.get(Integer.remainderUnsigned(hash, explored.size()));
  }

  /** The latest state on the current path that stood at an instruction, or null. */
  @Nullable VerifierState previousEntry(@Nullable VerifierState cur, int insn) {
    if (cur == null) {
      return null;
    }
    for (Explored e : bucket(insn)) {
      VerifierState st = e.state;
      if (st.insnIdx == insn
          && st.branches != 0
          && StateComparison.sameCallsites(st, cur)
          && st.dfsDepth < cur.dfsDepth) {
        return st;
      }
    }
    return null;
  }

  /** Clears what is dead in explored states, so that more states equal them. */
  private void clean(List<Explored> bucket, int insn, VerifierState cur) {
    for (Explored e : bucket) {
      VerifierState st = e.state;
      if (st.branches != 0
          || st.insnIdx != insn
          || st.cleaned
          || !StateComparison.sameCallsites(st, cur)
          || loops.incomplete(st)) {
        continue;
      }
      liveness.query(st);
      st.cleaned = true;
      for (int i = 0; i <= st.curframe; i++) {
        clean(st.frame(i), env.program.aux[st.frameInsnIdx(i)].liveRegsBefore);
      }
    }
  }

  private void clean(FuncState f, int live) {
    for (int i = 0; i < FuncState.FP; i++) {
      if ((live & 1 << i) == 0) {
        f.regs[i].markNotInit();
      }
    }
    for (int i = 0; i < f.stack.length; i++) {
      if (!liveness.isLive(f.frameno, i)) {
        f.stack[i].spilled.markNotInit();
        f.stack[i].fill(StackSlot.INVALID);
      }
    }
  }

  /** Whether the current state is covered; if not, it may be saved. */
  private boolean isVisited(int insn) throws VerifierReject {
    VerifierState cur = env.state;
    InsnAux aux = env.program.aux[insn];
    boolean force = env.testStateFreq || aux.forceCheckpoint || cur.historyCount > MAX_HISTORY;
    boolean add = force;
    int jumps = env.jmpsProcessed - env.prevJmpsProcessed;
    int insns = env.insnProcessed - env.prevInsnProcessed;
    if (jumps >= 2 && insns >= 8) {
      add = true;
    }
    List<Explored> bucket = bucket(insn);
    clean(bucket, insn, cur);
    int states = 0;
    for (int i = 0; i < bucket.size(); i++) {
      Explored e = bucket.get(i);
      states++;
      VerifierState old = e.state;
      if (old.insnIdx != insn) {
        continue;
      }
      boolean hit;
      boolean loop;
      if (old.branches != 0) {
        loop = onPath(e, cur, aux, insn);
        hit = loop;
        if (!hit && !force && jumps < 20 && insns < 100) {
          add = false;
        }
      } else {
        loop = loops.incomplete(old);
        hit = comparison.equal(old, cur, loop ? Exactness.RANGE_WITHIN : Exactness.NOT_EXACT);
      }
      if (hit) {
        e.hits++;
        hit(old, cur, aux, insn, loop);
        return true;
      }
      if (add) {
        e.misses++;
      }
      int patience = aux.forceCheckpoint && old.branches > 0 ? 64 : 3;
      if (e.misses > e.hits * patience + patience) {
        bucket.remove(i--);
        exploredSize--;
        if (old.branches != 0) {
          evicted.add(e);
        }
      }
    }
    env.maxStatesPerInsn = Math.max(env.maxStatesPerInsn, states);
    if ((!env.bpfCapable && states > MAX_STATES_UNPRIVILEGED) || !add) {
      return false;
    }
    save(bucket, cur, insn);
    return false;
  }

  /** Compares with a state on the current path: equal means a loop, endless or converged. */
  private boolean onPath(Explored e, VerifierState cur, InsnAux aux, int insn)
      throws VerifierReject {
    VerifierState old = e.state;
    FuncState frame = old.cur();
    if (frame.inAsyncCallback && frame.asyncEntryCount != cur.cur().asyncEntryCount) {
      return false;
    }
    if (aux.iteratorNext) {
      return comparison.equal(old, cur, Exactness.RANGE_WITHIN) && Iterators.isActive(cur);
    }
    if (Program.isMayGoto(env.program.insn(insn))
        && old.mayGotoDepth != cur.mayGotoDepth
        && comparison.equal(old, cur, Exactness.RANGE_WITHIN)) {
      return true;
    }
    if (aux.callsCallback) {
      return comparison.equal(old, cur, Exactness.RANGE_WITHIN);
    }
    if (StateComparison.maybeLooping(old, cur)
        && comparison.equal(old, cur, Exactness.EXACT)
        && old.mayGotoDepth == cur.mayGotoDepth
        && old.callbackUnrollDepth == cur.callbackUnrollDepth
        && !Iterators.depthsDiffer(old, cur)) {
      trace.sourceLine(insn, "; ");
      VerifierReject reject = env.reject(EINVAL, "infinite loop detected at insn %d", insn);
      env.log.print("cur state:");
      trace.state(cur, cur.curframe, true);
      env.log.print("old state:");
      trace.state(old, cur.curframe, true);
      throw reject;
    }
    return false;
  }

  private void hit(VerifierState old, VerifierState cur, InsnAux aux, int insn, boolean loop)
      throws VerifierReject {
    if (aux.jumpPoint) {
      env.pushHistory(cur, 0, null);
    }
    loops.propagate(old, cur);
    if (loop) {
      VerifierState backedge = cur.copy();
      backedge.equalState = old;
      backedge.insnIdx = insn;
      loops.addBackedge(old, backedge);
      updatePeak();
    }
  }

  private void save(List<Explored> bucket, VerifierState cur, int insn) {
    env.totalStates++;
    exploredSize++;
    updatePeak();
    env.prevJmpsProcessed = env.jmpsProcessed;
    env.prevInsnProcessed = env.insnProcessed;
    if (env.bpfCapable) {
      Precision.markAllImprecise(cur);
    }
    VerifierState saved = cur.copy();
    saved.insnIdx = insn;
    loops.enter(saved);
    cur.parent = saved;
    cur.firstInsnIdx = insn;
    cur.dfsDepth = saved.dfsDepth + 1;
    cur.clearHistory();
    bucket.add(0, new Explored(saved));
  }
}
