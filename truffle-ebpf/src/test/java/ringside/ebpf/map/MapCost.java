package ringside.ebpf.map;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Gfp;

/**
 * What an operation of a compiled program on a hash map costs, by the map's size.
 *
 * <p>Two maps are full, one of 1,000 entries and one of as many as the first argument says. Each
 * operation is measured on both in turn, 1,000 operations on random keys a run; the table has the
 * median of the rounds, the quartiles, and the ratio of each round's pair. A loop without map, and
 * the same hash table by hand in Java over a byte array, are the base lines.
 */
final class MapCost {
  private static final int SMALL = 1000;
  private static final int OPERATIONS = 1000;
  private static final int REPEAT = 200;
  private static final int ROUNDS = 31;
  private static final int WARM_UP = 20;

  private static final String LOOP =
      """
        r6 = *(u32 *)(r1 + 0)
        r2 = *(u32 *)(r1 + 4)
        r3 = r6
        r3 += 8
        r9 = 0
        if r3 > r2 goto out
        r8 = *(u64 *)(r6 + 0)
        r7 = 0
      again:
        r8 *= 1103515245
        r8 += 12345
        r1 = r8
        r1 >>= 16
        r1 &= 0x7fffffff
        r1 %= ENTRIES
        *(u64 *)(r10 - 8) = r1
        BODY
        r7 += 1
        if r7 < 1000 goto again
      out:
        r0 = r9
        exit
      """;

  private static final String LOOKUP =
      """
        r1 = 7700 ll
        r2 = r10
        r2 += -8
        call 1
        if r0 == 0 goto next
        r9 += 1
      next:
      """;

  private static final String UPDATE =
      """
        *(u64 *)(r10 - 16) = r8
        r1 = 7700 ll
        r2 = r10
        r2 += -8
        r3 = r10
        r3 += -16
        r4 = 0
        call 2
        r9 += r0
      """;

  private static final String DELETE_AND_INSERT =
      """
        r1 = 7700 ll
        r2 = r10
        r2 += -8
        call 3
        r9 += r0
      """
          + UPDATE;

  private MapCost() {}

  public static void main(String[] args) throws MapException {
    int large = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    try (Engine engine =
            Engine.newBuilder()
                .allowExperimentalOptions(true)
                .option("engine.BackgroundCompilation", "false")
                .build();
        Kernel kernel =
            Kernel.boot(
                KernelConfig.defaults()
                    .withEngine(engine)
                    .withRamBytes(192 << 20)
                    .withInstructionsPerSecond(2_000_000_000))) {
      Bpf bpf = new Bpf(kernel);
      BpfMap small = fill(bpf, SMALL);
      BpfMap big = fill(bpf, large);
      System.out.printf(
          "hash map, 8-byte keys and values, ns an operation (quartiles), %d rounds%n", ROUNDS);
      compare(bpf, "loop alone", "r9 += 1\n", small, big, large);
      compare(bpf, "lookup", LOOKUP, small, big, large);
      compare("by hand", large, new ByHand(SMALL)::cost, new ByHand(large)::cost);
      compare(bpf, "update", UPDATE, small, big, large);
      compare(bpf, "delete+insert", DELETE_AND_INSERT, small, big, large);
    }
  }

  private static BpfMap fill(Bpf bpf, int entries) throws MapException {
    BpfMap map = bpf.maps().create(MapDescriptor.of(MapType.HASH, 8, 8, entries));
    long key = bpf.kernel().slab().kmalloc(16, Gfp.KERNEL | Gfp.ZERO);
    for (int i = 0; i < entries; i++) {
      bpf.kernel().memory().writeLong(key, i);
      if (map.update(key, key, BpfMap.BPF_NOEXIST) != 0) {
        throw new IllegalStateException("entry " + i + " does not go in");
      }
    }
    return map;
  }

