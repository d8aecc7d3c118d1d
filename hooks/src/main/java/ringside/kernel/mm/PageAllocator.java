package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.BitSet;

/**
 * Hands out physical pages, lowest free address first.
 *
 * <p>First fit keeps addresses deterministic: the same requests in the same order give the same
 * frames in every run.
 */
public final class PageAllocator {
  private final BitSet used;
  private final BitSet everUsed;
  private final int pages;
  private int free;

  /**
   * Makes all pages from {@code firstFree} on available.
   *
   * @param pages how many there are in RAM
   * @param firstFree how many at the start are the kernel image's
   */
  public PageAllocator(int pages, int firstFree) {
    this.pages = pages;
    this.used = new BitSet(pages);
    used.set(0, firstFree);
    this.everUsed = (BitSet) used.clone();
    this.free = pages - firstFree;
  }

  /**
   * Allocates contiguous frames.
   *
   * @return the first frame's number, or -1 where there is no such run
   */
  @TruffleBoundary
  public int allocate(int count) {
    if (count <= 0) {
      return -1;
    }
    int start = used.nextClearBit(0);
    while (start + count <= pages) {
      int end = used.nextSetBit(start);
      if (end < 0 || end - start >= count) {
        used.set(start, start + count);
        everUsed.set(start, start + count);
        free -= count;
        return start;
      }
      start = used.nextClearBit(end);
    }
    return -1;
  }

  /** Gives back frames that {@link #allocate} handed out. */
  @TruffleBoundary
  public void free(int frame, int count) {
    if (used.nextClearBit(frame) < frame + count) {
      throw new IllegalStateException("frame " + frame + " is not allocated");
    }
    used.clear(frame, frame + count);
    free += count;
  }

  /** Whether a frame is handed out. */
  public boolean isAllocated(int frame) {
    return used.get(frame);
  }

  /** The frames that were handed out at any time, the kernel image's among them. */
  BitSet everUsed() {
    return (BitSet) everUsed.clone();
  }

  /** How many frames are free. */
  public int freePages() {
    return free;
  }

  /** How many frames there are. */
  public int pages() {
    return pages;
  }
}
