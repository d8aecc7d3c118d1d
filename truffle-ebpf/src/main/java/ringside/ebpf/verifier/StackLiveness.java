package ringside.ebpf.verifier;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which stack slots may still be read from an instruction on, in each chain of calls.
 *
 * <p>Paths record what they read and what they certainly write; a backwards data flow over the
 * function then tells what is live. Sets of slots are bit masks, slot 0 ({@code fp-8}) lowest. A
 * function called from two places is two instances, and a callee's reads and writes of its callers'
 * stacks are carried over to the calls. The answer for a state is final once no path from it is
 * open.
 */
final class StackLiveness {

  /**
   * A chain of calls: the instruction each frame stands at, and where each function starts.
   *
   * <p>Not a record of lists: it is a key that is looked up for every path.
   */
  private static final class CallChain {
    private final int[] callsites;
    private final int[] starts;
    private final int hash;

    CallChain(int[] callsites, int[] starts) {
      this.callsites = callsites;
      this.starts = starts;
      hash = 31 * Arrays.hashCode(callsites) + Arrays.hashCode(starts);
    }

    int depth() {
      return callsites.length - 1;
    }

    int start() {
      return starts[starts.length - 1];
    }

    CallChain outer() {
      int n = depth();
      int[] sites = Arrays.copyOf(callsites, n);
      int[] begins = Arrays.copyOf(starts, n);
      sites[n - 1] = begins[n - 1];
      return new CallChain(sites, begins);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof CallChain o
          && Arrays.equals(callsites, o.callsites)
          && Arrays.equals(starts, o.starts);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** The marks of one frame's slots, for each instruction of a function. */
  private static final class Masks {
    final long[] mayRead;
    final long[] mustWrite;
    final long[] mustWriteAcc;
    final long[] liveBefore;

    Masks(int n) {
      mayRead = new long[n];
      mustWrite = new long[n];
      mustWriteAcc = new long[n];
      liveBefore = new long[n];
    }
  }

  private static final class Instance {
    final CallChain chain;
    final @Nullable Masks[] frames = new Masks[VerifierState.MAX_FRAMES];
    final boolean[] written;
    final int start;
    boolean updated;
    boolean writeDropped;

    Instance(CallChain chain, int length) {
      this.chain = chain;
      start = chain.start();
      written = new boolean[length];
    }

    Masks frame(int frame) {
      Masks m = frames[frame];
      if (m == null) {
        m = new Masks(written.length);
        frames[frame] = m;
      }
      return m;
    }

    boolean live(int insn, int frame, int slot) {
      Masks m = frames[frame];
      return m != null && (m.liveBefore[insn - start] & 1L << slot) != 0;
    }
  }

  private final VerifierEnv env;
  private final Map<CallChain, Instance> instances = new HashMap<>();
  private @Nullable Instance current;
  private final long[] writes = new long[VerifierState.MAX_FRAMES];
  private int writeInsn;
  private final @Nullable Instance[] query = new Instance[VerifierState.MAX_FRAMES];
  private @Nullable VerifierState queried;

  StackLiveness(VerifierEnv env) {
    this.env = env;
  }

  private CallChain chainOf(VerifierState st, int frame) {
    int[] sites = new int[frame + 1];
    int[] starts = new int[frame + 1];
    for (int i = 0; i <= frame; i++) {
      int start = env.subprograms.get(st.frame(i).subprogno).start;
      starts[i] = start;
      sites[i] = i < frame ? st.frame(i + 1).callsite : start;
    }
    return new CallChain(sites, starts);
  }

  private Instance lookup(CallChain chain) {
    Instance instance = instances.get(chain);
    if (instance == null) {
      Subprogram sub = env.containing(chain.start());
      instance = new Instance(chain, sub.end - sub.start);
      instances.put(chain, instance);
    }
    return instance;
  }

  /** To be called whenever the call frames change. */
  void resetCallChain() {
    current = null;
  }

  private Instance instance() {
    Instance i = current;
    if (i == null) {
      i = lookup(chainOf(env.state, env.state.curframe));
      current = i;
    }
    return i;
  }

  void markRead(int frame, int insn, long mask) {
    markRead(instance(), frame, insn, mask);
  }

  private static void markRead(Instance instance, int frame, int insn, long mask) {
    Masks m = instance.frame(frame);
    int at = insn - instance.start;
    long now = m.mayRead[at] | mask;
    if (now != m.mayRead[at] && (now | m.liveBefore[at]) != m.liveBefore[at]) {
      instance.updated = true;
    }
    m.mayRead[at] = now;
  }

  /** Starts collecting the writes of an instruction. */
  void beginWrites(int insn) {
    instance();
    Arrays.fill(writes, 0);
    writeInsn = insn;
  }

  void markWrite(int frame, long mask) {
    writes[frame] |= mask;
  }

  /** Merges the collected writes: a slot counts as written if every path writes it. */
  void commitWrites() {
    if (current != null) {
      commit(current);
    }
  }

  private void commit(Instance instance) {
    int at = writeInsn - instance.start;
    for (int frame = 0; frame <= instance.chain.depth(); frame++) {
      long mask = writes[frame];
      if (mask == 0 && !instance.written[at]) {
        continue;
      }
      Masks m = instance.frame(frame);
      long old = m.mustWrite[at];
      if (instance.written[at]) {
        mask &= old;
      }
      if (old != mask) {
        m.mustWrite[at] = mask;
        instance.updated = true;
      }
      if ((old & ~mask) != 0) {
        instance.writeDropped = true;
      }
    }
    instance.written[at] = true;
    writeInsn = 0;
  }

  /** Brings the data flow up to date for the call chain of the current state. */
  void update() {
    resetCallChain();
    for (int frame = env.state.curframe; frame >= 0; frame--) {
      Instance instance = lookup(chainOf(env.state, frame));
      if (instance.updated) {
        update(instance);
        instance.updated = false;
        instance.writeDropped = false;
      }
    }
  }

  private void update(Instance instance) {
    int depth = instance.chain.depth();
    if (instance.writeDropped) {
      for (int frame = 0; frame <= depth; frame++) {
        Masks m = instance.frames[frame];
        if (m != null) {
          Arrays.fill(m.mustWriteAcc, 0);
        }
      }
    }
    Subprogram sub = env.containing(instance.start);
    int rounds = 0;
    boolean changed;
    do {
      rounds++;
      changed = false;
      for (int frame = 0; frame <= depth; frame++) {
        Masks m = instance.frames[frame];
        if (m == null) {
          continue;
        }
        for (int i = sub.postorderStart; i < sub.postorderEnd; i++) {
          changed |= update(instance, m, frame, env.postorder[i]);
        }
      }
    } while (changed);
    if (env.log.detailed()) {
      env.log.print(describe(instance) + " live stack update done in " + rounds + " iterations\n");
    }
    if (depth > 0) {
      carryOver(instance);
    }
  }

  private boolean update(Instance instance, Masks m, int frame, int insn) {
    int[] next = Successors.of(env.program, insn);
    if (next.length == 0) {
      return false;
    }
    int at = insn - instance.start;
    long after = 0;
    long acc = -1L;
    for (int s : next) {
      after |= m.liveBefore[s - instance.start];
      acc &= m.mustWriteAcc[s - instance.start];
    }
    acc |= m.mustWrite[at];
    long before = (after & ~m.mustWrite[at]) | m.mayRead[at];
    boolean changed = before != m.liveBefore[at] || acc != m.mustWriteAcc[at];
    if (env.log.detailed()
        && (m.mayRead[at] != 0
            || m.mustWrite[at] != 0
            || insn == instance.start
            || env.program.aux[insn].prunePoint)) {
      logChange(instance, "live", frame, insn, m.liveBefore[at], before);
      logChange(instance, "written", frame, insn, m.mustWriteAcc[at], acc);
    }
    m.liveBefore[at] = before;
    m.mustWriteAcc[at] = acc;
    return changed;
  }

  /** Gives the caller what this function reads and certainly writes of its callers' stacks. */
  private void carryOver(Instance instance) {
    CallChain chain = instance.chain;
    Instance outer = lookup(chain.outer());
    int callsite = chain.callsites[chain.depth() - 1];
    Arrays.fill(writes, 0);
    writeInsn = callsite;
    for (int frame = 0; frame < chain.depth(); frame++) {
      Masks m = instance.frames[frame];
      if (m != null) {
        markWrite(frame, m.mustWriteAcc[0]);
        markRead(outer, frame, callsite, m.liveBefore[0]);
      }
    }
    commit(outer);
  }

  /** Prepares {@link #isLive} for a state. */
  void query(VerifierState st) {
    for (int frame = 0; frame <= st.curframe; frame++) {
      query[frame] = lookup(chainOf(st, frame));
    }
    queried = st;
  }

  boolean isLive(int frame, int slot) {
    VerifierState st = queried;
    if (st == null) {
      return true;
    }
    if (live(st.curframe, st.insnIdx, frame, slot)) {
      return true;
    }
    for (int i = frame; i < st.curframe; i++) {
      int callsite = st.frame(i + 1).callsite;
      int at = env.program.aux[callsite].callsCallback ? callsite : callsite + 1;
      if (live(i, at, frame, slot)) {
        return true;
      }
    }
    return false;
  }

  private boolean live(int frameOfInsn, int insn, int frame, int slot) {
    Instance instance = query[frameOfInsn];
    return instance != null && instance.live(insn, frame, slot);
  }

  private static String describe(Instance instance) {
    StringBuilder text = new StringBuilder("(");
    for (int site : instance.chain.callsites) {
      text.append(text.length() > 1 ? "," : "").append(site);
    }
    return text.append(')').toString();
  }

  private void logChange(Instance instance, String word, int frame, int insn, long old, long now) {
    if (old == now) {
      return;
    }
    StringBuilder text = new StringBuilder(describe(instance));
    text.append(" frame ").append(frame).append(" insn ").append(insn).append(' ');
    if ((now & ~old) != 0) {
      text.append('+').append(word).append(' ').append(slots(now & ~old)).append(' ');
    }
    if ((old & ~now) != 0) {
      text.append('-').append(word).append(' ').append(slots(old & ~now));
    }
    env.log.print(text.append('\n').toString());
  }

  /** Renders a set of slots as their offsets, {@code -8,-24}. */
  static String slots(long mask) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      if ((mask & 1L << i) != 0) {
        text.append(text.length() > 0 ? "," : "").append(-8 * (i + 1));
      }
    }
    return text.toString();
  }
}
