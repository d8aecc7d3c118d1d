package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.KmemCache;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.mm.Slab;
import ringside.kernel.text.KernelFunction;

/** {@code mm/slub.c} and {@code mm/page_alloc.c} as modules call them. */
public final class SlabFunctions {
  private static final int MAX_ORDER = 10;

  private final KernelCore core;
  private final Slab slab;
  private final StringFunctions strings;
  private final Map<Long, KmemCache> caches = new HashMap<>();

  SlabFunctions(KernelCore core, StringFunctions strings) {
    this.core = core;
    this.slab = core.slab();
    this.strings = strings;
  }

  /** Allocates an object. */
  @KernelFunction(export = ALL)
  public long __kmalloc(long size, int flags) {
    return slab.kmalloc(size, flags);
  }

  /** Grows or shrinks an object, moving it where it must. */
  @KernelFunction(export = ALL)
  public long krealloc(long object, long size, int flags) {
    if (size == 0) {
      slab.kfree(object);
      return 16; // ZERO_SIZE_PTR
    }
    long old = Long.compareUnsigned(object, 16) <= 0 ? 0 : slab.ksize(object);
    if (old >= size) {
      return object;
    }
    long moved = slab.kmalloc(size, flags);
    if (moved != 0 && old != 0) {
      strings.memcpy(moved, object, old);
      slab.kfree(object);
    }
    return moved;
  }

  /** Frees an object. */
  @KernelFunction(export = ALL)
  public void kfree(long object) {
    slab.kfree(object);
  }

  /** How large an object's slot is. */
  @KernelFunction(export = ALL)
  public long ksize(long object) {
    return slab.ksize(object);
  }

  /** Copies a string into a new object. */
  @KernelFunction(export = ALL)
  public long kstrdup(long text, int flags) {
    return text == 0 ? 0 : kmemdup(text, strings.strlen(text) + 1, flags);
  }

  /** Copies bytes into a new object. */
  @KernelFunction(export = ALL)
  public long kmemdup(long source, long length, int flags) {
    long copy = slab.kmalloc(length, flags);
    if (copy != 0) {
      strings.memcpy(copy, source, length);
    }
    return copy;
  }

  /** Creates a cache of objects of one size. */
  @KernelFunction(export = ALL)
  public long kmem_cache_create(long name, int size, int align, int flags, long constructor) {
    if (size <= 0 || size > 1 << 22) {
      return 0;
    }
    long handle = slab.kmalloc(8, Gfp.KERNEL);
    if (handle != 0) {
      StringBuilder text = new StringBuilder();
      for (long at = name; core.memory().readByte(at) != 0 && text.length() < 64; at++) {
        text.append((char) (core.memory().readByte(at) & 0xff));
      }
      caches.put(handle, slab.createCache(text.toString(), size, Math.max(8, align)));
    }
    return handle;
  }

  /** Destroys a cache; its slabs stay until the machine is switched off. */
  @KernelFunction(export = ALL)
  public void kmem_cache_destroy(long cache) {
    if (caches.remove(cache) != null) {
      slab.kfree(cache);
    }
  }

  /** Allocates from a cache. */
  @KernelFunction(export = ALL)
  public long kmem_cache_alloc(long cache, int flags) {
    @Nullable KmemCache found = caches.get(cache);
    return found == null ? 0 : found.allocate(flags);
  }

  /** Gives an object back to its cache. */
  @KernelFunction(export = ALL)
  public void kmem_cache_free(long cache, long object) {
    slab.kfree(object);
  }

  /** Allocates 2^order pages. */
  @KernelFunction(export = ALL)
  public long __get_free_pages(int flags, int order) {
    if (order < 0 || order > MAX_ORDER) {
      return 0;
    }
    int frame = core.frames().allocate(1 << order);
    if (frame < 0) {
      return 0;
    }
    long address = Memory.linear(frame);
    if ((flags & Gfp.ZERO) != 0) {
      core.memory().fill(address, (byte) 0, (long) PageTable.PAGE_SIZE << order);
    }
    return address;
  }

  /** Allocates a zeroed page. */
  @KernelFunction(export = ALL)
  public long get_zeroed_page(int flags) {
    return __get_free_pages(flags | Gfp.ZERO, 0);
  }

  /** Frees 2^order pages. */
  @KernelFunction(export = ALL)
  public void free_pages(long address, int order) {
    if (address != 0 && order >= 0 && order <= MAX_ORDER) {
      core.frames().free(Memory.frame(address), 1 << order);
    }
  }
}
