package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever two numbers may be, the result of an operation on them holds the result of theirs. */
class TnumTest {
  private final Random random = new Random(7);

  private Tnum any() {
    long mask = random.nextLong() >>> random.nextInt(64);
    return new Tnum(random.nextLong() & ~mask, mask);
  }

  private long member(Tnum t) {
    return t.value() | (random.nextLong() & t.mask());
  }

  private static boolean holds(Tnum t, long v) {
    return (v & ~t.mask()) == t.value();
  }

  @Test
  void arithmeticIsSound() {
    for (int i = 0; i < 20_000; i++) {
      Tnum a = any();
      Tnum b = any();
      long x = member(a);
      long y = member(b);
      int shift = random.nextInt(64);
      assertTrue(holds(a.add(b), x + y));
      assertTrue(holds(a.sub(b), x - y));
      assertTrue(holds(a.mul(b), x * y));
      assertTrue(holds(a.and(b), x & y));
      assertTrue(holds(a.or(b), x | y));
      assertTrue(holds(a.xor(b), x ^ y));
      assertTrue(holds(a.neg(), -x));
      assertTrue(holds(a.shl(shift), x << shift));
      assertTrue(holds(a.shr(shift), x >>> shift));
      assertTrue(holds(a.sar(shift, 64), x >> shift));
      assertTrue(holds(a.subreg(), x & 0xffff_ffffL));
      assertTrue(holds(a.union(b), x) && holds(a.union(b), y));
    }
  }

  @Test
  void aRangeHoldsItsValues() {
    for (int i = 0; i < 20_000; i++) {
      long min = random.nextLong() >>> 1 >>> random.nextInt(40);
      long max = min + (random.nextLong() >>> 2 >>> random.nextInt(40));
      Tnum t = Tnum.range(min, max);
      assertTrue(holds(t, min) && holds(t, max) && holds(t, min + (max - min) / 2));
    }
  }

  @Test
  void stepFindsTheNextMember() {
    for (int i = 0; i < 2_000; i++) {
      int mask = random.nextInt(256) >> random.nextInt(8);
      Tnum t = new Tnum(random.nextInt(256) & ~mask, mask);
      int floor = random.nextInt(256);
      long expected = t.value() | t.mask();
      for (int v = floor + 1; v < 256; v++) {
        if (holds(t, v)) {
          expected = v;
          break;
        }
      }
      assertEquals(expected, t.step(floor), t + " above " + floor);
    }
  }
}
