package ringside.kernel.core;

import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.KmemCache;
import ringside.kernel.mm.Slab;
import ringside.kernel.printk.Printk;
import ringside.kernel.trap.Traps;

/** Says in the log that memory is short: {@code warn_alloc()} and {@code slab_out_of_memory()}. */
final class AllocationFailures implements Slab.FailureReport {
  private final Printk printk;
  private final Traps traps;

  AllocationFailures(Printk printk, Traps traps) {
    this.printk = printk;
    this.traps = traps;
  }

  @Override
  public void onFailure(@Nullable KmemCache cache, int order, int gfp) {
    if ((gfp & Gfp.NOWARN) != 0) {
      return;
    }
    String flags = "%#x(%s)".formatted(gfp, names(gfp));
    printk.emit(
        Printk.WARNING,
        "%s: page allocation failure: order:%d, mode:%s, nodemask=(null),cpuset=/,mems_allowed=0"
            .formatted(traps.current().comm(), order, flags));
    traps.dumpStack();
    if (cache != null) {
      long objects = (long) cache.slabs() * cache.objectsPerSlab();
      printk.emit(
          Printk.WARNING,
          "SLUB: Unable to allocate memory on CPU 0 (of node 0) on node -1, gfp=" + flags);
      printk.emit(
          Printk.WARNING,
          "  cache: %s, object size: %d, buffer size: %d, default order: %d, min order: %d"
              .formatted(
                  cache.name(), cache.objectSize(), cache.size(), cache.order(), cache.order()));
      printk.emit(
          Printk.WARNING,
          "  node 0: slabs: %d, objs: %d, free: %d"
              .formatted(cache.slabs(), objects, objects - cache.active()));
    }
  }

  /** {@code %pGg}, for the flags that callers here use. */
  private static String names(int gfp) {
    int rest = gfp;
    StringBuilder names = new StringBuilder();
    if ((rest & Gfp.KERNEL) == Gfp.KERNEL) {
      names.append("GFP_KERNEL");
      rest &= ~Gfp.KERNEL;
    } else if ((rest & Gfp.ATOMIC) == Gfp.ATOMIC) {
      names.append("GFP_ATOMIC");
      rest &= ~Gfp.ATOMIC;
    }
    if ((rest & Gfp.ZERO) != 0) {
      names.append(names.isEmpty() ? "" : "|").append("__GFP_ZERO");
      rest &= ~Gfp.ZERO;
    }
    if (rest != 0 || names.isEmpty()) {
      names.append(names.isEmpty() ? "" : "|").append("%#x".formatted(rest));
    }
    return names.toString();
  }
}
