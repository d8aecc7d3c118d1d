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
  private final Memory memory;
  private final List<Runnable> releases = new ArrayList<>();

  /** Makes the memory of one map. */
  public MapMemory(KernelCore core) {
    this.core = core;
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

  /** A hash of bytes; {@code length} is a compilation constant. */
  int hash(long at, int length) {
    long hash = length <= UNROLL_LIMIT ? hashUnrolled(at, length) : hashLoop(at, length);
    return (int) (hash ^ hash >>> 32);
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

  @ExplodeLoop
  private long hashUnrolled(long at, int length) {
    long hash = length;
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      hash = mix(hash, memory.readLong(at + i));
    }
    if (i + Integer.BYTES <= length) {
      hash = mix(hash, memory.readInt(at + i));
      i += Integer.BYTES;
    }
    for (; i < length; i++) {
      hash = mix(hash, memory.readByte(at + i));
    }
    return hash;
  }

  @TruffleBoundary
  private long hashLoop(long at, int length) {
    return hashUnrolled(at, length);
  }

  private static long mix(long hash, long word) {
    long mixed = (hash ^ word) * 0x9e3779b97f4a7c15L;
    return mixed ^ mixed >>> 29;
  }
}
