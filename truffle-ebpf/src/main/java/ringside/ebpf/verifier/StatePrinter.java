package ringside.ebpf.verifier;

import java.util.List;

/** Renders registers and stack the way Linux 6.18's verifier log does. */
final class StatePrinter {
  private StatePrinter() {}

  /**
   * Appends a frame: the registers and slots selected by the two masks.
   *
   * @param regMask bit i selects register i
   * @param slotMask bit i selects stack slot i
   */
  static void append(
      StringBuilder out, VerifierState state, int frame, int regMask, long slotMask) {
    FuncState f = state.frame(frame);
    if (f.frameno != 0) {
      out.append(" frame").append(f.frameno).append(':');
    }
    for (int i = 0; i < FuncState.REGISTERS; i++) {
      RegState r = f.regs[i];
      if (r.type != RegType.NOT_INIT && (regMask & 1 << i) != 0) {
        out.append(" R").append(i).append('=');
        reg(out, f, r);
      }
    }
    for (int i = 0; i < f.stack.length; i++) {
      if ((slotMask & 1L << i) != 0) {
        i = slot(out, f, i);
      }
    }
    refs(out, state.refs);
    if (f.inCallback) {
      out.append(" cb");
    }
    if (f.inAsyncCallback) {
      out.append(" async_cb");
    }
    out.append('\n');
  }

  private static void refs(StringBuilder out, List<RefState> refs) {
    String sep = " refs=";
    for (RefState ref : refs) {
      if (ref.id() != 0) {
        out.append(sep).append(ref.id());
        sep = ",";
      }
    }
  }

  /** Appends one stack slot and returns its index, or that of the last slot it covers. */
  private static int slot(StringBuilder out, FuncState f, int index) {
    StackSlot s = f.stack[index];
    if (s.kinds == 0) {
      return index;
    }
    StringBuilder kinds = new StringBuilder(8);
    for (int j = 0; j < StackSlot.SIZE; j++) {
      kinds.append(StackSlot.letter(s.kind(j)));
    }
    int off = -8 * (index + 1);
    switch (s.kind(7)) {
      case StackSlot.SPILL -> {
        int j = 0;
        while (s.kind(j) != StackSlot.SPILL) {
          j++;
        }
        out.append(" fp").append(off).append('=').append(kinds, 0, j);
        reg(out, f, s.spilled);
      }
      case StackSlot.DYNPTR -> {
        // The description is in the upper slot of the pair.
        StackSlot main = f.stack[index + 1];
        String kind = main.spilled.special instanceof SpecialSlot.Dynptr d ? d.kind() : "?";
        out.append(" fp").append(off - 8).append("=dynptr_").append(kind).append('(');
        String sep = "";
        if (main.spilled.id != 0) {
          out.append("id=").append(main.spilled.id);
          sep = ",";
        }
        if (main.spilled.refObjId != 0) {
          out.append(sep).append("ref_id=").append(main.spilled.refObjId);
        }
        out.append(')');
        return index + 1;
      }
      case StackSlot.ITER -> {
        if (s.spilled.refObjId != 0 && s.spilled.special instanceof SpecialSlot.Iterator it) {
          out.append(" fp").append(off).append("=iter_").append(it.kind());
          out.append("(ref_id=").append(s.spilled.refObjId);
          out.append(",state=").append(it.drained() ? "drained" : "active");
          out.append(",depth=").append(it.depth()).append(')');
        }
      }
      default -> out.append(" fp").append(off).append('=').append(kinds);
    }
    return index;
  }

