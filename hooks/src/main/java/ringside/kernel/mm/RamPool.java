package ringside.kernel.mm;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * RAM of machines that were switched off, zeroed and ready for the next ones.
 *
 * <p>Zeroing all of a machine's RAM takes most of a boot; zeroing what the last kernel wrote takes
 * little. For those who boot many kernels, from any number of threads.
 */
public final class RamPool {
  private final int spares;
  private final Map<Integer, Deque<byte[]>> bySize = new HashMap<>();

  /**
   * Makes an empty pool.
   *
   * @param spares how many switched-off machines of one size to keep the RAM of
   */
  public RamPool(int spares) {
    this.spares = spares;
  }

  /**
   * RAM from a pool, or new RAM where there is no pool or nothing in it.
   *
   * @param bytes a positive multiple of the page size, below 2 GiB
   */
  public static Memory memory(
      @Nullable RamPool pool, int bytes, @Nullable AccessObserver observer, PageTable... windows) {
    byte[] spare = pool == null ? null : pool.take(bytes);
    return spare == null
        ? new Memory(bytes, observer, windows)
        : new Memory(spare, observer, windows);
  }

  /**
   * Takes back the RAM of a machine that is off.
   *
   * @param frames knows which pages were in use
   */
  public void giveBack(Memory memory, PageAllocator frames) {
    byte[] ram = memory.wipe(frames.everUsed());
    synchronized (bySize) {
      Deque<byte[]> same = bySize.computeIfAbsent(ram.length, size -> new ArrayDeque<>());
      if (same.size() < spares) {
        same.push(ram);
      }
    }
  }

  private byte @Nullable [] take(int bytes) {
    synchronized (bySize) {
      Deque<byte[]> same = bySize.get(bytes);
      return same == null ? null : same.poll();
    }
  }
}
