package ringside.ebpf.verifier;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * What arithmetic does to the bounds of a scalar.
 *
 * <p>64-bit and 32-bit bounds are computed side by side; shifts cannot, and recompute one from the
 * tristate number.
 */
final class ScalarAlu {
  private ScalarAlu() {}

  /** Computes {@code dst op= src}; both are scalars. */
  static void apply(VerifierEnv env, Insn insn, RegState dst, RegState src) {
    int op = Program.op(insn);
    boolean narrow = Program.klass(insn) == Opcodes.BPF_ALU;
    if (!computable(op, narrow, src)) {
      env.markUnknown(dst);
      FlawedRules.divided(env, narrow, dst);
      return;
    }
    switch (op) {
      case Opcodes.BPF_ADD -> {
        add(dst, src);
        dst.varOff = dst.varOff.add(src.varOff);
      }
      case Opcodes.BPF_SUB -> {
        sub(dst, src);
        dst.varOff = dst.varOff.sub(src.varOff);
      }
      case Opcodes.BPF_NEG -> {
        RegState old = dst.copy();
        dst.markKnown(0);
        sub(dst, old);
        dst.varOff = old.varOff.neg();
      }
      case Opcodes.BPF_END -> swapBytes(insn, dst);
      case Opcodes.BPF_MUL -> {
        dst.varOff = dst.varOff.mul(src.varOff);
        mul32(dst, src);
        mul64(dst, src);
      }
      case Opcodes.BPF_AND -> {
        boolean known32 = src.varOff.isSubregConst();
        boolean known64 = src.varOff.isConst();
        dst.varOff = dst.varOff.and(src.varOff);
        bitwise(dst, src, op, known32, known64);
      }
      case Opcodes.BPF_OR -> {
        RegState before = env.flawed() ? dst.copy() : dst;
        dst.varOff = dst.varOff.or(src.varOff);
        bitwise(dst, src, op, src.varOff.isSubregConst(), src.varOff.isConst());
        FlawedRules.ored(env, dst, before, src);
      }
      case Opcodes.BPF_XOR -> {
        dst.varOff = dst.varOff.xor(src.varOff);
        bitwise(dst, src, op, src.varOff.isSubregConst(), src.varOff.isConst());
      }
      case Opcodes.BPF_LSH -> shiftLeft(dst, src, narrow);
      case Opcodes.BPF_RSH -> {
        if (!narrow || !FlawedRules.shiftedRight(env, dst, src)) {
          shiftRight(dst, src, narrow);
        }
      }
      default -> shiftArithmetic(dst, src, narrow);
    }
    if (narrow && op != Opcodes.BPF_END) {
      RegBounds.zext(dst);
    }
    RegBounds.sync(dst);
  }

  /** Swaps or cuts: the machine is little-endian, so only "to big-endian" and bswap swap. */
  private static void swapBytes(Insn insn, RegState dst) {
    int bits = insn.imm();
    boolean swap = Program.klass(insn) == Opcodes.BPF_ALU64 || Program.srcIsReg(insn);
    if (swap) {
      Tnum t = dst.varOff;
      int drop = 64 - bits;
      dst.varOff =
          new Tnum(Long.reverseBytes(t.value()) >>> drop, Long.reverseBytes(t.mask()) >>> drop);
      dst.setUnbounded();
    }
    if (bits < 64) {
      RegBounds.coerceToSize(dst, bits / 8);
    }
  }

  private static boolean computable(int op, boolean narrow, RegState src) {
    boolean known =
        narrow
            ? src.varOff.isSubregConst() && src.s32min == src.s32max && src.u32min == src.u32max
            : src.varOff.isConst() && src.smin == src.smax && src.umin == src.umax;
    return switch (op) {
      case Opcodes.BPF_ADD,
          Opcodes.BPF_SUB,
          Opcodes.BPF_NEG,
          Opcodes.BPF_END,
          Opcodes.BPF_AND,
          Opcodes.BPF_XOR,
          Opcodes.BPF_OR,
          Opcodes.BPF_MUL ->
          true;
      case Opcodes.BPF_LSH, Opcodes.BPF_RSH, Opcodes.BPF_ARSH ->
          known && Long.compareUnsigned(src.umax, narrow ? 32 : 64) < 0;
      default -> false;
    };
  }