  /** Appends what is known of a register. */
  static void reg(StringBuilder out, FuncState f, RegState r) {
    int t = r.type;
    if (t == RegType.SCALAR_VALUE && r.precise) {
      out.append('P');
    }
    if (t == RegType.SCALAR_VALUE && r.isConst()) {
      signed(out, r.varOff.value());
      return;
    }
    out.append(RegType.name(t));
    if (RegType.base(t) == RegType.PTR_TO_BTF_ID && r.btf != null) {
      out.append(BtfPointers.structName(r));
    }
    if (t == RegType.PTR_TO_ARENA) {
      return;
    }
    if (t == RegType.PTR_TO_STACK) {
      if (f.frameno != r.frameno) {
        out.append('[').append(r.frameno).append(']');
      }
      if (r.isConst()) {
        signed(out, r.varOff.value() + r.off);
        return;
      }
    }
    out.append('(');
    int start = out.length();
    if (r.id != 0) {
      item(out, start).append("id=").append(r.id & ~RegState.ADD_CONST);
    }
    if ((r.id & RegState.ADD_CONST) != 0) {
      out.append(r.off >= 0 ? "+" : "").append(r.off);
    }
    if (r.refObjId != 0) {
      item(out, start).append("ref_obj_id=").append(r.refObjId);
    }
    if ((t & RegType.NON_OWN_REF) != 0) {
      item(out, start).append("non_own_ref");
    }
    if (RegType.isMapPointer(t) && r.map != null) {
      if (!r.map.name().isEmpty()) {
        item(out, start).append("map=").append(r.map.name());
      }
      item(out, start).append("ks=").append(r.map.keySize());
      out.append(",vs=").append(r.map.valueSize());
    }
    if (t != RegType.SCALAR_VALUE && r.off != 0) {
      signed(item(out, start).append("off="), r.off);
    }
    if (RegType.isPacketPointer(t)) {
      unsigned(item(out, start).append("r="), r.range);
    }
    if (RegType.base(t) == RegType.PTR_TO_MEM) {
      unsigned(item(out, start).append("sz="), r.memSize & 0xffff_ffffL);
    }
    if (t == RegType.CONST_PTR_TO_DYNPTR && r.special instanceof SpecialSlot.Dynptr d) {
      item(out, start).append("type=").append(d.kind());
    }
    if (r.isConst()) {
      if (r.varOff.value() != 0) {
        signed(item(out, start).append("imm="), r.varOff.value());
      }
    } else {
      ranges(out, start, r);
      if (!r.varOff.isUnknown()) {
        item(out, start).append("var_off=").append(tnum(r.varOff));
      }
    }
    out.append(')');
  }

  private static StringBuilder item(StringBuilder out, int start) {
    return out.length() > start ? out.append(',') : out;
  }

  static String tnum(Tnum t) {
    StringBuilder out = new StringBuilder();
    if (t.isConst()) {
      unsigned(out, t.value());
    } else {
      out.append('(');
      hex(out, t.value());
      out.append("; ");
      hex(out, t.mask());
      out.append(')');
    }
    return out.toString();
  }

  private static final String[] RANGE_NAMES = {
    "smin", "smax", "umin", "umax", "smin32", "smax32", "umin32", "umax32"
  };

  private static void ranges(StringBuilder out, int start, RegState r) {
    long[] value = {
      r.smin,
      r.smax,
      r.umin,
      r.umax,
      decimal32(r.s32min),
      decimal32(r.s32max),
      r.u32min & 0xffff_ffffL,
      r.u32max & 0xffff_ffffL
    };
    boolean[] omit = {
      r.smin == Long.MIN_VALUE,
      r.smax == Long.MAX_VALUE,
      r.umin == 0,
      r.umax == -1L,
      r.s32min == Integer.MIN_VALUE,
      r.s32max == Integer.MAX_VALUE,
      r.u32min == 0,
      r.u32max == -1
    };
    for (int i = 0; i < 8; i++) {
      if (omit[i]) {
        continue;
      }
      boolean signed = RANGE_NAMES[i].charAt(0) == 's';
      boolean negative = signed && value[i] < 0;
      item(out, start).append(RANGE_NAMES[i]).append('=');
      // Bounds of one end that agree share one value, but never a negative and a positive one.
      for (int j = i + 2; j < 8; j += 2) {
        boolean otherNegative = RANGE_NAMES[j].charAt(0) == 's' && value[j] < 0;
        if (!omit[j] && value[j] == value[i] && otherNegative == negative) {
          omit[j] = true;
          out.append(RANGE_NAMES[j]).append('=');
        }
      }
      if (signed) {
        signed(out, value[i]);
      } else {
        unsigned(out, value[i]);
      }
    }
  }

  private static long decimal32(int v) {
    return isDecimal(v) ? v : v & 0xffff_ffffL;
  }

  private static boolean isDecimal(long v) {
    return v >= Short.MIN_VALUE && v <= Short.MAX_VALUE;
  }

  static StringBuilder signed(StringBuilder out, long v) {
    return isDecimal(v) ? out.append(v) : hex(out, v);
  }

  static StringBuilder unsigned(StringBuilder out, long v) {
    return v >= 0 && v <= 0xffff ? out.append(v) : hex(out, v);
  }

  private static StringBuilder hex(StringBuilder out, long v) {
    return out.append("0x").append(Long.toHexString(v));
  }
}
