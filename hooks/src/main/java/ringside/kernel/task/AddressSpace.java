package ringside.kernel.task;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.PageTable;

/**
 * A user address space, maybe shared by several tasks.
 *
 * <p>One window from 0 to {@link #TOP}: the program from where it was linked, the heap behind it,
 * the stack at the top. Page 0 is never mapped.
 */
public final class AddressSpace {
  /** Where user addresses end: 64 MiB. */
  public static final long TOP = 64L << 20;

  private static final int PAGE = PageTable.PAGE_SIZE;

  private final KernelCore core;
  private final Memory memory;
  private final PageTable table = new PageTable(0, (int) (TOP / PAGE));
  private final Map<Long, Integer> frames = new HashMap<>();
  private final List<Area> areas = new ArrayList<>();
  private long startBrk;
  private long brk;
  private int users = 1;

  /**
   * A mapped region, as {@code /proc/[pid]/maps} shows one.
   *
   * @param start its first address
   * @param end the address behind it
   * @param permissions {@link PageTable} bits
   * @param name the file it comes from, or {@code [stack]} and the like
   */
  public record Area(long start, long end, int permissions, String name) {}

  /** Makes an empty address space. */
  AddressSpace(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
  }

  /** The page table, which engines translate through. */
  public PageTable table() {
    return table;
  }

  /** What is mapped, by address. */
  public List<Area> areas() {
    return List.copyOf(areas);
  }

  /**
   * Maps zeroed pages.
   *
   * @return false where the region is outside of the window, already mapped, or memory is short
   */
  boolean map(long start, long end, int permissions, String name) {
    long first = start & -PAGE;
    long behind = (end + PAGE - 1) & -PAGE;
    if (first < PAGE || behind > TOP || behind <= first) {
      return false;
    }
    for (long page = first; page < behind; page += PAGE) {
      if (table.entry(page) != 0) {
        return false;
      }
      int frame = core.frames().allocate(1);
      if (frame < 0) {
        return false;
      }
      memory.fill(Memory.linear(frame), (byte) 0, PAGE);
      frames.put(page, frame);
      table.map(page, frame, permissions | PageTable.USER);
    }
    areas.add(new Area(first, behind, permissions, name));
    areas.sort((a, b) -> Long.compare(a.start(), b.start()));
    return true;
  }

  /** Writes whatever the permissions are, as the program loader does. */
  void load(long address, byte[] bytes) {
    int done = 0;
    while (done < bytes.length) {
      long at = address + done;
      int run = (int) Math.min(bytes.length - done, PAGE - (at & (PAGE - 1)));
      Integer frame = frames.get(at & -PAGE);
      if (frame == null) {
        throw new IllegalStateException("0x%x is not mapped".formatted(at));
      }
      memory.write(Memory.linear(frame) + (at & (PAGE - 1)), bytes, done, run);
      done += run;
    }
  }

  /** Sets where the heap starts. */
  void setBrk(long address) {
    startBrk = (address + PAGE - 1) & -PAGE;
    brk = startBrk;
  }

  /** {@code brk(2)}: grows or shrinks the heap; returns where it ends now. */
  public long brk(long wanted) {
    if (wanted < startBrk || wanted > TOP / 2) {
      return brk;
    }
    long mapped = (brk + PAGE - 1) & -PAGE;
    long needed = (wanted + PAGE - 1) & -PAGE;
    if (needed > mapped && !map(mapped, needed, PageTable.READ | PageTable.WRITE, "[heap]")) {
      return brk;
    }
    // Shrinking keeps the pages, which costs memory and harms nobody.
    if (wanted > brk || needed == mapped) {
      brk = wanted;
    }
    return brk;
  }

  /** Another task shares it from now on. */
  AddressSpace share() {
    users++;
    return this;
  }

  /**
   * Copies it ({@code dup_mm}); without copy on write.
   *
   * @return the copy, or null where memory is short
   */
  @Nullable AddressSpace copy() {
    AddressSpace copy = new AddressSpace(core);
    copy.startBrk = startBrk;
    copy.brk = brk;
    byte[] page = new byte[PAGE];
    for (Area area : areas) {
      if (!copy.map(area.start(), area.end(), area.permissions(), area.name())) {
        copy.release();
        return null;
      }
      for (long at = area.start(); at < area.end(); at += PAGE) {
        Integer frame = frames.get(at);
        if (frame != null) {
          memory.read(Memory.linear(frame), page, 0, PAGE);
          copy.load(at, page);
        }
      }
    }
    return copy;
  }

  /** A task gives it up; the last one frees its pages. */
  void release() {
    if (--users > 0) {
      return;
    }
    for (Map.Entry<Long, Integer> entry : frames.entrySet()) {
      table.unmap(entry.getKey());
      core.frames().free(entry.getValue(), 1);
    }
    frames.clear();
    areas.clear();
  }

  // --- uaccess: the only way for the kernel to touch user memory ---

  /** Copies from user space; false where an address is not the user's to read. */
  public boolean read(long address, byte[] into, int count) {
    if (!accessible(address, count)) {
      return false;
    }
    PageTable before = memory.userWindow();
    memory.setUserWindow(table);
    try {
      memory.read(address, into, 0, count);
      return true;
    } catch (MemoryFault _) {
      return false;
    } finally {
      memory.setUserWindow(before);
    }
  }

  /** Copies to user space; false where an address is not the user's to write. */
  public boolean write(long address, byte[] from, int count) {
    if (!accessible(address, count)) {
      return false;
    }
    PageTable before = memory.userWindow();
    memory.setUserWindow(table);
    try {
      memory.write(address, from, 0, count);
      return true;
    } catch (MemoryFault _) {
      return false;
    } finally {
      memory.setUserWindow(before);
    }
  }

  private static boolean accessible(long address, int count) {
    return address >= 0 && count >= 0 && address <= TOP - count;
  }
}
