package ringside.ebpf.verifier;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The scalars that share an id when a conditional jump narrows one of them: the others are narrowed
 * with it.
 *
 * <p>At most six, as in Linux; the ids of further ones are dropped.
 */
final class LinkedRegs {
  private static final int MAX = 6;
  private static final long REG = 1L << 16;

  private final long[] entries = new long[MAX];
  private int count;

  static int frame(long entry) {
    return (int) (entry >> 8) & 0xff;
  }

  static int index(long entry) {
    return (int) entry & 0xff;
  }

  static boolean isReg(long entry) {
    return (entry & REG) != 0;
  }

  int count() {
    return count;
  }

  long @Nullable [] packed() {
    return count > 1 ? Arrays.copyOf(entries, count) : null;
  }

  /** Adds all live registers and spilled registers that carry an id. */
  void collect(VerifierEnv env, VerifierState st, int linkId) {
    int id = linkId & ~RegState.ADD_CONST;
    for (int i = st.curframe; i >= 0; i--) {
      int live = env.program.aux[st.frameInsnIdx(i)].liveRegsBefore;
      FuncState f = st.frame(i);
      for (int j = 0; j < FuncState.FP; j++) {
        if ((live & 1 << j) != 0) {
          add(f.regs[j], id, REG | i << 8 | j);
        }
      }
      for (int j = 0; j < f.stack.length; j++) {
        if (f.stack[j].isSpilled()) {
          add(f.stack[j].spilled, id, (long) i << 8 | j);
        }
      }
    }
  }

  private void add(RegState r, int id, long entry) {
    if (!r.isScalar() || (r.id & ~RegState.ADD_CONST) != id) {
      return;
    }
    if (count < MAX) {
      entries[count++] = entry;
    } else {
      r.unlink();
    }
  }

  /** Narrows the linked scalars of a state by one of them that became known better. */
  void sync(VerifierState st, RegState known) {
    for (int i = 0; i < count; i++) {
      long e = entries[i];
      FuncState f = st.frame(frame(e));
      RegState r = isReg(e) ? f.regs[index(e)] : f.stack[index(e)].spilled;
      if (!r.isScalar() || r == known) {
        continue;
      }
      if ((r.id & ~RegState.ADD_CONST) != (known.id & ~RegState.ADD_CONST)) {
        continue;
      }
      int mode = r.id & RegState.ADD_CONST;
      int knownMode = known.id & RegState.ADD_CONST;
      if (mode != 0 && knownMode != 0 && mode != knownMode) {
        // A 32-bit distance says nothing about a 64-bit one.
        continue;
      }
      if ((mode == 0 && knownMode == 0) || r.off == known.off) {
        r.set(known);
        continue;
      }
      follow(r, known, mode | knownMode);
    }
  }

  /** {@code r = known + (r.off - known.off)}, in 32 bits if either distance is. */
  private static void follow(RegState r, RegState known, int mode) {
    int off = r.off;
    int id = r.id;
    RegState delta = new RegState();
    delta.type = RegType.SCALAR_VALUE;
    delta.setKnown((long) off - known.off);
    r.set(known);
    r.off = off;
    r.id = id;
    ScalarAlu.add(r, delta);
    r.varOff = r.varOff.add(delta.varOff);
    if ((mode & RegState.ADD_CONST32) != 0) {
      RegBounds.zext(r);
    }
    RegBounds.sync(r);
  }
}
