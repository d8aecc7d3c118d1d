package ringside.kernel.mm;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What stands, or last stood, in each slot of the heap. */
final class ShadowObjects {
  private final Map<Long, Entry> bySlot = new HashMap<>();
  private final Map<Integer, Entry> byFrame = new HashMap<>();

  /** One object. */
  static final class Entry {
    private final long start;
    private final long requested;
    private final String cache;
    private final String owner;
    private boolean freed;

    Entry(long start, long requested, String cache, String owner) {
      this.start = start;
      this.requested = requested;
      this.cache = cache;
      this.owner = owner;
    }

    long start() {
      return start;
    }

    /** Bytes that were asked for; the slot may be longer. */
    long requested() {
      return requested;
    }

    String cache() {
      return cache;
    }

    /** Who allocated it. */
    String owner() {
      return owner;
    }

    boolean freed() {
      return freed;
    }

    String describe() {
      return "%s%s object at 0x%016x of %s".formatted(freed ? "freed " : "", cache, start, owner);
    }
  }

  Entry allocate(long address, long requested, long size, String cache, String owner) {
    Entry entry = new Entry(address, requested, cache, owner);
    if (size > Slab.MAX_CACHE_SIZE) {
      for (long at = address; at < address + size; at += PageTable.PAGE_SIZE) {
        byFrame.put(Memory.frame(at), entry);
      }
    } else {
      bySlot.put(address, entry);
    }
    return entry;
  }

  void free(long slot, long address) {
    Entry entry = find(slot, address);
    if (entry != null) {
      entry.freed = true;
    }
  }

  /**
   * The object at an address.
   *
   * @param slot the first address of the slab slot it lies in, or 0
   */
  @Nullable Entry find(long slot, long address) {
    return slot != 0 ? bySlot.get(slot) : byFrame.get(Memory.frame(address));
  }
}