  private static void compare(
      Bpf bpf, String name, String body, BpfMap small, BpfMap big, int large) {
    LoadedProgram onSmall = program(bpf, body, small, SMALL);
    LoadedProgram onBig = program(bpf, body, big, large);
    compare(name, large, seed -> cost(bpf, onSmall, seed), seed -> cost(bpf, onBig, seed));
  }

  private static void compare(String name, int large, LongToDouble small, LongToDouble big) {
    double[] a = new double[ROUNDS];
    double[] b = new double[ROUNDS];
    double[] ratio = new double[ROUNDS];
    Random random = new Random(1);
    for (int i = -WARM_UP; i < ROUNDS; i++) {
      double first = small.cost(random.nextLong());
      double second = big.cost(random.nextLong());
      if (i >= 0) {
        a[i] = first;
        b[i] = second;
        ratio[i] = second / first;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-14s %,d entries %s   %,d entries %s   ratio %s%n",
        name,
        SMALL,
        quartiles(a),
        large,
        quartiles(b),
        quartiles(ratio));
  }

  /** Measures once, with keys from a seed; nanoseconds an operation. */
  @FunctionalInterface
  private interface LongToDouble {
    double cost(long seed);
  }

  private static LoadedProgram program(Bpf bpf, String body, BpfMap map, int entries) {
    return MapPrograms.load(
        bpf, LOOP.replace("ENTRIES", String.valueOf(entries)).replace("BODY", body), map);
  }

  private static double cost(Bpf bpf, LoadedProgram program, long seed) {
    TestRun.Answer answer = MapPrograms.run(bpf, program, seed | 1, REPEAT);
    return answer.nanos() / (double) OPERATIONS;
  }

  private static String quartiles(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "%.1f (%.1f-%.1f)",
        sorted[sorted.length / 2],
        sorted[sorted.length / 4],
        sorted[sorted.length * 3 / 4]);
  }

  /** The same table without a kernel: buckets and elements in arrays, jhash. */
  private static final class ByHand {
    private final int entries;
    private final int mask;
    private final int[] buckets;
    private final long[] elements;
    private long found;

    ByHand(int entries) {
      this.entries = entries;
      this.mask = Integer.highestOneBit(entries * 2 - 1) - 1;
      this.buckets = new int[mask + 1];
      this.elements = new long[(entries + 1) * 8];
      for (int i = 1; i <= entries; i++) {
        int hash = jhash(i - 1);
        elements[i * 8] = buckets[hash & mask];
        elements[i * 8 + 5] = hash;
        elements[i * 8 + 6] = i - 1L;
        buckets[hash & mask] = i;
      }
    }

    double cost(long start) {
      long seed = start | 1;
      long before = System.nanoTime();
      for (int i = 0; i < REPEAT * OPERATIONS; i++) {
        seed = seed * 1103515245L + 12345;
        found += lookup(((seed >>> 16) & 0x7fffffff) % entries);
      }
      long nanos = System.nanoTime() - before;
      if (found == 0) {
        throw new IllegalStateException("no key was found");
      }
      return nanos / (double) (REPEAT * OPERATIONS);
    }

    private int lookup(long key) {
      int hash = jhash(key);
      for (int at = buckets[hash & mask]; at != 0; at = (int) elements[at * 8]) {
        if ((int) elements[at * 8 + 5] == hash && elements[at * 8 + 6] == key) {
          return 1;
        }
      }
      return 0;
    }
  }

  private static int jhash(long key) {
    int a = 0xdeadbeef + 8;
    int b = a;
    int c = a;
    a += (int) key;
    b += (int) (key >>> 32);
    c = (c ^ b) - Integer.rotateLeft(b, 14);
    a = (a ^ c) - Integer.rotateLeft(c, 11);
    b = (b ^ a) - Integer.rotateLeft(a, 25);
    c = (c ^ b) - Integer.rotateLeft(b, 16);
    a = (a ^ c) - Integer.rotateLeft(c, 4);
    b = (b ^ a) - Integer.rotateLeft(a, 14);
    return (c ^ b) - Integer.rotateLeft(b, 24);
  }
}
