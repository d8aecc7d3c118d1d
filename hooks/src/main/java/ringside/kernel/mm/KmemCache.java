package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cache of equal objects, after SLUB without debugging.
 *
 * <p>Objects lie side by side. A free one holds the address of the next free one in its middle, and
 * the last one freed is the first one reused; so use after free and overflow do here what they do
 * there.
 */
public final class KmemCache {
  private static final int MIN_OBJECTS = 8;
  private static final int MAX_ORDER = 3;

  private final Slab slab;
  private final String name;
  private final int objectSize;
  private final int size;
  private final int order;
  private final int nextOffset;
  private final ArrayDeque<Page> partial = new ArrayDeque<>();
  private final List<Page> pages = new ArrayList<>();

  KmemCache(Slab slab, String name, int objectSize, int align) {
    this.slab = slab;
    this.name = name;
    this.objectSize = objectSize;
    int alignment = Math.max(8, Integer.highestOneBit(Math.max(1, align)));
    this.size = (Math.max(objectSize, 8) + alignment - 1) / alignment * alignment;
    // calculate_alignment() and kmem_cache_open(): the free pointer stands mid-object, away from
    // where small overflows reach.
    this.nextOffset = objectSize / 2 & ~7;
    int fit = 0;
    while (fit < MAX_ORDER && (PageTable.PAGE_SIZE << fit) / size < MIN_OBJECTS) {
      fit++;
    }
    while ((PageTable.PAGE_SIZE << fit) < size) {
      fit++;
    }
    this.order = fit;
  }

  /** The pages of one slab. */
  static final class Page {
    final KmemCache cache;
    final long base;
    long freelist;
    int inUse;

    Page(KmemCache cache, long base) {
      this.cache = cache;
      this.base = base;
    }
  }

  /** The cache's name, as {@code /proc/slabinfo} shows it. */
  public String name() {
    return name;
  }

  /** Bytes that an object was declared with. */
  public int objectSize() {
    return objectSize;
  }

  /** Bytes from one object to the next. */
  public int size() {
    return size;
  }

  /** log2 of the pages of a slab. */
  public int order() {
    return order;
  }

  /** Objects in one slab. */
  public int objectsPerSlab() {
    return (PageTable.PAGE_SIZE << order) / size;
  }

  /** Objects in use. */
  public int active() {
    int active = 0;
    for (Page page : pages) {
      active += page.inUse;
    }
    return active;
  }

  /** Slabs that the cache holds. */
  public int slabs() {
    return pages.size();
  }

  /**
   * Allocates an object.
   *
   * @return its address, or 0 where memory is short
   */
  @TruffleBoundary
  public long allocate(int gfp) {
    return allocate(gfp, objectSize);
  }

  long allocate(int gfp, long requested) {
    Page page = partial.peekFirst();
    if (page == null) {
      page = grow();
      if (page == null) {
        slab.failed(this, gfp);
        return 0;
      }
    }
    long object = page.freelist;
    // A corrupted free pointer faults here or hands out a wild object, as SLUB's does.
    page.freelist = slab.memory().readLong(object + nextOffset);
    page.inUse++;
    if (page.freelist == 0) {
      partial.removeFirst();
    }
    boolean zero = (gfp & Gfp.ZERO) != 0;
    if (zero) {
      slab.memory().fill(object, (byte) 0, objectSize);
    }
    slab.observer().onAllocate(object, requested, size, name, zero);
    return object;
  }

  /** Gives an object back ({@code kmem_cache_free}). */
  @TruffleBoundary
  public void free(long object) {
    slab.kfree(object);
  }

  void free(Page page, long object) {
    slab.observer().onFree(object);
    slab.memory().writeLong(object + nextOffset, page.freelist);
    if (page.freelist == 0) {
      partial.addFirst(page);
    }
    page.freelist = object;
    page.inUse--;
  }

  private @Nullable Page grow() {
    long base = slab.newPages(order);
    if (base == 0) {
      return null;
    }
    Page page = new Page(this, base);
    int count = objectsPerSlab();
    Memory memory = slab.memory();
    for (int i = 0; i < count; i++) {
      long object = base + (long) i * size;
      memory.writeLong(object + nextOffset, i + 1 < count ? object + size : 0);
    }
    page.freelist = base;
    slab.adopt(page);
    pages.add(page);
    partial.addFirst(page);
    return page;
  }
}