  /** Adds the bounds, not the tristate numbers. */
  static void add(RegState dst, RegState src) {
    long lo32 = (long) dst.s32min + src.s32min;
    long hi32 = (long) dst.s32max + src.s32max;
    if (lo32 != (int) lo32 || hi32 != (int) hi32) {
      dst.s32min = Integer.MIN_VALUE;
      dst.s32max = Integer.MAX_VALUE;
    } else {
      dst.s32min = (int) lo32;
      dst.s32max = (int) hi32;
    }
    // The unsigned sums are a range if both wrap or none does.
    int ulo = dst.u32min + src.u32min;
    int uhi = dst.u32max + src.u32max;
    boolean lowWraps = Integer.compareUnsigned(ulo, src.u32min) < 0;
    boolean highWraps = Integer.compareUnsigned(uhi, src.u32max) < 0;
    boolean lost = !lowWraps && highWraps;
    dst.u32min = lost ? 0 : ulo;
    dst.u32max = lost ? -1 : uhi;

    long lo = dst.smin + src.smin;
    long hi = dst.smax + src.smax;
    if (addOverflows(dst.smin, src.smin, lo) || addOverflows(dst.smax, src.smax, hi)) {
      dst.smin = Long.MIN_VALUE;
      dst.smax = Long.MAX_VALUE;
    } else {
      dst.smin = lo;
      dst.smax = hi;
    }
    long wlo = dst.umin + src.umin;
    long whi = dst.umax + src.umax;
    lost = Long.compareUnsigned(wlo, src.umin) >= 0 && Long.compareUnsigned(whi, src.umax) < 0;
    dst.umin = lost ? 0 : wlo;
    dst.umax = lost ? -1L : whi;
  }

  static boolean addOverflows(long a, long b, long sum) {
    return ((a ^ sum) & (b ^ sum)) < 0;
  }

  static boolean subOverflows(long a, long b, long diff) {
    return ((a ^ b) & (a ^ diff)) < 0;
  }

  private static void sub(RegState dst, RegState src) {
    long lo32 = (long) dst.s32min - src.s32max;
    long hi32 = (long) dst.s32max - src.s32min;
    if (lo32 != (int) lo32 || hi32 != (int) hi32) {
      dst.s32min = Integer.MIN_VALUE;
      dst.s32max = Integer.MAX_VALUE;
    } else {
      dst.s32min = (int) lo32;
      dst.s32max = (int) hi32;
    }
    boolean lowWraps = Integer.compareUnsigned(dst.u32min, src.u32max) < 0;
    boolean highWraps = Integer.compareUnsigned(dst.u32max, src.u32min) < 0;
    boolean lost = lowWraps && !highWraps;
    int ulo = dst.u32min - src.u32max;
    int uhi = dst.u32max - src.u32min;
    dst.u32min = lost ? 0 : ulo;
    dst.u32max = lost ? -1 : uhi;

    long lo = dst.smin - src.smax;
    long hi = dst.smax - src.smin;
    if (subOverflows(dst.smin, src.smax, lo) || subOverflows(dst.smax, src.smin, hi)) {
      dst.smin = Long.MIN_VALUE;
      dst.smax = Long.MAX_VALUE;
    } else {
      dst.smin = lo;
      dst.smax = hi;
    }
    lost =
        Long.compareUnsigned(dst.umin, src.umax) < 0
            && Long.compareUnsigned(dst.umax, src.umin) >= 0;
    long wlo = dst.umin - src.umax;
    long whi = dst.umax - src.umin;
    dst.umin = lost ? 0 : wlo;
    dst.umax = lost ? -1L : whi;
  }

  private static void mul32(RegState dst, RegState src) {
    long ulo = (dst.u32min & 0xffff_ffffL) * (src.u32min & 0xffff_ffffL);
    long uhi = (dst.u32max & 0xffff_ffffL) * (src.u32max & 0xffff_ffffL);
    if (uhi >>> 32 != 0 || ulo >>> 32 != 0) {
      dst.u32min = 0;
      dst.u32max = -1;
    } else {
      dst.u32min = (int) ulo;
      dst.u32max = (int) uhi;
    }
    long a = (long) dst.s32min * src.s32min;
    long b = (long) dst.s32min * src.s32max;
    long c = (long) dst.s32max * src.s32min;
    long d = (long) dst.s32max * src.s32max;
    if (a != (int) a || b != (int) b || c != (int) c || d != (int) d) {
      dst.s32min = Integer.MIN_VALUE;
      dst.s32max = Integer.MAX_VALUE;
    } else {
      dst.s32min = (int) Math.min(Math.min(a, b), Math.min(c, d));
      dst.s32max = (int) Math.max(Math.max(a, b), Math.max(c, d));
    }
  }

  private static void mul64(RegState dst, RegState src) {
    if (Math.unsignedMultiplyHigh(dst.umax, src.umax) != 0
        || Math.unsignedMultiplyHigh(dst.umin, src.umin) != 0) {
      dst.umin = 0;
      dst.umax = -1L;
    } else {
      dst.umin *= src.umin;
      dst.umax *= src.umax;
    }
    if (mulOverflows(dst.smin, src.smin)
        || mulOverflows(dst.smin, src.smax)
        || mulOverflows(dst.smax, src.smin)
        || mulOverflows(dst.smax, src.smax)) {
      dst.smin = Long.MIN_VALUE;
      dst.smax = Long.MAX_VALUE;
    } else {
      long a = dst.smin * src.smin;
      long b = dst.smin * src.smax;
      long c = dst.smax * src.smin;
      long d = dst.smax * src.smax;
      dst.smin = Math.min(Math.min(a, b), Math.min(c, d));
      dst.smax = Math.max(Math.max(a, b), Math.max(c, d));
    }
  }

  private static boolean mulOverflows(long a, long b) {
    return Math.multiplyHigh(a, b) != (a * b) >> 63;
  }

