package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import java.util.ArrayList;
import java.util.List;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/** Simulated memory as maps use it: areas ({@code bpf_map_area_alloc}), copies and comparisons. */
public final class MapMemory {
  /** Above this, {@code bpf_map_area_alloc} takes pages: 8 of them. */
  private static final long KMALLOC_LIMIT = 8L * PageTable.PAGE_SIZE;

  /** The longest key or value whose copy is unrolled in compiled code. */
  private static final int UNROLL_LIMIT = 64;

  private final KernelCore core;
  private final int cpus;
  private final Memory memory;
  private final List<Runnable> releases = new ArrayList<>();

  /**
   * Makes the memory of one map.
   *
   * @param cpus how many processors have values of their own
   */
  public MapMemory(KernelCore core, int cpus) {
    this.core = core;
    this.cpus = cpus;
    this.memory = core.memory();
  }

  /** The bytes themselves. */
  public Memory memory() {
    return memory;
  }

  /**
   * Allocates zeroed memory.
   *
   * @throws MapException {@code ENOMEM}
   */
  public long area(long bytes) throws MapException {
    if (bytes <= KMALLOC_LIMIT) {
      long address = core.slab().kmalloc(bytes, Gfp.KERNEL | Gfp.ZERO | Gfp.NOWARN);
      if (address != 0) {
        releases.add(() -> core.slab().kfree(address));
        return address;
      }
    } else if (bytes < memory.size()) {
      int pages = (int) ((bytes + PageTable.PAGE_SIZE - 1) / PageTable.PAGE_SIZE);
      int frame = core.frames().allocate(pages);
      if (frame >= 0) {
        releases.add(() -> core.frames().free(frame, pages));
        memory.fill(Memory.linear(frame), (byte) 0, (long) pages * PageTable.PAGE_SIZE);
        return Memory.linear(frame);
      }
    }
    throw new MapException(Errno.ENOMEM, "no memory for " + bytes + " bytes of map");
  }

  /**
   * Allocates zeroed whole pages, which user space may map.
   *
   * @throws MapException {@code ENOMEM}
   */
  public long pages(long bytes) throws MapException {
    long size = (bytes + PageTable.PAGE_SIZE - 1) & -PageTable.PAGE_SIZE;
    return area(Math.max(size, KMALLOC_LIMIT + PageTable.PAGE_SIZE));
  }

  /**
   * Allocates a zeroed object of its own life; 0 where memory is short.
   *
   * @param bytes what {@code kmalloc} takes
   */
  long allocate(long bytes) {
    return core.slab().kmalloc(bytes, Gfp.ATOMIC | Gfp.ZERO | Gfp.NOWARN);
  }

  /** Gives an object of {@link #allocate} back. */
  void release(long object) {
    core.slab().kfree(object);
  }

  /** {@code num_possible_cpus()}. */
  int cpus() {
    return cpus;
  }

  /** The processor that runs this: {@code raw_smp_processor_id()}. */
  static int cpu() {
    return 0;
  }

  /** Bytes as every CPU keeps a value: {@code round_up(size, 8)}. */
  static int perCpuSize(int bytes) {
    return (bytes + 7) & -8;
  }

  /** Gives all areas back. */
  public void free() {
    releases.forEach(Runnable::run);
    releases.clear();
  }

  /** Copies bytes; {@code length} is a compilation constant. */
  void copy(long to, long from, int length) {
    if (length <= UNROLL_LIMIT) {
      copyUnrolled(to, from, length);
    } else {
      copyLoop(to, from, length);
    }
  }

  /** Whether bytes are equal; {@code length} is a compilation constant. */
  boolean equal(long a, long b, int length) {
    return length <= UNROLL_LIMIT ? equalUnrolled(a, b, length) : equalLoop(a, b, length);
  }

  /** {@code jhash} of bytes; {@code length} is a compilation constant. */
  int hash(long at, int length, int seed) {
    return length <= UNROLL_LIMIT ? hashUnrolled(at, length, seed) : hashLoop(at, length, seed);
  }

  @ExplodeLoop
  private void copyUnrolled(long to, long from, int length) {
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      memory.writeLong(to + i, memory.readLong(from + i));
    }
    if (i + Integer.BYTES <= length) {
      memory.writeInt(to + i, memory.readInt(from + i));
      i += Integer.BYTES;
    }
    for (; i < length; i++) {
      memory.writeByte(to + i, memory.readByte(from + i));
    }
  }

  @TruffleBoundary
  private void copyLoop(long to, long from, int length) {
    copyUnrolled(to, from, length);
  }

  @ExplodeLoop
  private boolean equalUnrolled(long a, long b, int length) {
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      if (memory.readLong(a + i) != memory.readLong(b + i)) {
        return false;
      }
    }
    if (i + Integer.BYTES <= length) {
      if (memory.readInt(a + i) != memory.readInt(b + i)) {
        return false;
      }
      i += Integer.BYTES;
    }
    for (; i < length; i++) {
      if (memory.readByte(a + i) != memory.readByte(b + i)) {
        return false;
      }
    }
    return true;
  }

  @TruffleBoundary
  private boolean equalLoop(long a, long b, int length) {
    return equalUnrolled(a, b, length);
  }

  // jhash of include/linux/jhash.h, which is jhash2 where the length is whole words.
  @ExplodeLoop
  private int hashUnrolled(long at, int length, int seed) {
    int a = 0xdeadbeef + length + seed;
    int b = a;
    int c = a;
    int done = 0;
    for (; length - done > 12; done += 12) {
      a += memory.readInt(at + done);
      b += memory.readInt(at + done + 4);
      c += memory.readInt(at + done + 8);
      a = (a - c) ^ Integer.rotateLeft(c, 4);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 6);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 8);
      b += a;
      a = (a - c) ^ Integer.rotateLeft(c, 16);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 19);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 4);
      b += a;
    }
    int rest = length - done;
    if (rest == 0) {
      return c;
    }
    a += tail(at + done, rest);
    b += tail(at + done + 4, rest - 4);
    c += tail(at + done + 8, rest - 8);
    c = (c ^ b) - Integer.rotateLeft(b, 14);
    a = (a ^ c) - Integer.rotateLeft(c, 11);
    b = (b ^ a) - Integer.rotateLeft(a, 25);
    c = (c ^ b) - Integer.rotateLeft(b, 16);
    a = (a ^ c) - Integer.rotateLeft(c, 4);
    b = (b ^ a) - Integer.rotateLeft(a, 14);
    return (c ^ b) - Integer.rotateLeft(b, 24);
  }

  /** Up to four of the last bytes as a little-endian word. */
  private int tail(long at, int bytes) {
    return switch (Math.min(bytes, 4)) {
      case 4 -> memory.readInt(at);
      case 3 -> (memory.readShort(at) & 0xffff) | ((memory.readByte(at + 2) & 0xff) << 16);
      case 2 -> memory.readShort(at) & 0xffff;
      case 1 -> memory.readByte(at) & 0xff;
      default -> 0;
    };
  }

  @TruffleBoundary
  private int hashLoop(long at, int length, int seed) {
    return hashUnrolled(at, length, seed);
  }
}
