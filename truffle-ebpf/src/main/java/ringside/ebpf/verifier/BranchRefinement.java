package ringside.ebpf.verifier;

import ringside.ebpf.isa.Opcodes;

/** What a conditional jump on scalars teaches: which way it goes, and the ranges either way. */
final class BranchRefinement {
  /** The negation of JSET, which has no opcode of its own. */
  private static final int NOT_JSET = Opcodes.BPF_JSET | Opcodes.BPF_X;

  private BranchRefinement() {}

  /** The comparison that holds when the operands are exchanged. */
  static int flip(int op) {
    return switch (op) {
      case Opcodes.BPF_JGE -> Opcodes.BPF_JLE;
      case Opcodes.BPF_JGT -> Opcodes.BPF_JLT;
      case Opcodes.BPF_JLE -> Opcodes.BPF_JGE;
      case Opcodes.BPF_JLT -> Opcodes.BPF_JGT;
      case Opcodes.BPF_JSGE -> Opcodes.BPF_JSLE;
      case Opcodes.BPF_JSGT -> Opcodes.BPF_JSLT;
      case Opcodes.BPF_JSLE -> Opcodes.BPF_JSGE;
      case Opcodes.BPF_JSLT -> Opcodes.BPF_JSGT;
      case Opcodes.BPF_JEQ, Opcodes.BPF_JNE, Opcodes.BPF_JSET -> op;
      default -> 0;
    };
  }

  private static int negate(int op) {
    return switch (op) {
      case Opcodes.BPF_JEQ -> Opcodes.BPF_JNE;
      case Opcodes.BPF_JNE -> Opcodes.BPF_JEQ;
      case Opcodes.BPF_JSET -> NOT_JSET;
      case NOT_JSET -> Opcodes.BPF_JSET;
      case Opcodes.BPF_JGE -> Opcodes.BPF_JLT;
      case Opcodes.BPF_JGT -> Opcodes.BPF_JLE;
      case Opcodes.BPF_JLE -> Opcodes.BPF_JGT;
      case Opcodes.BPF_JLT -> Opcodes.BPF_JGE;
      case Opcodes.BPF_JSGE -> Opcodes.BPF_JSLT;
      case Opcodes.BPF_JSGT -> Opcodes.BPF_JSLE;
      case Opcodes.BPF_JSLE -> Opcodes.BPF_JSGT;
      case Opcodes.BPF_JSLT -> Opcodes.BPF_JSGE;
      default -> 0;
    };
  }

  /** Returns 1 if the jump is always taken, 0 if never, -1 if it depends. */
  static int taken(RegState a, RegState b, int op, boolean narrow) {
    if (a.isPacketOrEnd() && b.isPacketOrEnd() && !narrow) {
      return packetTaken(a, b, op);
    }
    if (!a.isScalar() || !b.isScalar()) {
      if (!b.isRegConst(narrow)) {
        op = flip(op);
        RegState swap = a;
        a = b;
        b = swap;
      }
      if (!b.isRegConst(narrow) || !notNull(a) || b.constValue(narrow) != 0) {
        return -1;
      }
      return op == Opcodes.BPF_JEQ ? 0 : op == Opcodes.BPF_JNE ? 1 : -1;
    }
    return scalarTaken(a, b, op, narrow);
  }

  private static boolean notNull(RegState r) {
    if (RegType.mayBeNull(r.type)) {
      return false;
    }
    return switch (RegType.base(r.type)) {
      case RegType.PTR_TO_SOCKET,
          RegType.PTR_TO_TCP_SOCK,
          RegType.PTR_TO_MAP_VALUE,
          RegType.PTR_TO_MAP_KEY,
          RegType.PTR_TO_SOCK_COMMON,
          RegType.CONST_PTR_TO_MAP ->
          true;
      case RegType.PTR_TO_BTF_ID ->
          r.refObjId != 0
              || (r.type & (RegType.PTR_TRUSTED | RegType.MEM_ALLOC | RegType.NON_OWN_REF)) != 0;
      case RegType.PTR_TO_MEM -> (r.type & RegType.PTR_UNTRUSTED) == 0;
      default -> false;
    };
  }

  private static int packetTaken(RegState a, RegState b, int op) {
    RegState packet;
    if (b.type == RegType.PTR_TO_PACKET_END) {
      packet = a;
    } else if (a.type == RegType.PTR_TO_PACKET_END) {
      packet = b;
      op = flip(op);
    } else {
      return -1;
    }
    if (packet.range >= 0) {
      return -1;
    }
    switch (op) {
      case Opcodes.BPF_JLE, Opcodes.BPF_JGT -> {
        if (packet.range == RegState.BEYOND_PKT_END) {
          return op == Opcodes.BPF_JGT ? 1 : 0;
        }
      }
      case Opcodes.BPF_JLT, Opcodes.BPF_JGE -> {
        return op == Opcodes.BPF_JGE ? 1 : 0;
      }
      default -> {}
    }
    return -1;
  }

