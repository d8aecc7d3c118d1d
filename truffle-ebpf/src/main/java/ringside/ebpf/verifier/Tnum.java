package ringside.ebpf.verifier;

/**
 * A tristate number: 64 bits of which each is known zero, known one or unknown.
 *
 * <p>A bit set in {@code mask} is unknown; then the same bit of {@code value} is zero. The
 * arithmetic is that of Vishwanathan et al., "Sound, Precise, and Fast Abstract Interpretation with
 * Tristate Numbers" (CGO 2022), which is what {@code kernel/bpf/tnum.c} computes.
 *
 * @param value the known bits
 * @param mask the unknown bits
 */
record Tnum(long value, long mask) {
  static final Tnum UNKNOWN = new Tnum(0, -1L);
  static final Tnum ZERO = new Tnum(0, 0);
  private static final long LOW32 = 0xffff_ffffL;

  static Tnum constant(long value) {
    return value == 0 ? ZERO : new Tnum(value, 0);
  }

  /** Returns the smallest tristate number that holds every value of an unsigned range. */
  static Tnum range(long min, long max) {
    int bits = 64 - Long.numberOfLeadingZeros(min ^ max);
    if (bits > 63) {
      return UNKNOWN;
    }
    long delta = (1L << bits) - 1;
    return new Tnum(min & ~delta, delta);
  }

  boolean isConst() {
    return mask == 0;
  }

  boolean isUnknown() {
    return mask == -1L;
  }

  boolean equalsConst(long constant) {
    return mask == 0 && value == constant;
  }

  /** Tells whether the low 32 bits are all known. */
  boolean isSubregConst() {
    return (mask & LOW32) == 0;
  }

  Tnum shl(int shift) {
    return new Tnum(value << shift, mask << shift);
  }

  Tnum shr(int shift) {
    return new Tnum(value >>> shift, mask >>> shift);
  }

  Tnum sar(int shift, int bits) {
    return bits == 32
        ? new Tnum(((int) value >> shift) & LOW32, ((int) mask >> shift) & LOW32)
        : new Tnum(value >> shift, mask >> shift);
  }

  Tnum add(Tnum o) {
    long sumMask = mask + o.mask;
    long sumValue = value + o.value;
    long unknown = ((sumMask + sumValue) ^ sumValue) | mask | o.mask;
    return new Tnum(sumValue & ~unknown, unknown);
  }

  Tnum sub(Tnum o) {
    long diff = value - o.value;
    long unknown = ((diff + mask) ^ (diff - o.mask)) | mask | o.mask;
    return new Tnum(diff & ~unknown, unknown);
  }

  Tnum neg() {
    return ZERO.sub(this);
  }

  Tnum and(Tnum o) {
    long known = value & o.value;
    return new Tnum(known, (value | mask) & (o.value | o.mask) & ~known);
  }

  Tnum or(Tnum o) {
    long known = value | o.value;
    return new Tnum(known, (mask | o.mask) & ~known);
  }

  Tnum xor(Tnum o) {
    long unknown = mask | o.mask;
    return new Tnum((value ^ o.value) & ~unknown, unknown);
  }

  /** Long multiplication over the bits of this number; an unknown bit joins both outcomes. */
  Tnum mul(Tnum o) {
    Tnum sum = ZERO;
    Tnum a = this;
    Tnum b = o;
    while ((a.value | a.mask) != 0) {
      if ((a.value & 1) != 0) {
        sum = sum.add(b);
      } else if ((a.mask & 1) != 0) {
        sum = sum.union(sum.add(b));
      }
      a = a.shr(1);
      b = b.shl(1);
    }
    return sum;
  }

  /** Tells whether some value belongs to both numbers. */
  boolean overlaps(Tnum o) {
    long known = ~mask & ~o.mask;
    return (value & known) == (o.value & known);
  }

  /** Combines what is known of one value from two sides. */
  Tnum intersect(Tnum o) {
    long unknown = mask & o.mask;
    return new Tnum((value | o.value) & ~unknown, unknown);
  }

  Tnum union(Tnum o) {
    long unknown = (value ^ o.value) | mask | o.mask;
    return new Tnum(value & o.value & ~unknown, unknown);
  }

  /** Keeps the low {@code size} bytes and zeroes the rest; {@code size} is 1 to 8. */
  Tnum cast(int size) {
    if (size >= 8) {
      return this;
    }
    long keep = (1L << (size * 8)) - 1;
    return new Tnum(value & keep, mask & keep);
  }

  boolean isAligned(long size) {
    return size == 0 || ((value | mask) & (size - 1)) == 0;
  }

  /** Tells whether every value of {@code o} is a value of this number. */
  boolean contains(Tnum o) {
    return (o.mask & ~mask) == 0 && value == (o.value & ~mask);
  }

  Tnum subreg() {
    return new Tnum(value & LOW32, mask & LOW32);
  }

  Tnum clearSubreg() {
    return new Tnum(value & ~LOW32, mask & ~LOW32);
  }

  Tnum withSubreg(Tnum low) {
    return new Tnum((value & ~LOW32) | (low.value & LOW32), (mask & ~LOW32) | (low.mask & LOW32));
  }

  /**
   * Returns the smallest member above {@code floor} (unsigned), or the largest member if none is.
   */
  long step(long floor) {
    long max = value | mask;
    if (Long.compareUnsigned(floor, max) >= 0) {
      return max;
    }
    long target = floor + 1;
    long candidate = value | (target & mask);
    long differing = candidate ^ target;
    if (differing == 0) {
      return candidate;
    }
    int top = 63 - Long.numberOfLeadingZeros(differing);
    long below = (1L << top) - 1;
    if ((candidate & (1L << top)) != 0) {
      // The known one at `top` already lifts the number above the target: the rest may be minimal.
      return candidate & ~(below & mask);
    }
    // A known zero at `top` keeps it below: carry into the unknown bits above.
    long carried = (candidate | ~mask | below | (1L << top)) + 1;
    return (carried & mask & ~below) | value;
  }
}
