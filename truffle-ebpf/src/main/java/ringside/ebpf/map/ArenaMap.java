package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.BitSet;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * {@code BPF_MAP_TYPE_ARENA} ({@code kernel/bpf/arena.c}): pages that programs and user space
 * share, at one 32-bit offset for both.
 *
 * <p>Its place in the kernel is a run of linear addresses, where pages that are not allocated
 * cannot be reached. So it takes RAM for all its pages when it is made, which Linux does not; one
 * that is larger than RAM is {@code ENOMEM} here.
 */
public final class ArenaMap extends BpfMap {
  private static final long MAX_BYTES = 1L << 32;
  private static final int ACCESSIBLE = PageTable.READ | PageTable.WRITE;

  private final Memory memory;
  private final int pageCount;
  private final long base;
  private final BitSet allocated = new BitSet();
  private long userStart;

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
    this.memory = storage().memory();
    this.pageCount = descriptor.maxEntries();
    this.userStart = start;
    this.base = storage().pages(bytes);
    for (int page = 0; page < pageCount; page++) {
      memory.protect(linear(page), 0);
    }
  }

  /** The user address of its first byte, 0 while that is open. */
  public long userStart() {
    return userStart;
  }

  /** What the low half of a user pointer is added to for the kernel's address of the same byte. */
  public long kernelStart() {
    return base - (userStart & 0xffffffffL);
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

  /** The linear address behind a user pointer's low half, or 0 where no page is. */
  @TruffleBoundary
  public long translate(long pointer) {
    int offset = (int) pointer - (int) userStart;
    int page = offset >>> PageTable.PAGE_SHIFT;
    return allocated.get(page) ? base + Integer.toUnsignedLong(offset) : 0;
  }

  private long linear(int page) {
    return base + ((long) page << PageTable.PAGE_SHIFT);
  }

  private int pageOf(long pointer) {
    return ((int) pointer - (int) userStart) >>> PageTable.PAGE_SHIFT;
  }

  /**
   * {@code bpf_arena_alloc_pages}.
   *
   * @param at a user address, or 0 for anywhere
   * @param node -1 for any, or 0
   * @return the user address of the first page, or 0
   */
  @TruffleBoundary
  public long allocatePages(long at, int count, int node, long flags) {
    boolean sensible = count != 0 && Integer.compareUnsigned(count, pageCount) <= 0;
    if (!sensible || flags != 0 || (node != -1 && node != 0)) {
      return 0;
    }
    int first = at == 0 ? search(count) : pageOf(at);
    boolean aligned = (at & (PageTable.PAGE_SIZE - 1)) == 0;
    if (!aligned || first < 0 || first > pageCount - count || !free(first, count)) {
      return 0;
    }
    for (int page = first; page < first + count; page++) {
      populate(page);
    }
    return userStart + ((long) first << PageTable.PAGE_SHIFT);
  }

  private int search(int count) {
    int first = allocated.nextClearBit(0);
    while (first <= pageCount - count) {
      int taken = allocated.nextSetBit(first);
      if (taken < 0 || taken - first >= count) {
        return first;
      }
      first = allocated.nextClearBit(taken);
    }
    return -1;
  }

  private boolean free(int first, int count) {
    int taken = allocated.nextSetBit(first);
    return taken < 0 || taken >= first + count;
  }

  /** Puts a zeroed page where user space faulted; false where it may not be. */
  @TruffleBoundary
  public boolean fault(long pointer) {
    int page = pageOf(pointer);
    if (page >= pageCount || allocated.get(page)) {
      return page < pageCount;
    }
    if (descriptor().has(MapDescriptor.BPF_F_SEGV_ON_FAULT)) {
      return false;
    }
    populate(page);
    return true;
  }

  private void populate(int page) {
    memory.protect(linear(page), ACCESSIBLE);
    memory.fill(linear(page), (byte) 0, PageTable.PAGE_SIZE);
    allocated.set(page);
  }

  /** {@code bpf_arena_free_pages}: pages that are not there do not matter. */
  @TruffleBoundary
  public void freePages(long at, int count) {
    int first = pageOf(at);
    long end = Math.min(first + Integer.toUnsignedLong(count), pageCount);
    for (int page = first; page < end; page++) {
      if (allocated.get(page)) {
        allocated.clear(page);
        memory.protect(linear(page), 0);
      }
    }
  }

  /** How many pages it has. */
  public int allocatedPages() {
    return allocated.cardinality();
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
    for (int page = 0; page < pageCount; page++) {
      memory.protect(linear(page), ACCESSIBLE);
    }
  }
}
