package ringside.kernel.mm;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** A bit for each byte of memory, kept only for pages where one is set. */
final class ShadowBytes {
  private final Map<Long, BitSet> pages = new HashMap<>();

  void set(long address, long length) {
    long end = address + length;
    for (long at = address; at < end; ) {
      long page = at >>> PageTable.PAGE_SHIFT;
      int from = (int) at & (PageTable.PAGE_SIZE - 1);
      int to = (int) Math.min(PageTable.PAGE_SIZE, from + (end - at));
      pages.computeIfAbsent(page, _ -> new BitSet(PageTable.PAGE_SIZE)).set(from, to);
      at += to - from;
    }
  }

  void clear(long address, long length) {
    long end = address + length;
    for (long at = address; at < end; ) {
      int from = (int) at & (PageTable.PAGE_SIZE - 1);
      int to = (int) Math.min(PageTable.PAGE_SIZE, from + (end - at));
      BitSet bits = pages.get(at >>> PageTable.PAGE_SHIFT);
      if (bits != null) {
        bits.clear(from, to);
      }
      at += to - from;
    }
  }

  /** Gives each byte of the target the bit that its source has. */
  void copy(long to, long from, long length) {
    BitSet source = new BitSet();
    for (int i = 0; i < length; i++) {
      source.set(i, all(from + i, 1));
    }
    for (int i = 0; i < length; i++) {
      if (source.get(i)) {
        set(to + i, 1);
      } else {
        clear(to + i, 1);
      }
    }
  }

  /** Whether the bits of all bytes are set. */
  boolean all(long address, int length) {
    for (int i = 0; i < length; i++) {
      BitSet bits = pages.get((address + i) >>> PageTable.PAGE_SHIFT);
      if (bits == null || !bits.get((int) (address + i) & (PageTable.PAGE_SIZE - 1))) {
        return false;
      }
    }
    return true;
  }
}
