package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Section;

/** Damages objects in memory, where it hurts: in headers and tables more than in code. */
final class ObjectMutator {
  private static final int[] INTERESTING = {
    0,
    1,
    -1,
    2,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fffffff,
    0x80000000,
    0xfffffff8,
    1 << 24,
    0x1000
  };

  private final Random random;
  private final List<byte[]> corpus;

  /** For each object: where its sections lie, as pairs of start and end. */
  private final List<List<int[]>> places = new ArrayList<>();

  ObjectMutator(Random random, List<byte[]> corpus) {
    this.random = random;
    this.corpus = corpus;
    for (byte[] object : corpus) {
      List<int[]> ranges = new ArrayList<>();
      ranges.add(new int[] {0, 64});
      ranges.add(new int[] {0, object.length});
      for (Section section : ElfFile.parse("corpus.o", object).sections()) {
        boolean debug = section.name().contains("debug");
        if (section.type() != Section.SHT_NOBITS && section.size() > 0 && !debug) {
          ranges.add(new int[] {(int) section.offset(), (int) (section.offset() + section.size())});
        }
      }
      places.add(ranges);
    }
  }

  /** The next damaged object. */
  byte[] next() {
    int index = random.nextInt(corpus.size());
    byte[] object = corpus.get(index).clone();
    List<int[]> ranges = places.get(index);
    for (int hits = random.nextInt(4); hits >= 0; hits--) {
      int[] range = ranges.get(random.nextInt(ranges.size()));
      int at = range[0] + random.nextInt(range[1] - range[0]);
      switch (random.nextInt(8)) {
        case 0 -> object[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> object[at] = (byte) random.nextInt();
        case 2, 3, 4 -> word(object, at & ~3, INTERESTING[random.nextInt(INTERESTING.length)]);
        case 5 -> word(object, at & ~3, random.nextInt(0x400));
        case 6 -> {
          int length = Math.min(1 + random.nextInt(64), object.length - at);
          int from = random.nextInt(object.length - length + 1);
          System.arraycopy(object, from, object, at, length);
        }
        default -> {
          if (random.nextInt(8) == 0) {
            return Arrays.copyOf(object, random.nextInt(object.length));
          }
          byte[] other = corpus.get(random.nextInt(corpus.size()));
          int length = Math.min(random.nextInt(256), Math.min(object.length - at, other.length));
          int from = random.nextInt(other.length - length + 1);
          System.arraycopy(other, from, object, at, length);
        }
      }
    }
    return object;
  }

  private static void word(byte[] object, int at, int value) {
    if (at + 4 <= object.length) {
      Bytes.put(object, at, 4, value);
    }
  }
}