  private static int scalarTaken(RegState a, RegState b, int op, boolean narrow) {
    Tnum t1 = narrow ? a.varOff.subreg() : a.varOff;
    Tnum t2 = narrow ? b.varOff.subreg() : b.varOff;
    long umin1 = narrow ? a.u32min & 0xffff_ffffL : a.umin;
    long umax1 = narrow ? a.u32max & 0xffff_ffffL : a.umax;
    long smin1 = narrow ? a.s32min : a.smin;
    long smax1 = narrow ? a.s32max : a.smax;
    long umin2 = narrow ? b.u32min & 0xffff_ffffL : b.umin;
    long umax2 = narrow ? b.u32max & 0xffff_ffffL : b.umax;
    long smin2 = narrow ? b.s32min : b.smin;
    long smax2 = narrow ? b.s32max : b.smax;
    return switch (op) {
      case Opcodes.BPF_JEQ ->
          equal(a, b, narrow, t1, t2, umin1, umax1, smin1, smax1, umin2, umax2, smin2, smax2);
      case Opcodes.BPF_JNE ->
          not(equal(a, b, narrow, t1, t2, umin1, umax1, smin1, smax1, umin2, umax2, smin2, smax2));
      case Opcodes.BPF_JSET ->
          b.isRegConst(narrow)
              ? anyBitSet(t1, t2.value())
              : a.isRegConst(narrow) ? anyBitSet(t2, t1.value()) : -1;
      case Opcodes.BPF_JGT -> less(umin2, umax2, umin1, umax1);
      case Opcodes.BPF_JLT -> less(umin1, umax1, umin2, umax2);
      case Opcodes.BPF_JGE -> not(less(umin1, umax1, umin2, umax2));
      case Opcodes.BPF_JLE -> not(less(umin2, umax2, umin1, umax1));
      case Opcodes.BPF_JSGT -> lessSigned(smin2, smax2, smin1, smax1);
      case Opcodes.BPF_JSLT -> lessSigned(smin1, smax1, smin2, smax2);
      case Opcodes.BPF_JSGE -> not(lessSigned(smin1, smax1, smin2, smax2));
      case Opcodes.BPF_JSLE -> not(lessSigned(smin2, smax2, smin1, smax1));
      default -> -1;
    };
  }

  private static int anyBitSet(Tnum t, long bits) {
    if ((~t.mask() & t.value() & bits) != 0) {
      return 1;
    }
    return ((t.mask() | t.value()) & bits) == 0 ? 0 : -1;
  }

  private static int not(int answer) {
    return answer < 0 ? -1 : 1 - answer;
  }

  private static int less(long min1, long max1, long min2, long max2) {
    if (Long.compareUnsigned(max1, min2) < 0) {
      return 1;
    }
    return Long.compareUnsigned(min1, max2) >= 0 ? 0 : -1;
  }

  private static int lessSigned(long min1, long max1, long min2, long max2) {
    return max1 < min2 ? 1 : min1 >= max2 ? 0 : -1;
  }

  private static int equal(
      RegState a,
      RegState b,
      boolean narrow,
      Tnum t1,
      Tnum t2,
      long umin1,
      long umax1,
      long smin1,
      long smax1,
      long umin2,
      long umax2,
      long smin2,
      long smax2) {
    if (t1.isConst() && t2.isConst()) {
      return t1.value() == t2.value() ? 1 : 0;
    }
    if (!t1.overlaps(t2)
        || Long.compareUnsigned(umin1, umax2) > 0
        || Long.compareUnsigned(umax1, umin2) < 0
        || smin1 > smax2
        || smax1 < smin2) {
      return 0;
    }
    if (!narrow
        && (Integer.compareUnsigned(a.u32min, b.u32max) > 0
            || Integer.compareUnsigned(a.u32max, b.u32min) < 0
            || a.s32min > b.s32max
            || a.s32max < b.s32min)) {
      return 0;
    }
    return -1;
  }

  /** Narrows both operands for the jump not taken and, in the copies, for the jump taken. */
  static void refine(
      RegState taken1,
      RegState taken2,
      RegState through1,
      RegState through2,
      int op,
      boolean narrow) {
    if (!through1.isScalar() || !through2.isScalar()) {
      return;
    }
    narrowBy(through1, through2, negate(op), narrow);
    RegBounds.sync(through1);
    RegBounds.sync(through2);
    narrowBy(taken1, taken2, op, narrow);
    RegBounds.sync(taken1);
    RegBounds.sync(taken2);
  }

