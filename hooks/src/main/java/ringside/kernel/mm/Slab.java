package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's heap: {@code kmalloc} size classes, named caches, and whole pages above 8 KiB.
 *
 * <p>Behaves as SLUB without debugging: freed memory stays mapped, nothing is poisoned, nothing is
 * checked. What really went wrong is the oracle's to say.
 */
public final class Slab {
  /** {@code KMALLOC_MAX_CACHE_SIZE}: larger requests take whole pages. */
  public static final int MAX_CACHE_SIZE = 8192;

  private static final int[] CLASSES = {
    8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192
  };

  private final Memory memory;
  private final PageAllocator frames;
  private final SlabObserver observer;
  private final @Nullable Object[] owners;
  private final KmemCache[] classes = new KmemCache[CLASSES.length];
  private final List<KmemCache> caches = new ArrayList<>();
  private FailureReport failureReport = (cache, order, gfp) -> {};

  /** Says in the log that an allocation failed. */
  @FunctionalInterface
  public interface FailureReport {
    /**
     * Reports it.
     *
     * @param cache the cache that could not grow, or null for whole pages
     * @param order log2 of the pages that were not to be had
     */
    void onFailure(@Nullable KmemCache cache, int order, int gfp);
  }

  /** An allocation of whole pages. */
  private record Large(int frame, int pages) {}

  /** Makes the kmalloc caches; they take pages when first used. */
  public Slab(Memory memory, PageAllocator frames, SlabObserver observer) {
    this.memory = memory;
    this.frames = frames;
    this.observer = observer;
    this.owners = new Object[frames.pages()];
    for (int i = 0; i < CLASSES.length; i++) {
      int bytes = CLASSES[i];
      String name = "kmalloc-" + (bytes >= 1024 ? bytes / 1024 + "k" : bytes);
      classes[i] = createCache(name, bytes, 8);
    }
  }

  /** Sets who says in the log that an allocation failed. */
  public void setFailureReport(FailureReport report) {
    failureReport = report;
  }

  /** Creates a named cache ({@code kmem_cache_create}). */
  @TruffleBoundary
  public KmemCache createCache(String name, int objectSize, int align) {
    if (objectSize <= 0 || objectSize > 1 << 22) {
      throw new IllegalArgumentException("cache " + name + " of " + objectSize + "-byte objects");
    }
    KmemCache cache = new KmemCache(this, name, objectSize, align);
    caches.add(cache);
    return cache;
  }

  /** All caches, in order of creation. */
  public List<KmemCache> caches() {
    return List.copyOf(caches);
  }

  /**
   * Allocates {@code size} bytes.
   *
   * @param gfp {@link Gfp} flags
   * @return the address; 0 where memory is short; {@code ZERO_SIZE_PTR} (16) for no bytes
   */
  @TruffleBoundary
  public long kmalloc(long size, int gfp) {
    if (size == 0) {
      return 16;
    }
    if (size > 0 && size <= MAX_CACHE_SIZE) {
      return classFor((int) size).allocate(gfp, size);
    }
    if (size < 0 || size > (long) frames.pages() * PageTable.PAGE_SIZE) {
      failureReport.onFailure(null, Integer.SIZE - PageTable.PAGE_SHIFT, gfp);
      return 0;
    }
    int order = order(size);
    long base = newPages(order);
    if (base == 0) {
      failureReport.onFailure(null, order, gfp);
      return 0;
    }
    int frame = Memory.frame(base);
    owners[frame] = new Large(frame, 1 << order);
    boolean zero = (gfp & Gfp.ZERO) != 0;
    if (zero) {
      memory.fill(base, (byte) 0, size);
    }
    observer.onAllocate(base, size, (long) PageTable.PAGE_SIZE << order, "kmalloc_large", zero);
    return base;
  }

  /**
   * Frees what {@link #kmalloc} or a cache handed out; 0 and {@code ZERO_SIZE_PTR} are no-ops.
   *
   * @throws MemoryFault where the address is not in RAM, as {@code virt_to_folio} makes Linux fault
   */
  @TruffleBoundary
  public void kfree(long object) {
    if (Long.compareUnsigned(object, 16) <= 0) {
      return;
    }
    if (Long.compareUnsigned(object - Memory.PAGE_OFFSET, memory.size()) >= 0) {
      throw new MemoryFault(object, 8, Access.READ, null);
    }
    switch (owners[Memory.frame(object)]) {
      case KmemCache.Page page -> page.cache.free(page, object);
      case Large large -> {
        observer.onFree(object);
        owners[large.frame()] = null;
        frames.free(large.frame(), large.pages());
      }
      case null, default -> {
        // free_large_kmalloc() warns and frees the page; the page here is not the slab's to free.
      }
    }
  }

  /** Bytes that the object at {@code object} may use ({@code ksize}); 0 for no object. */
  @TruffleBoundary
  public long ksize(long object) {
    if (Long.compareUnsigned(object - Memory.PAGE_OFFSET, memory.size()) >= 0) {
      return 0;
    }
    return switch (owners[Memory.frame(object)]) {
      case KmemCache.Page page -> page.cache.objectSize();
      case Large large -> (long) large.pages() * PageTable.PAGE_SIZE;
      case null, default -> 0;
    };
  }

  /**
   * The slot that holds {@code address}, allocated or free.
   *
   * @return its first address, or 0 where no slab has that page
   */
  @TruffleBoundary
  public long slotOf(long address) {
    if (Long.compareUnsigned(address - Memory.PAGE_OFFSET, memory.size()) >= 0) {
      return 0;
    }
    if (owners[Memory.frame(address)] instanceof KmemCache.Page page) {
      return address - (address - page.base) % page.cache.size();
    }
    return 0;
  }

  /** The name of the cache whose slab holds {@code address}, or an empty string. */
  @TruffleBoundary
  public String cacheOf(long address) {
    return slotOf(address) != 0 && owners[Memory.frame(address)] instanceof KmemCache.Page page
        ? page.cache.name()
        : "";
  }

  Memory memory() {
    return memory;
  }

  SlabObserver observer() {
    return observer;
  }

  long newPages(int order) {
    int frame = frames.allocate(1 << order);
    return frame < 0 ? 0 : Memory.linear(frame);
  }

  void adopt(KmemCache.Page page) {
    int first = Memory.frame(page.base);
    for (int i = 0; i < 1 << page.cache.order(); i++) {
      owners[first + i] = page;
    }
  }

  void failed(KmemCache cache, int gfp) {
    failureReport.onFailure(cache, cache.order(), gfp);
  }

  private KmemCache classFor(int size) {
    for (int i = 0; i < CLASSES.length; i++) {
      if (size <= CLASSES[i]) {
        return classes[i];
      }
    }
    throw new IllegalArgumentException("no kmalloc class for " + size);
  }

  private static int order(long size) {
    long pages = (size + PageTable.PAGE_SIZE - 1) >>> PageTable.PAGE_SHIFT;
    return Long.SIZE - Long.numberOfLeadingZeros(pages - 1);
  }
}
