package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries precision around loops: a state found equal to one on the same path gets that one's marks
 * only once everything below the loop's entry is explored.
 */
final class LoopVisits {
  private static final int MAX_ROUNDS = 64;

  /** One time a loop is run through, told apart by the calls that lead to it. */
  private static final class Key {
    private final int[] callsites;
    private final int loop;

    Key(int[] callsites, int loop) {
      this.callsites = callsites;
      this.loop = loop;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key o && loop == o.loop && Arrays.equals(callsites, o.callsites);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(callsites) + loop;
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("(");
      for (int site : callsites) {
        text.append(site).append(',');
      }
      return text.append(loop).append(')').toString();
    }
  }

  private static final class Visit {
    @Nullable VerifierState entry;
    final List<VerifierState> backedges = new ArrayList<>();
  }

  private final VerifierEnv env;
  private final Precision precision;
  private final Map<Key, Visit> visits = new HashMap<>();

  /** Back edges waiting for their marks; they count as states held. */
  int waiting;

  LoopVisits(VerifierEnv env, Precision precision) {
    this.env = env;
    this.precision = precision;
  }

  private @Nullable Key keyOf(VerifierState st) {
    int[] sites = new int[st.curframe];
    for (int i = 0; i <= st.curframe; i++) {
      int insn = st.frameInsnIdx(i);
      int scc = env.program.aux[insn].scc;
      if (scc != 0) {
        return new Key(Arrays.copyOf(sites, i), scc);
      }
      if (i < st.curframe) {
        sites[i] = insn;
      }
    }
    return null;
  }

  void enter(VerifierState st) {
    Key key = keyOf(st);
    if (key == null) {
      return;
    }
    Visit visit = visits.get(key);
    if (visit == null) {
      visit = new Visit();
      visits.put(key, visit);
    }
    if (visit.entry == null) {
      visit.entry = st;
      if (env.log.detailed()) {
        env.log.print("SCC enter " + key + "\n");
      }
    }
  }

  /** To be called for a state below which everything is explored. */
  void exit(VerifierState st) throws VerifierReject {
    Key key = keyOf(st);
    Visit visit = key == null ? null : visits.get(key);
    if (visit == null || visit.entry != st) {
      return;
    }
    if (env.log.detailed()) {
      env.log.print("SCC exit " + key + "\n");
    }
    visit.entry = null;
    waiting -= visit.backedges.size();
    propagate(visit);
  }

  void addBackedge(VerifierState to, VerifierState backedge) throws VerifierReject {
    Key key = keyOf(to);
    Visit visit = key == null ? null : visits.get(key);
    if (visit == null) {
      throw env.bug("add backedge: no SCC in verification path, insn_idx " + to.insnIdx);
    }
    if (env.log.detailed()) {
      env.log.print("SCC backedge " + key + "\n");
    }
    visit.backedges.add(0, backedge);
    waiting++;
  }

  /** The marks of a state in a loop may still grow. */
  boolean incomplete(VerifierState st) {
    Key key = keyOf(st);
    Visit visit = key == null ? null : visits.get(key);
    return visit != null && !visit.backedges.isEmpty();
  }

  private void propagate(Visit visit) throws VerifierReject {
    boolean changed = true;
    for (int round = 0; changed; round++) {
      if (round > MAX_ROUNDS) {
        for (VerifierState st : visit.backedges) {
          precision.markAllPrecise(st);
        }
        break;
      }
      changed = false;
      for (VerifierState st : visit.backedges) {
        VerifierState equal = st.equalState;
        if (equal != null) {
          changed |= propagate(equal, st);
        }
      }
    }
    visit.backedges.clear();
  }

  /** Marks in {@code cur}'s history what is marked precise in an equal explored state. */
  boolean propagate(VerifierState old, VerifierState cur) throws VerifierReject {
    for (int fr = old.curframe; fr >= 0; fr--) {
      FuncState f = old.frame(fr);
      StringBuilder names = new StringBuilder();
      for (int i = 0; i < FuncState.FP; i++) {
        if (f.regs[i].isScalar() && f.regs[i].precise) {
          names.append(names.isEmpty() ? "r" : ",r").append(i);
          precision.requestReg(fr, i);
        }
      }
      for (int i = 0; i < f.stack.length; i++) {
        if (f.stack[i].isSpilledScalar() && f.stack[i].spilled.precise) {
          names.append(names.isEmpty() ? "fp" : ",fp").append(-8 * (i + 1));
          precision.requestSlot(fr, i);
        }
      }
      if (!names.isEmpty()) {
        env.log.print(env.log.detailed() ? "frame " + fr + ": propagating " + names + "\n" : "\n");
      }
    }
    return precision.mark(cur, -1);
  }
}
