package ringside.ebpf.verifier;

/**
 * Keeps the five views of a value consistent: signed and unsigned ranges in 64 and 32 bits, and the
 * tristate number. Each view can teach the others; the order is that of Linux 6.18's {@code
 * reg_bounds_sync}, because a different order gives different (equally sound) bounds.
 */
final class RegBounds {
  private static final long HIGH32 = 0xffff_ffff_0000_0000L;

  private RegBounds() {}

  static long umin(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  static long umax(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  static int umin(int a, int b) {
    return Integer.compareUnsigned(a, b) <= 0 ? a : b;
  }

  static int umax(int a, int b) {
    return Integer.compareUnsigned(a, b) >= 0 ? a : b;
  }

  static void sync(RegState r) {
    update(r);
    deduce(r);
    deduce(r);
    deduce(r);
    narrowTnum(r);
    update(r);
  }

  /** Narrows the ranges by the tristate number. */
  static void update(RegState r) {
    update32(r);
    update64(r);
  }

  static void update32(RegState r) {
    int value = (int) r.varOff.value();
    int mask = (int) r.varOff.mask();
    r.s32min = Math.max(r.s32min, value | (mask & Integer.MIN_VALUE));
    r.s32max = Math.min(r.s32max, value | (mask & Integer.MAX_VALUE));
    r.u32min = umax(r.u32min, value);
    r.u32max = umin(r.u32max, value | mask);
  }

  private static void update64(RegState r) {
    Tnum t = r.varOff;
    long value = t.value();
    long mask = t.mask();
    r.smin = Math.max(r.smin, value | (mask & Long.MIN_VALUE));
    r.smax = Math.min(r.smax, value | (mask & Long.MAX_VALUE));
    r.umin = umax(r.umin, value);
    r.umax = umin(r.umax, value | mask);
    // When range and tristate number share one value only, that value is the register's.
    boolean minIsMember = (r.umin & ~mask) == value;
    long next = t.step(r.umin);
    long top = value | mask;
    if (minIsMember && Long.compareUnsigned(next, r.umax) > 0) {
      r.setKnown(r.umin);
    } else if (!minIsMember && next == top) {
      r.setKnown(top);
    } else if (!minIsMember
        && Long.compareUnsigned(next, r.umax) <= 0
        && Long.compareUnsigned(t.step(next), r.umax) > 0) {
      r.setKnown(next);
    }
  }

  private static void deduce(RegState r) {
    deduce32(r);
    deduce64(r);
    deduceMixed(r);
  }

  private static void meetSigned32(RegState r, int min, int max) {
    r.s32min = Math.max(r.s32min, min);
    r.s32max = Math.min(r.s32max, max);
  }

  private static void meetUnsigned32(RegState r, int min, int max) {
    r.u32min = umax(r.u32min, min);
    r.u32max = umin(r.u32max, max);
  }

  private static void deduce32(RegState r) {
    // A 64-bit range whose upper halves agree is a range in its lower half too.
    if ((r.umin >>> 32) == (r.umax >>> 32)) {
      meetUnsigned32(r, (int) r.umin, (int) r.umax);
      if ((int) r.umin <= (int) r.umax) {
        meetSigned32(r, (int) r.umin, (int) r.umax);
      }
    }
    if ((r.smin >> 32) == (r.smax >> 32)) {
      if (Integer.compareUnsigned((int) r.smin, (int) r.smax) <= 0) {
        meetUnsigned32(r, (int) r.smin, (int) r.smax);
      }
      if ((int) r.smin <= (int) r.smax) {
        meetSigned32(r, (int) r.smin, (int) r.smax);
      }
    }
    // Upper halves one apart: the lower half may run from negative to positive.
    if ((int) (r.umin >>> 32) + 1 == (int) (r.umax >>> 32)
        && (int) r.umin < 0
        && (int) r.umax >= 0) {
      meetSigned32(r, (int) r.umin, (int) r.umax);
    }
    if ((int) (r.smin >>> 32) + 1 == (int) (r.smax >>> 32)
        && (int) r.smin < 0
        && (int) r.smax >= 0) {
      meetSigned32(r, (int) r.smin, (int) r.smax);
    }
    if (r.u32min <= r.u32max) {
      meetSigned32(r, r.u32min, r.u32max);
    }
    if (Integer.compareUnsigned(r.s32min, r.s32max) <= 0) {
      meetUnsigned32(r, r.s32min, r.s32max);
    } else if (Integer.compareUnsigned(r.u32max, r.s32min) < 0) {
      // The unsigned range meets only the non-negative part of the signed one.
      r.s32min = r.u32min;
      r.u32max = umin(r.u32max, r.s32max);
    } else if (Integer.compareUnsigned(r.s32max, r.u32min) < 0) {
      r.s32max = r.u32max;
      r.u32min = umax(r.u32min, r.s32min);
    }
  }

  private static void deduce64(RegState r) {
    if (r.umin <= r.umax) {
      r.smin = Math.max(r.smin, r.umin);
      r.smax = Math.min(r.smax, r.umax);
    }
    if (Long.compareUnsigned(r.smin, r.smax) <= 0) {
      r.umin = umax(r.smin, r.umin);
      r.umax = umin(r.smax, r.umax);
    } else if (Long.compareUnsigned(r.umax, r.smin) < 0) {
      r.smin = r.umin;
      r.umax = umin(r.umax, r.smax);
    } else if (Long.compareUnsigned(r.smax, r.umin) < 0) {
      r.smax = r.umax;
      r.umin = umax(r.umin, r.smin);
    }
  }

  private static void deduceMixed(RegState r) {
    long lowMin = r.u32min & 0xffff_ffffL;
    long lowMax = r.u32max & 0xffff_ffffL;
    r.umin = umax(r.umin, (r.umin & HIGH32) | lowMin);
    r.umax = umin(r.umax, (r.umax & HIGH32) | lowMax);
    r.smin = Math.max(r.smin, (r.smin & HIGH32) | lowMin);
    r.smax = Math.min(r.smax, (r.smax & HIGH32) | lowMax);
    // After a sign-extending load: a non-negative low half excludes the negative values.
    if (r.s32min >= 0 && r.smin >= Integer.MIN_VALUE && r.smax <= Integer.MAX_VALUE) {
      r.smin = r.s32min;
      r.smax = r.s32max;
      r.umin = r.s32min;
      r.umax = r.s32max;
      r.varOff = r.varOff.intersect(Tnum.range(r.smin, r.smax));
    }
  }

  private static void narrowTnum(RegState r) {
    Tnum wide = r.varOff.intersect(Tnum.range(r.umin, r.umax));
    Tnum low =
        wide.subreg().intersect(Tnum.range(r.u32min & 0xffff_ffffL, r.u32max & 0xffff_ffffL));
    r.varOff = wide.clearSubreg().or(low);
  }

  /** Carries 32-bit bounds over to 64 bits where the upper half is known to be zero. */
  static void assign32Into64(RegState r) {
    r.umin = r.u32min & 0xffff_ffffL;
    r.umax = r.u32max & 0xffff_ffffL;
    if (r.s32min >= 0 && r.s32max >= 0) {
      r.smin = r.s32min;
      r.smax = r.s32max;
    } else {
      r.smin = 0;
      r.smax = 0xffff_ffffL;
    }
  }

  /** Zero-extends the low half, as every 32-bit operation does. */
  static void zext(RegState r) {
    r.varOff = r.varOff.subreg();
    assign32Into64(r);
  }

  /** Narrows to the low {@code size} bytes, zero-extended (a load of that size). */
  static void coerceToSize(RegState r, int size) {
    r.varOff = r.varOff.cast(size);
    long mask = size >= 8 ? -1L : (1L << (size * 8)) - 1;
    if ((r.umin & ~mask) == (r.umax & ~mask)) {
      r.umin &= mask;
      r.umax &= mask;
    } else {
      r.umin = 0;
      r.umax = mask;
    }
    r.smin = r.umin;
    r.smax = r.umax;
    // A sub-register keeps what was known of it only if it was not cut.
    if (size < 4) {
      r.setUnbounded32();
    }
    sync(r);
  }

  private static void setSignedDefault64(RegState r, int size) {
    long min = size == 1 ? Byte.MIN_VALUE : size == 2 ? Short.MIN_VALUE : Integer.MIN_VALUE;
    long max = size == 1 ? Byte.MAX_VALUE : size == 2 ? Short.MAX_VALUE : Integer.MAX_VALUE;
    r.smin = min;
    r.s32min = (int) min;
    r.smax = max;
    r.s32max = (int) max;
    r.umin = 0;
    r.umax = -1L;
    r.u32min = 0;
    r.u32max = -1;
    r.varOff = Tnum.UNKNOWN;
  }

  private static long signExtend(long value, int size) {
    int shift = 64 - 8 * size;
    return value << shift >> shift;
  }

  /** Sign-extends the low {@code size} bytes to 64 bits. */
  static void coerceToSizeSigned(RegState r, int size) {
    if (r.varOff.isConst()) {
      r.setKnown(signExtend(r.varOff.value(), size));
      return;
    }
    int bits = size * 8;
    long topMax = (r.smax >>> bits) << bits;
    long topMin = (r.smin >>> bits) << bits;
    if (topMax == topMin) {
      long initMax = signExtend(r.smax, size);
      long initMin = signExtend(r.smin, size);
      long max = Math.max(initMax, initMin);
      long min = Math.min(initMax, initMin);
      if ((max >= 0) == (min >= 0)) {
        r.smin = min;
        r.s32min = (int) min;
        r.smax = max;
        r.s32max = (int) max;
        r.umin = min;
        r.u32min = (int) min;
        r.umax = max;
        r.u32max = (int) max;
        r.varOff = Tnum.range(min, max);
        return;
      }
    }
    setSignedDefault64(r, size);
  }

  /** Sign-extends the low {@code size} bytes to 32 bits. */
  static void coerceSubregToSizeSigned(RegState r, int size) {
    if (r.varOff.isConst()) {
      int value = (int) signExtend(r.varOff.value(), size);
      r.varOff = Tnum.constant(value & 0xffff_ffffL);
      r.s32min = value;
      r.s32max = value;
      r.u32min = value;
      r.u32max = value;
      return;
    }
    int bits = size * 8;
    int topMax = (r.s32max >>> bits) << bits;
    int topMin = (r.s32min >>> bits) << bits;
    if (topMax == topMin) {
      int initMax = (int) signExtend(r.s32max, size);
      int initMin = (int) signExtend(r.s32min, size);
      int max = Math.max(initMax, initMin);
      int min = Math.min(initMax, initMin);
      if ((min >= 0) == (max >= 0)) {
        r.s32min = min;
        r.s32max = max;
        r.u32min = min;
        r.u32max = max;
        r.varOff = Tnum.range(min, max).subreg();
        return;
      }
    }
    r.s32min = size == 1 ? Byte.MIN_VALUE : Short.MIN_VALUE;
    r.s32max = size == 1 ? Byte.MAX_VALUE : Short.MAX_VALUE;
    r.u32min = 0;
    r.u32max = -1;
    r.varOff = Tnum.UNKNOWN.subreg();
  }

  /** Tells whether the bounds contradict each other or the tristate number. */
  static boolean violated(RegState r) {
    if (Long.compareUnsigned(r.umin, r.umax) > 0
        || r.smin > r.smax
        || Integer.compareUnsigned(r.u32min, r.u32max) > 0
        || r.s32min > r.s32max) {
      return true;
    }
    if (r.varOff.isConst()) {
      long v = r.varOff.value();
      if (r.umin != v || r.umax != v || r.smin != v || r.smax != v) {
        return true;
      }
    }
    if (r.varOff.isSubregConst()) {
      int v = (int) r.varOff.value();
      return r.u32min != v || r.u32max != v || r.s32min != v || r.s32max != v;
    }
    return false;
  }
}
