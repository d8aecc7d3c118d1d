package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * {@code BPF_MAP_TYPE_ARENA} ({@code kernel/bpf/arena.c}): pages that programs and user space
 * share, at one 32-bit offset for both.
 *
 * <p>Programs hold user addresses; {@link #translate} gives the linear address behind the low half.
 */
public final class ArenaMap extends BpfMap {
  private static final long MAX_BYTES = 1L << 32;
  private static final int CHUNK = 1024;

  private final KernelCore core;
  private final Memory memory;
  private final int pageCount;

  /** Frame plus one of each page, in chunks made when first needed; 0 for a hole. */
  private final int[][] frames;

  private long userStart;
  private int allocated;

  /**
   * Creates one; {@code map_extra} is the address that user space maps it at, or 0.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG}, {@code ERANGE} or {@code ENOMEM}
   */
  ArenaMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    MapChecks.require(
        descriptor.keySize() == 0
            && descriptor.valueSize() == 0
            && descriptor.maxEntries() != 0
            && descriptor.has(MapDescriptor.BPF_F_MMAPABLE)
            && (descriptor.mapExtra() & (PageTable.PAGE_SIZE - 1)) == 0,
        "an arena has pages and BPF_F_MMAPABLE, and no keys and values");
    MapChecks.flags(
        descriptor,
        MapDescriptor.BPF_F_MMAPABLE
            | MapDescriptor.BPF_F_SEGV_ON_FAULT
            | MapDescriptor.BPF_F_NO_USER_CONV);
    long bytes = Integer.toUnsignedLong(descriptor.maxEntries()) * PageTable.PAGE_SIZE;
    if (bytes > MAX_BYTES) {
      throw new MapException(Errno.E2BIG, "an arena over 4 GiB");
    }
    long start = descriptor.mapExtra();
    if (start >>> 32 != (start + bytes - 1) >>> 32) {
      throw new MapException(Errno.ERANGE, "an arena that crosses a 4 GiB border");
    }
    this.core = runtime.core();
    this.memory = storage().memory();
    this.pageCount = descriptor.maxEntries();
    this.frames = new int[(pageCount + CHUNK - 1) / CHUNK][];
    this.userStart = start;
  }

  /** The user address of its first byte, 0 while that is open. */
  public long userStart() {
    return userStart;
  }

  /**
   * Notes where user space mapped it, as the first {@code mmap} decides.
   *
   * @return 0, or {@code -EBUSY} where it is mapped elsewhere
   */
  public long map(long start) {
    if (userStart != 0 && userStart != start) {
      return -Errno.EBUSY;
    }
    userStart = start;
    return 0;
  }

  /**
   * The linear address behind a user address's low 32 bits, or 0 where no page is.
   *
   * @param pointer only its low half counts
   */
  public long translate(long pointer) {
    int offset = (int) pointer - (int) userStart;
    int page = offset >>> PageTable.PAGE_SHIFT;
    int frame = page < pageCount ? frameOf(page) : 0;
    return frame == 0 ? 0 : Memory.linear(frame - 1) + (offset & (PageTable.PAGE_SIZE - 1));
  }

  private int frameOf(int page) {
    int[] chunk = frames[page / CHUNK];
    return chunk == null ? 0 : chunk[page % CHUNK];
  }

  /**
   * {@code bpf_arena_alloc_pages}.
   *
   * @param at a user address, or 0 for anywhere
   * @return the user address of the first page, or 0
   */
  @TruffleBoundary
  public long allocatePages(long at, int count, int node, long flags) {
    if (count == 0 || Integer.compareUnsigned(count, pageCount) > 0 || flags != 0) {
      return 0;
    }
    if (node != -1 && node != 0) {
      return 0;
    }
    int first = 0;
    if (at != 0) {
      if ((at & (PageTable.PAGE_SIZE - 1)) != 0) {
        return 0;
      }
      first = ((int) at - (int) userStart) >>> PageTable.PAGE_SHIFT;
      if (first > pageCount - count || !free(first, count)) {
        return 0;
      }
    } else {
      first = search(count);
      if (first < 0) {
        return 0;
      }
    }
    for (int i = 0; i < count; i++) {
      if (!populate(first + i)) {
        release(first, i);
        return 0;
      }
    }
    return userStart + ((long) first << PageTable.PAGE_SHIFT);
  }

  private int search(int count) {
    int run = 0;
    for (int page = 0; page < pageCount; page++) {
      run = frameOf(page) == 0 ? run + 1 : 0;
      if (run == count) {
        return page - count + 1;
      }
    }
    return -1;
  }

  private boolean free(int first, int count) {
    for (int i = 0; i < count; i++) {
      if (frameOf(first + i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Puts a zeroed page where user space faulted; false where there is none or memory is short. */
  @TruffleBoundary
  public boolean fault(long pointer) {
    int page = ((int) pointer - (int) userStart) >>> PageTable.PAGE_SHIFT;
    if (page >= pageCount || descriptor().has(MapDescriptor.BPF_F_SEGV_ON_FAULT)) {
      return page < pageCount && frameOf(page) != 0;
    }
    return frameOf(page) != 0 || populate(page);
  }

  private boolean populate(int page) {
    int frame = core.frames().allocate(1);
    if (frame < 0) {
      return false;
    }
    memory.fill(Memory.linear(frame), (byte) 0, PageTable.PAGE_SIZE);
    int chunk = page / CHUNK;
    if (frames[chunk] == null) {
      frames[chunk] = new int[CHUNK];
    }
    frames[chunk][page % CHUNK] = frame + 1;
    allocated++;
    return true;
  }

  /** {@code bpf_arena_free_pages}: pages that are not there do not matter. */
  @TruffleBoundary
  public void freePages(long at, int count) {
    int first = ((int) at - (int) userStart) >>> PageTable.PAGE_SHIFT;
    if (count == 0 || first >= pageCount) {
      return;
    }
    release(first, (int) Math.min(Integer.toUnsignedLong(count), pageCount - first));
  }

  private void release(int first, int count) {
    for (int page = first; page < first + count; page++) {
      int frame = frameOf(page);
      if (frame != 0) {
        frames[page / CHUNK][page % CHUNK] = 0;
        core.frames().free(frame - 1, 1);
        allocated--;
      }
    }
  }

  /** How many pages it has. */
  public int allocatedPages() {
    return allocated;
  }

  @Override
  public long directValue(int offset) {
    return Integer.toUnsignedLong(offset) < (long) pageCount << PageTable.PAGE_SHIFT
        ? userStart + Integer.toUnsignedLong(offset)
        : 0;
  }

  @Override
  public long lookup(long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long delete(long key) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long lookupForUser(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  protected void free() {
    release(0, pageCount);
  }
}