  /** Bounds after and, or, xor; the tristate number is already that of the result. */
  private static void bitwise(
      RegState dst, RegState src, int op, boolean srcKnown32, boolean srcKnown64) {
    Tnum t = dst.varOff;
    if (srcKnown32 && t.isSubregConst()) {
      dst.setKnown32(t.value() & 0xffff_ffffL);
    } else {
      int low = (int) t.value();
      int high = (int) (t.value() | t.mask());
      switch (op) {
        case Opcodes.BPF_AND -> {
          dst.u32min = low;
          dst.u32max = RegBounds.umin(dst.u32max, src.u32max);
        }
        case Opcodes.BPF_OR -> {
          dst.u32min = RegBounds.umax(dst.u32min, src.u32min);
          dst.u32max = high;
        }
        default -> {
          dst.u32min = low;
          dst.u32max = high;
        }
      }
      boolean oneSign = dst.u32min <= dst.u32max;
      dst.s32min = oneSign ? dst.u32min : Integer.MIN_VALUE;
      dst.s32max = oneSign ? dst.u32max : Integer.MAX_VALUE;
    }
    if (srcKnown64 && t.isConst()) {
      dst.markKnown(t.value());
      return;
    }
    switch (op) {
      case Opcodes.BPF_AND -> {
        dst.umin = t.value();
        dst.umax = RegBounds.umin(dst.umax, src.umax);
      }
      case Opcodes.BPF_OR -> {
        dst.umin = RegBounds.umax(dst.umin, src.umin);
        dst.umax = t.value() | t.mask();
      }
      default -> {
        dst.umin = t.value();
        dst.umax = t.value() | t.mask();
      }
    }
    boolean oneSign = dst.umin <= dst.umax;
    dst.smin = oneSign ? dst.umin : Long.MIN_VALUE;
    dst.smax = oneSign ? dst.umax : Long.MAX_VALUE;
    RegBounds.update(dst);
  }

  private static void shiftLeft32Bounds(RegState dst, long min, long max) {
    dst.s32min = Integer.MIN_VALUE;
    dst.s32max = Integer.MAX_VALUE;
    // Bits may be lost at the top: then nothing is known.
    if (Long.compareUnsigned(max, 31) > 0 || (dst.u32max & 0xffff_ffffL) > 1L << (31 - max)) {
      dst.u32min = 0;
      dst.u32max = -1;
    } else {
      dst.u32min <<= (int) min;
      dst.u32max <<= (int) max;
    }
  }

  private static void shiftLeft(RegState dst, RegState src, boolean narrow) {
    if (narrow) {
      int min = src.u32min;
      shiftLeft32Bounds(dst, min & 0xffff_ffffL, src.u32max & 0xffff_ffffL);
      dst.varOff = dst.varOff.subreg().shl(min).subreg();
      dst.setUnbounded64();
      RegBounds.update32(dst);
      return;
    }
    int min = (int) src.umin;
    int max = (int) src.umax;
    // A shift by 32, then back, is how compilers sign-extend: keep the sign.
    if (min == 32 && max == 32) {
      dst.smax = (long) dst.s32max << 32;
      dst.smin = (long) dst.s32min << 32;
    } else {
      dst.smax = Long.MAX_VALUE;
      dst.smin = Long.MIN_VALUE;
    }
    if (Long.compareUnsigned(dst.umax, 1L << (63 - max)) > 0) {
      dst.umin = 0;
      dst.umax = -1L;
    } else {
      dst.umin <<= min;
      dst.umax <<= max;
    }
    shiftLeft32Bounds(dst, src.umin, src.umax);
    dst.varOff = dst.varOff.shl(min);
    RegBounds.update(dst);
  }

  private static void shiftRight(RegState dst, RegState src, boolean narrow) {
    if (narrow) {
      dst.s32min = Integer.MIN_VALUE;
      dst.s32max = Integer.MAX_VALUE;
      dst.varOff = dst.varOff.subreg().shr(src.u32min);
      dst.u32min >>>= src.u32max;
      dst.u32max >>>= src.u32min;
      dst.setUnbounded64();
      RegBounds.update32(dst);
      return;
    }
    dst.smin = Long.MIN_VALUE;
    dst.smax = Long.MAX_VALUE;
    dst.varOff = dst.varOff.shr((int) src.umin);
    dst.umin >>>= (int) src.umax;
    dst.umax >>>= (int) src.umin;
    dst.setUnbounded32();
    RegBounds.update(dst);
  }

  private static void shiftArithmetic(RegState dst, RegState src, boolean narrow) {
    if (narrow) {
      int by = src.u32min;
      dst.s32min >>= by;
      dst.s32max >>= by;
      dst.varOff = dst.varOff.subreg().sar(by, 32);
      dst.u32min = 0;
      dst.u32max = -1;
      dst.setUnbounded64();
      RegBounds.update32(dst);
      return;
    }
    int by = (int) src.umin;
    dst.smin >>= by;
    dst.smax >>= by;
    dst.varOff = dst.varOff.sar(by, 64);
    dst.umin = 0;
    dst.umax = -1L;
    dst.setUnbounded32();
    RegBounds.update(dst);
  }
}
