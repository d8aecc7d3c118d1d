package ringside.ebpf.cbpf;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Filters and packets by chance; the same seed gives the same ones. */
final class RandomFilters {
  private static final int[] ARITHMETIC = {
    0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0
  };

  /** Not {@code RANDOM}, which no two readings agree on, nor {@code PAY_OFFSET}. */
  private static final int[] ANCILLARY = {0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 60};

  private final SplittableRandom random;

  RandomFilters(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** A filter that stores all scratch memory first, so that the check accepts it. */
  List<SockFilter> filter() {
    List<SockFilter> filter = new ArrayList<>();
    int words = random.nextInt(3);
    for (int word = 0; word < words; word++) {
      filter.add(SockFilter.stmt(0x00, constant()));
      filter.add(SockFilter.stmt(random.nextBoolean() ? 0x02 : 0x03, word));
    }
    int body = 1 + random.nextInt(40);
    for (int left = body; left > 0; left--) {
      filter.add(instruction(left, words));
    }
    filter.add(SockFilter.stmt(random.nextInt(3) == 0 ? 0x06 : 0x16, constant()));
    return filter;
  }

  /** A filter with some fields changed, which may be refused. */
  List<SockFilter> damaged() {
    List<SockFilter> filter = new ArrayList<>(filter());
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      int at = random.nextInt(filter.size());
      SockFilter insn = filter.get(at);
      filter.set(
          at,
          switch (random.nextInt(5)) {
            case 0 -> new SockFilter(random.nextInt(0x100), insn.jt(), insn.jf(), insn.k());
            case 1 -> new SockFilter(insn.code(), random.nextInt(64), insn.jf(), insn.k());
            case 2 -> new SockFilter(insn.code(), insn.jt(), random.nextInt(64), insn.k());
            case 3 -> new SockFilter(insn.code(), insn.jt(), insn.jf(), random.nextInt(40));
            default -> new SockFilter(insn.code(), insn.jt(), insn.jf(), constant());
          });
    }
    if (random.nextInt(8) == 0) {
      filter.removeLast();
    }
    return filter;
  }

  /**
   * Any instruction.
   *
   * @param left how many instructions a jump may skip
   */
  private SockFilter instruction(int left, int words) {
    int size = random.nextInt(3) * 8;
    return switch (random.nextInt(16)) {
      case 0, 1 -> SockFilter.stmt(0x20 | size, offset());
      case 2 -> SockFilter.stmt(0x40 | size, random.nextInt(4) == 0 ? offset() : small());
      case 3 -> SockFilter.stmt(0xb1, offset());
      case 4 -> SockFilter.stmt(0x20, -4096 + ANCILLARY[random.nextInt(ANCILLARY.length)]);
      case 5 -> SockFilter.stmt(random.nextBoolean() ? 0x80 : 0x81, 0);
      case 6 -> SockFilter.stmt(random.nextBoolean() ? 0x00 : 0x01, constant());
      case 7 -> SockFilter.stmt(random.nextBoolean() ? 0x07 : 0x87, 0);
      case 8, 9 -> jump(left);
      case 10 ->
          words == 0
              ? SockFilter.stmt(0x84, 0)
              : SockFilter.stmt(random.nextBoolean() ? 0x60 : 0x61, random.nextInt(words));
      case 11 ->
          words == 0
              ? SockFilter.stmt(0x01, small())
              : SockFilter.stmt(random.nextBoolean() ? 0x02 : 0x03, random.nextInt(words));
      default -> arithmetic();
    };
  }

  private SockFilter arithmetic() {
    int operation = ARITHMETIC[random.nextInt(ARITHMETIC.length)];
    if (random.nextBoolean()) {
      return SockFilter.stmt(0x0c | operation, 0);
    }
    int k =
        switch (operation) {
          case 0x60, 0x70 -> random.nextInt(32);
          case 0x30, 0x90 -> constant() | 1;
          default -> constant();
        };
    return SockFilter.stmt(0x04 | operation, k);
  }

  private SockFilter jump(int left) {
    if (random.nextInt(6) == 0) {
      return SockFilter.stmt(0x05, random.nextInt(left));
    }
    int condition = 0x05 | (1 + random.nextInt(4)) << 4 | (random.nextBoolean() ? 8 : 0);
    int jt = random.nextInt(3) == 0 ? 0 : random.nextInt(left);
    int jf = random.nextInt(3) == 0 ? 0 : random.nextInt(left);
    return new SockFilter(condition, jt, jf, constant());
  }

  private int small() {
    return random.nextInt(70);
  }

  private int offset() {
    return switch (random.nextInt(10)) {
      case 0 -> -0x100000 + small();
      case 1 -> -0x200000 + small();
      case 2 -> 30_000 + random.nextInt(10_000);
      case 3 -> -0x300000 + random.nextInt(0x2ff000);
      default -> small();
    };
  }

  private int constant() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextInt();
      case 1 -> 1 << random.nextInt(32);
      case 2 -> -1 - random.nextInt(4);
      default -> small();
    };
  }

  /** A packet; now and then one without a link-layer header or without a device. */
  Packet packet() {
    byte[] buffer = new byte[random.nextInt(4) == 0 ? 33_000 + random.nextInt(2000) : 1 + small()];
    random.nextBytes(buffer);
    boolean attributes = random.nextInt(3) == 0;
    for (int at = 0; attributes && at + 4 <= buffer.length; at += 8) {
      buffer[at] = (byte) (4 + random.nextInt(5));
      buffer[at + 1] = 0;
      buffer[at + 2] = (byte) random.nextInt(6);
      buffer[at + 3] = 0;
    }
    int data = random.nextInt(Math.min(buffer.length, 20));
    boolean tagged = random.nextInt(3) == 0;
    return new Packet(
        buffer,
        data,
        random.nextInt(5) == 0 ? -1 : random.nextInt(data + 1),
        data + random.nextInt(20),
        random.nextInt(0x10000),
        random.nextInt(8),
        random.nextInt(4),
        random.nextInt(0x10000),
        random.nextInt(),
        random.nextInt(0x10000),
        random.nextInt(),
        tagged ? 0x8100 : 0,
        tagged ? random.nextInt(0x1000) : 0);
  }
}