  private static void narrowBy(RegState a, RegState b, int op, boolean narrow) {
    switch (op) {
      case Opcodes.BPF_JGE, Opcodes.BPF_JGT, Opcodes.BPF_JSGE, Opcodes.BPF_JSGT ->
          narrowBy(b, a, flip(op), narrow);
      case Opcodes.BPF_JEQ -> equalize(a, b, narrow);
      case Opcodes.BPF_JNE, Opcodes.BPF_JSET, NOT_JSET -> {
        if (b.isRegConst(narrow)) {
          byConstant(a, b.constValue(narrow), op, narrow);
        } else if (a.isRegConst(narrow)) {
          byConstant(b, a.constValue(narrow), op, narrow);
        }
      }
      case Opcodes.BPF_JLE -> {
        if (narrow) {
          a.u32max = RegBounds.umin(a.u32max, b.u32max);
          b.u32min = RegBounds.umax(a.u32min, b.u32min);
        } else {
          a.umax = RegBounds.umin(a.umax, b.umax);
          b.umin = RegBounds.umax(a.umin, b.umin);
        }
      }
      case Opcodes.BPF_JLT -> {
        if (narrow) {
          a.u32max = RegBounds.umin(a.u32max, b.u32max - 1);
          b.u32min = RegBounds.umax(a.u32min + 1, b.u32min);
        } else {
          a.umax = RegBounds.umin(a.umax, b.umax - 1);
          b.umin = RegBounds.umax(a.umin + 1, b.umin);
        }
      }
      case Opcodes.BPF_JSLE -> {
        if (narrow) {
          a.s32max = Math.min(a.s32max, b.s32max);
          b.s32min = Math.max(a.s32min, b.s32min);
        } else {
          a.smax = Math.min(a.smax, b.smax);
          b.smin = Math.max(a.smin, b.smin);
        }
      }
      case Opcodes.BPF_JSLT -> {
        if (narrow) {
          a.s32max = Math.min(a.s32max, b.s32max - 1);
          b.s32min = Math.max(a.s32min + 1, b.s32min);
        } else {
          a.smax = Math.min(a.smax, b.smax - 1);
          b.smin = Math.max(a.smin + 1, b.smin);
        }
      }
      default -> {}
    }
  }

  private static void equalize(RegState a, RegState b, boolean narrow) {
    if (narrow) {
      a.u32min = RegBounds.umax(a.u32min, b.u32min);
      a.u32max = RegBounds.umin(a.u32max, b.u32max);
      a.s32min = Math.max(a.s32min, b.s32min);
      a.s32max = Math.min(a.s32max, b.s32max);
      b.u32min = a.u32min;
      b.u32max = a.u32max;
      b.s32min = a.s32min;
      b.s32max = a.s32max;
      Tnum low = a.varOff.subreg().intersect(b.varOff.subreg());
      a.varOff = a.varOff.withSubreg(low);
      b.varOff = b.varOff.withSubreg(low);
    } else {
      a.umin = RegBounds.umax(a.umin, b.umin);
      a.umax = RegBounds.umin(a.umax, b.umax);
      a.smin = Math.max(a.smin, b.smin);
      a.smax = Math.min(a.smax, b.smax);
      b.umin = a.umin;
      b.umax = a.umax;
      b.smin = a.smin;
      b.smax = a.smax;
      a.varOff = a.varOff.intersect(b.varOff);
      b.varOff = a.varOff;
    }
  }

  private static void byConstant(RegState r, long value, int op, boolean narrow) {
    switch (op) {
      case Opcodes.BPF_JNE -> {
        // Only an end of a range can be cut off.
        if (narrow) {
          int v = (int) value;
          r.u32min += r.u32min == v ? 1 : 0;
          r.u32max -= r.u32max == v ? 1 : 0;
          r.s32min += r.s32min == v ? 1 : 0;
          r.s32max -= r.s32max == v ? 1 : 0;
        } else {
          r.umin += r.umin == value ? 1 : 0;
          r.umax -= r.umax == value ? 1 : 0;
          r.smin += r.smin == value ? 1 : 0;
          r.smax -= r.smax == value ? 1 : 0;
        }
      }
      case Opcodes.BPF_JSET -> {
        // One of several bits being set tells nothing of each.
        if (Long.bitCount(value) == 1) {
          Tnum bit = Tnum.constant(value);
          r.varOff = narrow ? r.varOff.withSubreg(r.varOff.subreg().or(bit)) : r.varOff.or(bit);
        }
      }
      default -> {
        r.setUnbounded();
        Tnum others = Tnum.constant(~value);
        r.varOff =
            narrow ? r.varOff.withSubreg(r.varOff.subreg().and(others)) : r.varOff.and(others);
      }
    }
  }
}
