package ringside.lkm.loader;

import java.util.BitSet;
import java.util.Optional;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * Gives modules pages in the module area ({@code module_alloc}), an unmapped page behind each
 * piece.
 *
 * <p>Goes on from where it stopped, so that an address of a module that is gone stays a hole as
 * long as possible: what still points there faults, as it most likely does in Linux.
 */
final class ModuleArea {
  private final KernelCore core;
  private final BitSet taken = new BitSet();
  private final int pages;
  private int next;

  ModuleArea(KernelCore core) {
    this.core = core;
    this.pages = (int) (core.moduleArea().size() >>> PageTable.PAGE_SHIFT);
  }

  /** Maps zeroed, writable pages; empty where the area or RAM is full. */
  Optional<Segment> allocate(Segment.Kind kind, long bytes) {
    int count = (int) ((bytes + PageTable.PAGE_SIZE - 1) >>> PageTable.PAGE_SHIFT);
    int start = findHole(count + 1, next);
    if (start < 0) {
      start = findHole(count + 1, 0);
    }
    if (start < 0) {
      return Optional.empty();
    }
    int frame = core.frames().allocate(count);
    if (frame < 0) {
      return Optional.empty();
    }
    taken.set(start, start + count + 1);
    next = start + count + 1;
    long base = core.moduleArea().base() + ((long) start << PageTable.PAGE_SHIFT);
    Segment segment = new Segment(kind, base, (long) count << PageTable.PAGE_SHIFT, frame);
    protect(segment, PageTable.READ | PageTable.WRITE);
    core.memory().fill(base, (byte) 0, segment.size());
    return Optional.of(segment);
  }

  /** Sets the permissions of a piece, in the module area and in the linear map's alias of it. */
  void protect(Segment segment, int permissions) {
    int count = (int) (segment.size() >>> PageTable.PAGE_SHIFT);
    for (int page = 0; page < count; page++) {
      long address = segment.base() + ((long) page << PageTable.PAGE_SHIFT);
      core.moduleArea().map(address, segment.frame() + page, permissions);
      core.memory()
          .protect(Memory.linear(segment.frame() + page), permissions & ~PageTable.EXECUTE);
    }
  }

  /** Unmaps a piece and gives its pages back. */
  void free(Segment segment) {
    int count = (int) (segment.size() >>> PageTable.PAGE_SHIFT);
    protect(segment, PageTable.READ | PageTable.WRITE);
    for (int page = 0; page < count; page++) {
      core.moduleArea().unmap(segment.base() + ((long) page << PageTable.PAGE_SHIFT));
    }
    core.frames().free(segment.frame(), count);
    int start = (int) ((segment.base() - core.moduleArea().base()) >>> PageTable.PAGE_SHIFT);
    taken.clear(start, start + count + 1);
  }

  private int findHole(int count, int from) {
    int start = taken.nextClearBit(from);
    while (start + count <= pages) {
      int end = taken.nextSetBit(start);
      if (end < 0 || end - start >= count) {
        return start;
      }
      start = taken.nextClearBit(end);
    }
    return -1;
  }
}
